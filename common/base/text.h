// Small things about text: UTF-8, quoting for people, sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// Offset of the first byte that is not UTF-8 (RFC 3629: no surrogates, no overlong forms), or npos.
std::size_t find_invalid_utf8(std::string_view text);
/// Characters (code points) of valid UTF-8; an invalid byte counts as one.
std::size_t count_characters(std::string_view text);
/// Columns a terminal needs: wide characters take two, combining ones none.
std::size_t display_width(std::string_view text);
/// For showing to people: control characters become \xNN or \n, invalid UTF-8 becomes U+FFFD. `keep_sgr` lets colours (ESC [ … m) pass.
std::string printable(std::string_view text, bool keep_sgr = false);
/// The first `characters` characters of valid UTF-8.
std::string_view take_characters(std::string_view text, std::size_t characters);
/// The candidate nearest to `word` within a Damerau-Levenshtein distance of 2 (1 for words under four letters); empty if none is near.
std::string_view nearest(std::string_view word, std::vector<std::string_view> const& candidates);
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::vector<std::string> const& parts, std::string_view separator);
/// "512MiB", "64KiB", "10B" → bytes; units B KiB MiB GiB. Empty when it is no size.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
/// `[a-z][a-z0-9_]*`, at most 64 characters, no CEL reserved word: what may stand in an expression.
bool is_identifier(std::string_view text);
/// `[a-z][a-z0-9-]*`, at most 64 characters: workflows and other objects.
bool is_object_name(std::string_view text);

}  // namespace pawl
