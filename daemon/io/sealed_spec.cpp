// Encodes and seals the spec of a launch.
#include "daemon/io/sealed_spec.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <chrono>
#include <cstring>

#include "common/base/crash_point.h"
#include "daemon/shim/crc32.h"
#include "daemon/shim/protocol.h"

namespace pawl {
namespace {

std::uint64_t milliseconds(Duration duration) {
    auto const count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

std::uint32_t crc32_of(std::string const& bytes) {
    static auto const table = [] {
        std::array<std::uint32_t, 256> words{};
        pawl_crc32_fill(words.data());
        return words;
    }();
    return pawl_crc32(table.data(), bytes.data(), bytes.size());
}

pawl_spec make_head(AttemptId attempt, LaunchSpec const& spec, std::size_t env_count) {
    pawl_spec head{};
    std::memcpy(head.magic, PAWL_SPEC_MAGIC, sizeof head.magic);
    head.attempt = static_cast<std::uint64_t>(attempt.value);
    head.argc = static_cast<std::uint32_t>(spec.argv.size());
    head.envc = static_cast<std::uint32_t>(env_count);
    head.stop_signal = spec.stop_signal;
    head.timeout_ms = spec.timeout ? milliseconds(*spec.timeout) : PAWL_NO_TIMEOUT;
    head.grace_ms = milliseconds(spec.grace);
    head.log_head_max = spec.log_head_max;
    head.log_tail_max = spec.log_tail_max;
    return head;
}

}  // namespace

std::string encode_spec(AttemptId attempt, LaunchSpec const& spec, std::vector<std::string> const& more_env) {
    bool whole = !spec.argv.empty();
    pawl_spec head = make_head(attempt, spec, spec.env.size() + more_env.size());
    std::string bytes;
    bytes.reserve(4096);
    bytes.append(reinterpret_cast<char const*>(&head), sizeof head);
    auto const add = [&](std::string const& text) {
        whole = whole && text.find('\0') == std::string::npos;
        bytes.append(text.c_str(), text.size() + 1);
    };
    add(spec.dir);
    for (std::string const& argument : spec.argv) add(argument);
    for (std::string const& variable : spec.env) add(variable);
    for (std::string const& variable : more_env) add(variable);
    if (!whole || bytes.size() > PAWL_SPEC_BYTES_MAX) return {};
    head.size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(bytes.data(), &head, sizeof head);
    head.crc = crc32_of(bytes);
    std::memcpy(bytes.data(), &head, sizeof head);
    return bytes;
}

UniqueFd seal(std::string const& spec) {
    UniqueFd file(memfd_create("pawl-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return file;
    bool const written = write(file.get(), spec.data(), spec.size()) == static_cast<ssize_t>(spec.size());
    if (!written || fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) file.reset();
    PAWL_CRASH_POINT("attempts.spec_sealed");
    return file;
}

}  // namespace pawl
