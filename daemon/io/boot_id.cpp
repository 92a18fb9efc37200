// Reads the kernel's id of this boot.
#include "daemon/io/boot_id.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include "daemon/io/unique_fd.h"

namespace pawl {
namespace {

std::optional<std::uint8_t> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    return std::nullopt;
}

}  // namespace

Uuid read_boot_id() {
    Uuid id{};
    char text[64];
    UniqueFd const file(open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    ssize_t const got = file ? read(file.get(), text, sizeof text) : 0;
    std::size_t digits = 0;
    for (char const c : std::string_view(text, got > 0 ? static_cast<std::size_t>(got) : 0)) {
        std::optional<std::uint8_t> const digit = hex_digit(c);
        if (!digit || digits == 2 * id.size()) continue;
        id[digits / 2] = static_cast<std::uint8_t>(id[digits / 2] << 4 | *digit);
        ++digits;
    }
    return digits == 2 * id.size() ? id : Uuid{};
}

}  // namespace pawl
