// Views of JSON and of the arena, numbers compared exactly, and values described for people.
#include "common/cel/value.h"

#include <array>
#include <charconv>
#include <cmath>

#include "common/base/text.h"

namespace pawl::cel {

Value Value::list(std::span<Value const> items) {
    return with(Kind::list, [&](Value& v) {
        v.payload_.pointer = items.data();
        v.extra_ = static_cast<std::uint32_t>(items.size());
    });
}

Value Value::map(std::span<MapEntry const> entries) {
    return with(Kind::map, [&](Value& v) {
        v.payload_.pointer = entries.data();
        v.extra_ = static_cast<std::uint32_t>(entries.size());
    });
}

Value Value::list(JsonList const& items) {
    return with(Kind::list, [&](Value& v) {
        v.json_ = true;
        v.payload_.pointer = &items;
        v.extra_ = static_cast<std::uint32_t>(items.size());
    });
}

Value Value::map(JsonMap const& members) {
    return with(Kind::map, [&](Value& v) {
        v.json_ = true;
        v.payload_.pointer = &members;
        v.extra_ = static_cast<std::uint32_t>(members.size());
    });
}

Value Value::of(Json const& json) {
    switch (json.kind()) {
    case Json::Kind::null: return null();
    case Json::Kind::boolean: return boolean(json.as_bool());
    case Json::Kind::integer: return integer(json.as_int());
    case Json::Kind::unsigned_integer: return uint(json.as_uint());
    case Json::Kind::real: return real(json.as_double());
    case Json::Kind::string: return string(json.as_string());
    case Json::Kind::list: return list(json.as_list());
    case Json::Kind::map: return map(json.as_map());
    }
    return null();
}

Value Value::item(std::size_t index) const {
    if (json_) return of((*static_cast<JsonList const*>(payload_.pointer))[index]);
    return static_cast<Value const*>(payload_.pointer)[index];
}

MapEntry Value::entry(std::size_t index) const {
    if (!json_) return static_cast<MapEntry const*>(payload_.pointer)[index];
    auto const& member = *(static_cast<JsonMap const*>(payload_.pointer)->begin() + static_cast<std::ptrdiff_t>(index));
    return {string(member.first), of(member.second)};
}

Value Value::find(std::string_view key) const {
    if (json_) {
        Json const* const found = static_cast<JsonMap const*>(payload_.pointer)->find(key);
        return found != nullptr ? of(*found) : Value();
    }
    auto const* entries = static_cast<MapEntry const*>(payload_.pointer);
    for (std::size_t i = 0; i < extra_; ++i) {
        if (entries[i].key.is(Kind::string) && entries[i].key.as_text() == key) return entries[i].value;
    }
    return {};
}

Value Value::find(Value const& key) const {
    if (key.is(Kind::string)) return find(key.as_text());
    if (json_) return {};
    auto const* entries = static_cast<MapEntry const*>(payload_.pointer);
    for (std::size_t i = 0; i < extra_; ++i) {
        Value const& candidate = entries[i].key;
        bool const same = key.is_number() ? candidate.is_number() && compare_numbers(key, candidate) == 0
                                          : key.is(Kind::boolean) && candidate.is(Kind::boolean) && key.as_bool() == candidate.as_bool();
        if (same) return entries[i].value;
    }
    return {};
}

namespace {

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

/// An integer against a double: by the double's whole part first, then by its fraction. No rounding anywhere.
template <class Integer>
std::partial_ordering compare_with_real(Integer integer, double real, double lowest, double beyond) {
    if (std::isnan(real)) return std::partial_ordering::unordered;
    if (real < lowest) return std::partial_ordering::greater;
    if (real >= beyond) return std::partial_ordering::less;
    double const whole = std::trunc(real);
    auto const exact = static_cast<Integer>(whole);
    if (integer != exact) return integer < exact ? std::partial_ordering::less : std::partial_ordering::greater;
    return 0.0 <=> real - whole;
}

std::partial_ordering reversed(std::partial_ordering order) {
    if (order < 0) return std::partial_ordering::greater;
    if (order > 0) return std::partial_ordering::less;
    return order;
}

std::partial_ordering compare_int_uint(std::int64_t a, std::uint64_t b) {
    if (a < 0) return std::partial_ordering::less;
    return static_cast<std::uint64_t>(a) <=> b;
}

}  // namespace

std::partial_ordering compare_numbers(Value const& a, Value const& b) {
    using enum Value::Kind;
    if (a.is(integer)) {
        if (b.is(integer)) return a.as_int() <=> b.as_int();
        if (b.is(unsigned_integer)) return compare_int_uint(a.as_int(), b.as_uint());
        return compare_with_real(a.as_int(), b.as_real(), -two_to_63, two_to_63);
    }
    if (a.is(unsigned_integer)) {
        if (b.is(unsigned_integer)) return a.as_uint() <=> b.as_uint();
        if (b.is(integer)) return reversed(compare_int_uint(b.as_int(), a.as_uint()));
        if (b.as_real() < 0) return std::partial_ordering::greater;
        return compare_with_real(a.as_uint(), b.as_real(), 0.0, two_to_64);
    }
    if (b.is(real)) return a.as_real() <=> b.as_real();
    return reversed(compare_numbers(b, a));
}

bool whole_number(Value const& number, std::int64_t& out) {
    using enum Value::Kind;
    if (number.is(integer)) {
        out = number.as_int();
        return true;
    }
    if (number.is(unsigned_integer)) {
        out = static_cast<std::int64_t>(number.as_uint());
        return number.as_uint() <= static_cast<std::uint64_t>(INT64_MAX);
    }
    if (!number.is(real)) return false;
    double const value = number.as_real();
    if (!(value >= -two_to_63 && value < two_to_63) || std::trunc(value) != value) return false;
    out = static_cast<std::int64_t>(value);
    return true;
}

std::string_view type_name(Value::Kind kind) {
    using enum Value::Kind;
    switch (kind) {
    case unset:
    case error: return "error";
    case null: return "null_type";
    case boolean: return "bool";
    case integer: return "int";
    case unsigned_integer: return "uint";
    case real: return "double";
    case string: return "string";
    case bytes: return "bytes";
    case timestamp: return "google.protobuf.Timestamp";
    case duration: return "google.protobuf.Duration";
    case list: return "list";
    case map: return "map";
    case type: return "type";
    case optional: return "optional_type";
    }
    return "error";
}

std::string_view kind_for_people(Value::Kind kind) {
    using enum Value::Kind;
    switch (kind) {
    case unset:
    case error: return "an error";
    case null: return "null";
    case boolean: return "a boolean";
    case integer:
    case unsigned_integer:
    case real: return "a number";
    case string: return "a string";
    case bytes: return "bytes";
    case timestamp: return "a timestamp";
    case duration: return "a duration";
    case list: return "a list";
    case map: return "a map";
    case type: return "a type";
    case optional: return "an optional value";
    }
    return "an error";
}

std::string format_double(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    std::array<char, 64> digits{};
    double const size = std::fabs(value);
    bool const plain = size == 0 || (size >= 1e-6 && size < 1e21);
    auto const [end, problem] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                              plain ? std::chars_format::fixed : std::chars_format::scientific);
    (void)problem;  // 64 characters hold every double
    return {digits.data(), end};
}

std::string describe(Value const& value) {
    using enum Value::Kind;
    switch (value.kind()) {
    case boolean: return value.as_bool() ? "true" : "false";
    case integer: return "the number " + std::to_string(value.as_int());
    case unsigned_integer: return "the number " + std::to_string(value.as_uint());
    case real: return "the number " + format_double(value.as_real());
    case string: {
        std::string_view const shown = take_characters(value.as_text(), 40);
        return "the string '" + printable(shown) + (shown.size() < value.size() ? "…'" : "'");
    }
    case timestamp: return "the timestamp " + format_timestamp(value.as_instant());
    case duration: return "the duration " + format_span(value.as_instant());
    case list: return "a list of " + std::to_string(value.size());
    case map: return "a map of " + std::to_string(value.size());
    case type: return "the type " + std::string(value.as_text());
    case optional: return value.inner() != nullptr ? "an optional value" : "an optional without value";
    default: return std::string(kind_for_people(value.kind()));
    }
}

}  // namespace pawl::cel
