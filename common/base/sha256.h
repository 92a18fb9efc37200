// SHA-256 of bytes that come piece by piece. For a whole text at hand: sha256_hex in text.h.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pawl {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void add(std::string_view bytes);
    /// 64 lower-case hexadecimal digits. Once; then it begins anew.
    std::string hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pawl
