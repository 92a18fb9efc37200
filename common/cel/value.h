// A CEL value in 16 bytes: a tag and a payload. It borrows: text and containers live in the caller's JSON, in the program, or in the
// arena of the evaluation, and must outlive it.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/json.h"
#include "common/cel/instant.h"

namespace pawl::cel {

struct Fault;     // fault.h: why there is no value
struct MapEntry;  // below

class Value {
public:
    /// `unset` never reaches an expression: a variable that was not asked for yet.
    enum class Kind : std::uint8_t {
        unset, error, null, boolean, integer, unsigned_integer, real, string, bytes, timestamp, duration, list, map, type, optional
    };

    constexpr Value() : kind_(Kind::unset), payload_{.integer = 0} {}
    static Value null() { return Value(Kind::null); }
    static Value boolean(bool value) { return with(Kind::boolean, [&](Value& v) { v.payload_.integer = value ? 1 : 0; }); }
    static Value integer(std::int64_t value) { return with(Kind::integer, [&](Value& v) { v.payload_.integer = value; }); }
    static Value uint(std::uint64_t value) { return with(Kind::unsigned_integer, [&](Value& v) { v.payload_.natural = value; }); }
    static Value real(double value) { return with(Kind::real, [&](Value& v) { v.payload_.real = value; }); }
    static Value string(std::string_view text) { return text_of(Kind::string, text); }
    static Value bytes(std::string_view bytes) { return text_of(Kind::bytes, bytes); }
    static Value timestamp(Instant at) { return instant_of(Kind::timestamp, at); }
    static Value duration(Instant span) { return instant_of(Kind::duration, span); }
    static Value list(std::span<Value const> items);
    static Value map(std::span<MapEntry const> entries);
    static Value list(JsonList const& items);
    static Value map(JsonMap const& members);
    /// `name` as CEL writes it ("int"), in static storage.
    static Value type(std::string_view name) { return text_of(Kind::type, name); }
    static Value none() { return Value(Kind::optional); }
    static Value some(Value const& inner) { return with(Kind::optional, [&](Value& v) { v.payload_.pointer = &inner; }); }
    static Value error(Fault const& fault) { return with(Kind::error, [&](Value& v) { v.payload_.pointer = &fault; }); }
    /// A view of a JSON value; nothing is copied.
    static Value of(Json const& json);

    Kind kind() const { return kind_; }
    bool is(Kind kind) const { return kind_ == kind; }
    bool is_error() const { return kind_ == Kind::error; }
    bool is_true() const { return kind_ == Kind::boolean && payload_.integer != 0; }
    bool is_false() const { return kind_ == Kind::boolean && payload_.integer == 0; }
    bool is_number() const { return kind_ == Kind::integer || kind_ == Kind::unsigned_integer || kind_ == Kind::real; }

    // Each is right only for its kind.
    bool as_bool() const { return payload_.integer != 0; }
    std::int64_t as_int() const { return payload_.integer; }
    std::uint64_t as_uint() const { return payload_.natural; }
    double as_real() const { return payload_.real; }
    std::string_view as_text() const { return {payload_.text, extra_}; }  ///< string, bytes, type
    Instant as_instant() const { return {payload_.integer, static_cast<std::int32_t>(extra_)}; }
    Fault const& as_fault() const { return *static_cast<Fault const*>(payload_.pointer); }
    Value const* inner() const { return static_cast<Value const*>(payload_.pointer); }  ///< of an optional; null: none

    std::size_t size() const { return extra_; }    ///< elements of a list, entries of a map, bytes of text
    Value item(std::size_t index) const;           ///< of a list; the index is in range
    MapEntry entry(std::size_t index) const;       ///< of a map, in insertion order
    /// The value under a key of a map; `unset` when there is none. Numbers find each other by value (1, 1u, 1.0).
    Value find(Value const& key) const;
    Value find(std::string_view key) const;

private:
    union Payload {
        std::int64_t integer;
        std::uint64_t natural;
        double real;
        char const* text;
        void const* pointer;
    };

    explicit constexpr Value(Kind kind) : kind_(kind), payload_{.integer = 0} {}
    template <class Fill>
    static Value with(Kind kind, Fill fill) {
        Value value(kind);
        fill(value);
        return value;
    }
    static Value text_of(Kind kind, std::string_view text) {
        return with(kind, [&](Value& v) {
            v.payload_.text = text.data();
            v.extra_ = static_cast<std::uint32_t>(text.size());
        });
    }
    static Value instant_of(Kind kind, Instant at) {
        return with(kind, [&](Value& v) {
            v.payload_.integer = at.seconds;
            v.extra_ = static_cast<std::uint32_t>(at.nanos);
        });
    }

    Kind kind_;
    bool json_ = false;         ///< a container that is a view of JSON
    std::uint32_t extra_ = 0;   ///< size, or nanoseconds
    Payload payload_;
};
static_assert(sizeof(Value) == 16);

struct MapEntry {
    Value key;
    Value value;
};

/// Names of kinds for type(): "int", "map" …
std::string_view type_name(Value::Kind kind);
/// For people: "a number", "text", "a list" …
std::string_view kind_for_people(Value::Kind kind);
/// A short literal for messages: "the string 'ab'", "the number 12", "a list of 3".
std::string describe(Value const& value);
/// How string() writes a double: the shortest digits that read back the same.
std::string format_double(double value);

/// Less, equal, greater by exact mathematical value; unordered for NaN. Both are numbers.
std::partial_ordering compare_numbers(Value const& a, Value const& b);
/// The integer a number stands for, when it is whole and fits.
bool whole_number(Value const& number, std::int64_t& out);

}  // namespace pawl::cel
