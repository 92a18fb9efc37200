// The steps through UTF-8 that text.h and the YAML loader are made of. Inline: they run once a byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::utf8 {

/// Bytes of the character at `at`, 1 to 4; 0 when there is none (RFC 3629: no surrogates, no overlong forms, nothing cut off).
inline std::size_t sequence_length(std::string_view text, std::size_t at) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    auto const continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return at + i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    unsigned const lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0;
    if (lead < 0xe0) return continues(1) ? 2 : 0;
    if (lead < 0xf0) {
        unsigned const low = lead == 0xe0 ? 0xa0 : 0x80;
        unsigned const high = lead == 0xed ? 0x9f : 0xbf;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (lead > 0xf4) return 0;
    unsigned const low = lead == 0xf0 ? 0x90 : 0x80;
    unsigned const high = lead == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
}

/// Bytes to the next character; an invalid byte counts as one character.
inline std::size_t step(std::string_view text, std::size_t at) {
    std::size_t const length = sequence_length(text, at);
    return length == 0 ? 1 : length;
}

/// The code point of a sequence whose length sequence_length() has told.
inline char32_t decode(std::string_view text, std::size_t at, std::size_t length) {
    auto const byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
    if (length == 1) return byte(0);
    char32_t letter = byte(0) & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) letter = letter << 6 | (byte(i) & 0x3f);
    return letter;
}

/// The first byte from `at` on that is not ASCII, or the end. Eight bytes at a time.
inline std::size_t skip_ascii(std::string_view text, std::size_t at) {
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + at, 8);
        if ((eight & 0x8080808080808080u) != 0) break;
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
    return at;
}

}  // namespace pawl::utf8
