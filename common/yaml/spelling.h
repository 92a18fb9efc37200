// How a scalar is written: from a byte of its value to the place in the file where that byte comes from, and where it ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::yaml {

enum class Style : std::uint8_t { plain, single_quoted, double_quoted, block };

constexpr bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }
constexpr bool is_break(char letter) { return letter == '\n' || letter == '\r'; }

/// The style that the byte at a scalar's start announces.
Style style_of(std::string_view text, std::size_t offset);

/// One past the closing quote of the quoted scalar at `offset`; empty when it is never closed.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t offset);

/// Where byte `wanted` of `value` is written, for the scalar at `offset`; for wanted ≥ value.size(), where the spelling ends (for a
/// quoted scalar: at the closing quote). Empty when the text does not spell the value: an alias, or an escape read otherwise.
std::optional<std::size_t> spelled_at(std::string_view text, std::size_t offset, Style style, std::string_view value, std::size_t wanted);

/// One past the last byte of the scalar at `offset`, whatever its style; the end of its line when the text does not spell the value.
std::size_t end_of_scalar(std::string_view text, std::size_t offset, Style style, std::string_view value);

/// Skips blanks, line breaks and comments.
std::size_t next_token(std::string_view text, std::size_t offset);

}  // namespace pawl::yaml
