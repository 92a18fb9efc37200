// The only file that speaks to libsodium.
#include "common/base/sha256.h"

#include <sodium.h>

#include <array>

#include "common/base/text.h"

namespace pawl {
namespace {

using Hash = std::array<unsigned char, crypto_hash_sha256_BYTES>;

std::string hex_of(Hash const& hash) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * hash.size());
    for (unsigned char const byte : hash) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

unsigned char const* bytes_of(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }

}  // namespace

struct Sha256::State {
    crypto_hash_sha256_state hash;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->hash); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) { crypto_hash_sha256_update(&state_->hash, bytes_of(bytes), bytes.size()); }

std::string Sha256::hex() {
    Hash hash;
    crypto_hash_sha256_final(&state_->hash, hash.data());
    crypto_hash_sha256_init(&state_->hash);
    return hex_of(hash);
}

std::string sha256_hex(std::string_view bytes) {
    Hash hash;
    crypto_hash_sha256(hash.data(), bytes_of(bytes), bytes.size());
    return hex_of(hash);
}

}  // namespace pawl
