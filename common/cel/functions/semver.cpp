// Versions as of semver.org 2.0.0: semver(text) takes one apart, semver.compare orders two, semver.isValid asks.
#include <charconv>
#include <optional>

#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using TK = Type::Kind;
using Arguments = std::span<Value const>;

struct Version {
    std::int64_t major = 0, minor = 0, patch = 0;
    std::string_view prerelease;  ///< without '-'; empty: none
    std::string_view build;       ///< without '+'
};

bool is_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

/// The next identifier of a list with dots; `rest` loses it and its dot.
std::string_view take_identifier(std::string_view& rest) {
    std::size_t const dot = rest.find('.');
    std::string_view const identifier = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    return identifier;
}

/// Section 9 and 10: letters, digits and '-', none empty; numbers of a prerelease have no leading zero.
bool are_identifiers(std::string_view text, bool leading_zeros) {
    if (text.empty() || text.back() == '.') return false;
    while (!text.empty()) {
        std::string_view const one = take_identifier(text);
        if (one.empty() || one.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != std::string_view::npos) return false;
        if (!leading_zeros && one.size() > 1 && one[0] == '0' && is_digits(one)) return false;
    }
    return true;
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    if (!is_digits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
}

std::optional<Version> parse(std::string_view text) {
    Version version;
    if (std::size_t const plus = text.find('+'); plus != std::string_view::npos) {
        version.build = text.substr(plus + 1);
        if (!are_identifiers(version.build, true)) return std::nullopt;
        text = text.substr(0, plus);
    }
    if (std::size_t const dash = text.find('-'); dash != std::string_view::npos) {
        version.prerelease = text.substr(dash + 1);
        if (!are_identifiers(version.prerelease, false)) return std::nullopt;
        text = text.substr(0, dash);
    }
    for (std::int64_t* const part : {&version.major, &version.minor, &version.patch}) {
        bool const last = part == &version.patch;
        if (last && text.find('.') != std::string_view::npos) return std::nullopt;
        if (!last && text.find('.') == std::string_view::npos) return std::nullopt;
        auto const value = number(take_identifier(text));
        if (!value) return std::nullopt;
        *part = *value;
    }
    return version;
}

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

/// Section 11.4: numbers by value and below text, text by its bytes.
int compare_identifiers(std::string_view a, std::string_view b) {
    bool const a_number = is_digits(a), b_number = is_digits(b);
    if (a_number != b_number) return a_number ? -1 : 1;
    if (a_number && a.size() != b.size()) return a.size() < b.size() ? -1 : 1;  // no leading zeros
    return sign(a <=> b);
}

int compare_prereleases(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.empty() && b.empty() ? 0 : a.empty() ? 1 : -1;
    while (!a.empty() && !b.empty()) {
        int const order = compare_identifiers(take_identifier(a), take_identifier(b));
        if (order != 0) return order;
    }
    return a.empty() && b.empty() ? 0 : a.empty() ? -1 : 1;
}

int compare(Version const& a, Version const& b) {
    for (auto const part : {&Version::major, &Version::minor, &Version::patch}) {
        if (a.*part != b.*part) return a.*part < b.*part ? -1 : 1;
    }
    return compare_prereleases(a.prerelease, b.prerelease);
}

Value refuse(Evaluation& in, Value const& text) { return in.error(describe(text) + " is not a version", "it looks like 1.2.3 or 2.0.0-rc.1"); }

Value compare_texts(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[0].size() + a[1].size())) return in.exhausted();
    auto const first = parse(a[0].as_text()), second = parse(a[1].as_text());
    if (!first) return refuse(in, a[0]);
    if (!second) return refuse(in, a[1]);
    return Value::integer(compare(*first, *second));
}

Value is_valid(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[0].size())) return in.exhausted();
    return Value::boolean(parse(a[0].as_text()).has_value());
}

Value parts(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[0].size())) return in.exhausted();
    auto const version = parse(a[0].as_text());
    if (!version) return refuse(in, a[0]);
    MapEntry const entries[] = {
        {Value::string("major"), Value::integer(version->major)},       {Value::string("minor"), Value::integer(version->minor)},
        {Value::string("patch"), Value::integer(version->patch)},       {Value::string("prerelease"), Value::string(version->prerelease)},
        {Value::string("build"), Value::string(version->build)},
    };
    return in.map(entries);
}

}  // namespace

void add_semver(Library& library) {
    Type const version = Type::object("semver", {{"major", TK::integer}, {"minor", TK::integer}, {"patch", TK::integer}, {"prerelease", TK::string}, {"build", TK::string}});
    library.function("semver", {TK::string}, version, parts);
    library.function("semver.compare", {TK::string, TK::string}, TK::integer, compare_texts);
    library.function("semver.isValid", {TK::string}, TK::boolean, is_valid);
}

}  // namespace pawl::cel
