// Text for people and names for programs. Bytes are taken for UTF-8; nothing here depends on the locale.
#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "common/base/assert.h"
#include "common/base/utf8.h"

namespace pawl {

namespace {

constexpr bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
constexpr bool is_lower(char letter) { return letter >= 'a' && letter <= 'z'; }

/// The length of ESC [ digits and semicolons m at the start of `text`; 0 when there is none.
std::size_t sgr_length(std::string_view text) {
    if (!text.starts_with("\x1b[")) return 0;
    std::size_t end = 2;
    while (end < text.size() && (is_digit(text[end]) || text[end] == ';')) ++end;
    return end < text.size() && text[end] == 'm' ? end + 1 : 0;
}

void append_hex(std::string& out, std::string_view prefix, std::uint32_t value, int digits) {
    out += prefix;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 15];
}

/// Characters that a terminal or an editor acts upon instead of showing: C0, DEL, C1, and those that turn the reading direction.
bool is_control(char32_t letter) {
    return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || letter == 0x200e || letter == 0x200f || letter == 0x061c ||
           (letter >= 0x2028 && letter <= 0x202e) || (letter >= 0x2066 && letter <= 0x2069);
}

void append_control(std::string& out, char32_t letter) {
    switch (letter) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
        if (letter < 0x80) append_hex(out, "\\x", letter, 2);
        else append_hex(out, "\\u", letter, 4);
    }
}

/// Optimal string alignment: insertions, deletions, replacements, and swaps of neighbours. More than `most` is given as most + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    std::size_t const difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (difference > most) return most + 1;
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        if (*std::ranges::min_element(row) > most) return most + 1;
    }
    return row[b.size()];
}

bool is_name(std::string_view text, char joint) {
    if (text.empty() || text.size() > 64 || !is_lower(text[0])) return false;
    return std::ranges::all_of(text, [joint](char letter) { return is_lower(letter) || is_digit(letter) || letter == joint; });
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        i = utf8::skip_ascii(text, i);
        if (i == text.size()) break;
        std::size_t const length = utf8::sequence_length(text, i);
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

std::size_t count_characters(std::string_view text) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++characters) i += utf8::step(text, i);
    return characters;
}

std::string printable(std::string_view text, bool keep_sgr) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t const length = utf8::sequence_length(text, i);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
            continue;
        }
        std::size_t const colour = keep_sgr ? sgr_length(text.substr(i)) : 0;
        char32_t const letter = utf8::decode(text, i, length);
        if (colour > 0) out.append(text, i, colour);
        else if (is_control(letter)) append_control(out, letter);
        else out.append(text, i, length);
        i += std::max(colour, length);
    }
    return out;
}

std::string_view take_characters(std::string_view text, std::size_t characters) {
    std::size_t end = 0;
    for (std::size_t taken = 0; taken < characters && end < text.size(); ++taken) end += utf8::step(text, end);
    return text.substr(0, end);
}

std::string_view nearest(std::string_view word, std::vector<std::string_view> const& candidates) {
    std::size_t best_distance = word.size() < 4 ? 1 : 2;
    std::string_view best;
    bool found = false;
    for (std::string_view candidate : candidates) {
        std::size_t const distance = edit_distance(word, candidate, best_distance);
        if (distance > best_distance || (found && distance == best_distance)) continue;
        best = candidate;
        best_distance = distance;
        found = true;
    }
    return best;
}

std::string_view trim(std::string_view text) {
    static constexpr std::string_view blank = " \t\r\n\v\f";
    std::size_t const first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        std::size_t const end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(std::vector<std::string> const& parts, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out += separator;
        out += parts[i];
    }
    return out;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    std::string_view const unit = text.substr(static_cast<std::size_t>(end - text.data()));
    static constexpr std::array<std::string_view, 4> units{"B", "KiB", "MiB", "GiB"};
    auto const found = std::ranges::find(units, unit);
    if (found == units.end()) return std::nullopt;
    auto const shift = 10 * (found - units.begin());
    if (number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
    return number << shift;
}

bool is_identifier(std::string_view text) {
    // CEL's other reserved words (`package`, `loop` …) may follow a dot, and every name of ours does: steps.package.
    static constexpr std::array<std::string_view, 4> literals{"true", "false", "null", "in"};
    return is_name(text, '_') && std::ranges::find(literals, text) == literals.end();
}

bool is_object_name(std::string_view text) { return is_name(text, '-'); }

}  // namespace pawl
