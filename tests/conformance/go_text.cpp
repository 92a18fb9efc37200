// Go's quoting (strconv.Quote) and shortest doubles ("%g").
#include "tests/conformance/go_text.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace pawl::conformance {
namespace {

struct Range {
    std::uint32_t first, last;
};
/// What Go's unicode.IsPrint refuses, as far as the suite goes: controls, spaces but ' ', formats, private use.
constexpr std::array<Range, 15> unprintable{{{0x7F, 0xA0}, {0xAD, 0xAD}, {0x600, 0x605}, {0x61C, 0x61C}, {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200F},
                                             {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000}, {0xE000, 0xF8FF}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0x323B0, 0xE00FF}, {0xE01F0, 0x10FFFF}}};

bool is_printable(std::uint32_t c) {
    for (Range const& range : unprintable) {
        if (c >= range.first && c <= range.last) return false;
    }
    return c >= 0x20;
}

/// The code point at `at` and its length; length 1 and `valid` false for a byte that begins none.
struct Decoded {
    std::uint32_t code_point = 0;
    std::size_t length = 1;
    bool valid = true;
};

Decoded decode(std::string const& text, std::size_t at) {
    auto const lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) return {lead, 1, true};
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (length == 0 || at + length > text.size()) return {lead, 1, false};
    std::uint32_t code_point = lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        auto const byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xC0) != 0x80) return {lead, 1, false};
        code_point = code_point << 6 | (byte & 0x3Fu);
    }
    return {code_point, length, true};
}

std::string escape(std::uint32_t code_point, bool valid) {
    std::array<char, 16> text{};
    char const* const form = !valid || code_point < 0x80 ? "\\x%02x" : code_point < 0x10000 ? "\\u%04x" : "\\U%08x";
    std::snprintf(text.data(), text.size(), form, code_point);
    return text.data();
}

std::string quotation(std::string const& text) {
    constexpr std::string_view special = "\a\b\f\n\r\t\v\\\"", letters = "abfnrtv\\\"";
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        Decoded const one = decode(text, at);
        std::size_t const found = one.code_point < 0x80 ? special.find(static_cast<char>(one.code_point)) : std::string_view::npos;
        if (found != std::string_view::npos) (out += '\\') += letters[found];
        else if (one.valid && is_printable(one.code_point)) out += text.substr(at, one.length);
        else out += escape(one.code_point, one.valid);
        at += one.length;
    }
    return out + "\"";
}

struct Text {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
    std::string operator()(double value) const {
        std::array<char, 64> shortest{};
        auto const made = std::to_chars(shortest.data(), shortest.data() + shortest.size(), value, std::chars_format::scientific);
        std::string const scientific(shortest.data(), made.ptr);
        int const exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
        if (exponent < -4 || exponent >= 6) return scientific;
        auto const plain = std::to_chars(shortest.data(), shortest.data() + shortest.size(), value, std::chars_format::fixed);
        return {shortest.data(), plain.ptr};
    }
    std::string operator()(std::string const& value) const { return quotation(value); }
    std::string operator()(cel::Bytes const& value) const { return "b" + quotation(value.data); }
};

}  // namespace

std::string go_literal(cel::Literal const& literal) { return std::visit(Text{}, literal); }

}  // namespace pawl::conformance
