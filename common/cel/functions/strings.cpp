// Text functions. Positions and sizes count characters (code points), never bytes.
#include <algorithm>
#include <optional>

#include "common/base/text.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using TK = Type::Kind;
using Arguments = std::span<Value const>;

/// Bytes of the character that begins at `at`.
std::size_t character_bytes(std::string_view text, std::size_t at) {
    auto const lead = static_cast<unsigned char>(text[at]);
    std::size_t const length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return std::min(length, text.size() - at);
}

/// The byte where the `index`-th character begins; text.size() for the end; empty when it is beyond.
std::optional<std::size_t> byte_of(std::string_view text, std::int64_t index) {
    if (index < 0 || static_cast<std::uint64_t>(index) > text.size()) return std::nullopt;
    std::size_t at = 0;
    for (; index > 0; --index) {
        if (at >= text.size()) return std::nullopt;
        at += character_bytes(text, at);
    }
    return at;
}

/// Pays for a search: worst when long texts almost match at every position.
bool pay_search(Evaluation& in, std::string_view text, std::string_view wanted) {
    std::size_t const positions = text.size() >= wanted.size() ? text.size() - wanted.size() + 1 : 1;
    return in.charge((positions / 32 + 1) * (wanted.size() / 32 + 1));
}

Value beyond(Evaluation& in, std::int64_t index, std::string_view text) {
    return in.error("position " + std::to_string(index) + " is not in the text of " + std::to_string(count_characters(text)) + " characters");
}

Value contains(Evaluation& in, Arguments a) {
    if (!pay_search(in, a[0].as_text(), a[1].as_text())) return in.exhausted();
    return Value::boolean(a[0].as_text().find(a[1].as_text()) != std::string_view::npos);
}
Value starts_with(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[1].size())) return in.exhausted();
    return Value::boolean(a[0].as_text().starts_with(a[1].as_text()));
}
Value ends_with(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[1].size())) return in.exhausted();
    return Value::boolean(a[0].as_text().ends_with(a[1].as_text()));
}

template <char First, char Last, int Shift>
Value change_case(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    auto* const out = in.allocate_array<char>(text.size());
    if (out == nullptr) return in.exhausted();
    std::transform(text.begin(), text.end(), out, [](char c) { return c >= First && c <= Last ? static_cast<char>(c + Shift) : c; });
    return Value::string({out, text.size()});
}

/// White space of Unicode at the front: its bytes, or 0.
std::size_t space_at(std::string_view text) {
    if (text.empty()) return 0;
    char const c = text.front();
    if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
    for (std::string_view const space : {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"}) {
        if (text.starts_with(space)) return space.size();
    }
    bool const general = text.size() >= 3 && text.starts_with("\xE2\x80") && static_cast<unsigned char>(text[2]) >= 0x80 && static_cast<unsigned char>(text[2]) <= 0x8A;
    return general ? 3 : 0;
}

Value trim_text(Evaluation& in, Arguments a) {
    std::string_view text = a[0].as_text();
    if (!in.charge_bytes_seen(text.size())) return in.exhausted();
    while (std::size_t const bytes = space_at(text)) text.remove_prefix(bytes);
    while (!text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
        if (space_at(text.substr(last)) == 0) break;
        text = text.substr(0, last);
    }
    return Value::string(text);
}

/// `limit` < 0: no limit.
Value split_text(Evaluation& in, std::string_view text, std::string_view separator, std::int64_t limit) {
    if (limit == 0) return Value::list(std::span<Value const>());
    if (!pay_search(in, text, separator)) return in.exhausted();
    std::vector<Value> parts;
    std::size_t at = 0;
    while (limit < 0 || static_cast<std::int64_t>(parts.size()) + 1 < limit) {
        std::size_t found = std::string_view::npos;
        if (!separator.empty()) found = text.find(separator, at);
        else if (at < text.size() && at + character_bytes(text, at) < text.size()) found = at + character_bytes(text, at);
        if (found == std::string_view::npos) break;
        if (!in.charge(1)) return in.exhausted();
        parts.push_back(Value::string(text.substr(at, found - at)));
        at = found + separator.size();
    }
    bool const nothing = separator.empty() && text.empty();
    if (!nothing) parts.push_back(Value::string(text.substr(at)));
    return in.list(parts);
}
Value split_all(Evaluation& in, Arguments a) { return split_text(in, a[0].as_text(), a[1].as_text(), -1); }
Value split_some(Evaluation& in, Arguments a) { return split_text(in, a[0].as_text(), a[1].as_text(), a[2].as_int()); }

Value join_texts(Evaluation& in, Value const& list, std::string_view separator) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        Value const item = list.item(i);
        if (!item.is(Value::Kind::string)) return in.error("join() needs a list of strings, element " + std::to_string(i) + " is " + describe(item), "write list.map(x, string(x)).join(…)");
        bytes += item.size() + (i > 0 ? separator.size() : 0);
        if (!in.charge(1)) return in.exhausted();
    }
    auto* const out = in.allocate_array<char>(bytes);
    if (out == nullptr) return in.exhausted();
    char* at = out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) at = std::copy(separator.begin(), separator.end(), at);
        std::string_view const text = list.item(i).as_text();
        at = std::copy(text.begin(), text.end(), at);
    }
    return Value::string({out, bytes});
}
Value join_plain(Evaluation& in, Arguments a) { return join_texts(in, a[0], ""); }
Value join_with(Evaluation& in, Arguments a) { return join_texts(in, a[0], a[1].as_text()); }

Value replace_text(Evaluation& in, std::string_view text, std::string_view old, std::string_view with, std::int64_t limit) {
    if (!pay_search(in, text, old)) return in.exhausted();
    std::string out;
    std::size_t at = 0;
    for (std::int64_t done = 0; limit < 0 || done < limit; ++done) {
        std::size_t const found = text.find(old, at);
        if (found == std::string_view::npos) break;
        if (!in.charge(1 + with.size() / 32) || out.size() > in.budget().bytes_left) return in.exhausted();
        out.append(text.substr(at, found - at)).append(with);
        at = found + old.size();
        if (!old.empty()) continue;
        // an empty text is found before every character and at the end
        if (at >= text.size()) {
            at = text.size() + 1;
            break;
        }
        std::size_t const bytes = character_bytes(text, at);
        out.append(text.substr(at, bytes));
        at += bytes;
    }
    if (at <= text.size()) out.append(text.substr(at));
    return in.string(out);
}
Value replace_all(Evaluation& in, Arguments a) { return replace_text(in, a[0].as_text(), a[1].as_text(), a[2].as_text(), -1); }
Value replace_some(Evaluation& in, Arguments a) { return replace_text(in, a[0].as_text(), a[1].as_text(), a[2].as_text(), a[3].as_int()); }

Value slice(Evaluation& in, std::string_view text, std::int64_t from, std::optional<std::int64_t> to) {
    if (!in.charge_bytes_seen(text.size())) return in.exhausted();
    auto const begin = byte_of(text, from);
    if (!begin) return beyond(in, from, text);
    auto const end = to ? byte_of(text, *to) : std::optional(text.size());
    if (!end) return beyond(in, *to, text);
    if (*end < *begin) return in.error("substring(" + std::to_string(from) + ", " + std::to_string(*to) + ") ends before it begins");
    return Value::string(text.substr(*begin, *end - *begin));
}
Value substring_from(Evaluation& in, Arguments a) { return slice(in, a[0].as_text(), a[1].as_int(), std::nullopt); }
Value substring(Evaluation& in, Arguments a) { return slice(in, a[0].as_text(), a[1].as_int(), a[2].as_int()); }

Value char_at(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    if (!in.charge_bytes_seen(text.size())) return in.exhausted();
    auto const at = byte_of(text, a[1].as_int());
    if (!at) return beyond(in, a[1].as_int(), text);
    return Value::string(*at < text.size() ? text.substr(*at, character_bytes(text, *at)) : std::string_view());
}

Value find_from(Evaluation& in, std::string_view text, std::string_view wanted, std::int64_t from) {
    if (!pay_search(in, text, wanted)) return in.exhausted();
    auto const begin = byte_of(text, from);
    if (!begin) return beyond(in, from, text);
    std::size_t const found = text.find(wanted, *begin);
    if (found == std::string_view::npos) return Value::integer(-1);
    return Value::integer(static_cast<std::int64_t>(count_characters(text.substr(0, found))));
}
Value index_of(Evaluation& in, Arguments a) { return find_from(in, a[0].as_text(), a[1].as_text(), 0); }
Value index_of_from(Evaluation& in, Arguments a) { return find_from(in, a[0].as_text(), a[1].as_text(), a[2].as_int()); }

Value find_backwards(Evaluation& in, std::string_view text, std::string_view wanted, std::size_t from) {
    if (!pay_search(in, text, wanted)) return in.exhausted();
    std::size_t const found = text.rfind(wanted, from);
    if (found == std::string_view::npos) return Value::integer(-1);
    return Value::integer(static_cast<std::int64_t>(count_characters(text.substr(0, found))));
}
Value last_index_of(Evaluation& in, Arguments a) { return find_backwards(in, a[0].as_text(), a[1].as_text(), std::string_view::npos); }
Value last_index_of_from(Evaluation& in, Arguments a) {
    auto const from = byte_of(a[0].as_text(), a[2].as_int());
    return from ? find_backwards(in, a[0].as_text(), a[1].as_text(), *from) : beyond(in, a[2].as_int(), a[0].as_text());
}

Value reversed(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    auto* const out = in.allocate_array<char>(text.size());
    if (out == nullptr) return in.exhausted();
    char* end = out + text.size();
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const bytes = character_bytes(text, at);
        end -= bytes;
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), bytes, end);
        at += bytes;
    }
    return Value::string({out, text.size()});
}

/// As a literal of CEL: in double quotes, with escapes.
Value quote(Evaluation& in, Arguments a) {
    if (a[0].size() * 2 > in.budget().bytes_left) return in.exhausted();
    constexpr std::string_view special = "\a\b\f\n\r\t\v\\\"", letters = "abfnrtv\\\"";
    std::string out = "\"";
    for (char const c : a[0].as_text()) {
        std::size_t const found = special.find(c);
        if (found == std::string_view::npos) out += c;
        else (out += '\\') += letters[found];
    }
    return in.string(out + "\"");
}

}  // namespace

void add_strings(Library& library) {
    Type const texts = Type::list(TK::string);
    library.member("contains", {TK::string, TK::string}, TK::boolean, contains);
    library.member("startsWith", {TK::string, TK::string}, TK::boolean, starts_with);
    library.member("endsWith", {TK::string, TK::string}, TK::boolean, ends_with);
    library.member("lowerAscii", {TK::string}, TK::string, change_case<'A', 'Z', 'a' - 'A'>);
    library.member("upperAscii", {TK::string}, TK::string, change_case<'a', 'z', 'A' - 'a'>);
    library.member("trim", {TK::string}, TK::string, trim_text);
    library.member("split", {TK::string, TK::string}, texts, split_all);
    library.member("split", {TK::string, TK::string, TK::integer}, texts, split_some);
    library.member("join", {texts}, TK::string, join_plain);
    library.member("join", {texts, TK::string}, TK::string, join_with);
    library.member("replace", {TK::string, TK::string, TK::string}, TK::string, replace_all);
    library.member("replace", {TK::string, TK::string, TK::string, TK::integer}, TK::string, replace_some);
    library.member("substring", {TK::string, TK::integer}, TK::string, substring_from);
    library.member("substring", {TK::string, TK::integer, TK::integer}, TK::string, substring);
    library.member("charAt", {TK::string, TK::integer}, TK::string, char_at);
    library.member("indexOf", {TK::string, TK::string}, TK::integer, index_of);
    library.member("indexOf", {TK::string, TK::string, TK::integer}, TK::integer, index_of_from);
    library.member("lastIndexOf", {TK::string, TK::string}, TK::integer, last_index_of);
    library.member("lastIndexOf", {TK::string, TK::string, TK::integer}, TK::integer, last_index_of_from);
    library.member("reverse", {TK::string}, TK::string, reversed);
    library.function("strings.quote", {TK::string}, TK::string, quote);
}

}  // namespace pawl::cel
