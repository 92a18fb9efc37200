// JSON values that keep integers apart from doubles by their spelling. Reading and writing is nlohmann's, hidden in json.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"

namespace pawl {

class Json;
using JsonList = std::vector<Json>;

/// Members in the order they were added. Look-up is linear: our maps are small; sort before you compare large ones.
class JsonMap {
public:
    using Member = std::pair<std::string, Json>;
    JsonMap() = default;
    JsonMap(std::initializer_list<Member> members);
    Json const* find(std::string_view key) const;  ///< null when absent; valid until the map changes
    Json* find(std::string_view key);
    void set(std::string key, Json value);         ///< replaces in place, else appends
    bool erase(std::string_view key);
    void append(std::string key, Json value);      ///< caller knows the key is new
    std::size_t size() const;
    bool empty() const;
    std::vector<Member>::const_iterator begin() const;
    std::vector<Member>::const_iterator end() const;
    std::vector<Member>::iterator begin();
    std::vector<Member>::iterator end();
    bool operator==(JsonMap const& other) const;   ///< without regard to order

private:
    std::vector<Member> members_;
};

/// A JSON value. A lexeme without '.' and 'e' that fits int64 is an int, one that fits uint64 an unsigned, everything else a double.
class Json {
public:
    enum class Kind : std::uint8_t { null, boolean, integer, unsigned_integer, real, string, list, map };

    Json() = default;
    Json(std::nullptr_t) {}
    Json(bool value) : value_(value) {}
    Json(double value) : value_(value) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(char const* value) : value_(std::string(value)) {}
    Json(JsonList value) : value_(std::move(value)) {}
    Json(JsonMap value) : value_(std::move(value)) {}
    template <class Integer>
        requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
    Json(Integer value) {
        if constexpr (std::is_unsigned_v<Integer> && sizeof(Integer) == 8) value_ = static_cast<std::uint64_t>(value);
        else value_ = static_cast<std::int64_t>(value);
    }

    Kind kind() const { return static_cast<Kind>(value_.index()); }
    bool is_null() const { return kind() == Kind::null; }
    bool is_bool() const { return kind() == Kind::boolean; }
    bool is_int() const { return kind() == Kind::integer; }
    bool is_uint() const { return kind() == Kind::unsigned_integer; }
    bool is_double() const { return kind() == Kind::real; }
    bool is_number() const { return is_int() || is_uint() || is_double(); }
    bool is_string() const { return kind() == Kind::string; }
    bool is_list() const { return kind() == Kind::list; }
    bool is_map() const { return kind() == Kind::map; }

    // Each asserts the kind.
    bool as_bool() const { return get<bool>(); }
    std::int64_t as_int() const { return get<std::int64_t>(); }
    std::uint64_t as_uint() const { return get<std::uint64_t>(); }
    double as_double() const { return get<double>(); }
    std::string const& as_string() const { return get<std::string>(); }
    JsonList const& as_list() const { return get<JsonList>(); }
    JsonList& as_list() { return const_cast<JsonList&>(std::as_const(*this).as_list()); }
    JsonMap const& as_map() const { return get<JsonMap>(); }
    JsonMap& as_map() { return const_cast<JsonMap&>(std::as_const(*this).as_map()); }

    /// The member of a map; null when this is no map or has no such member.
    Json const* find(std::string_view key) const { return is_map() ? as_map().find(key) : nullptr; }
    /// Sets a member; a null value becomes a map first.
    Json& set(std::string key, Json value);
    /// For reading answers: the member's text or number, or the fallback when it is missing or of another kind.
    std::string text(std::string_view key, std::string_view fallback = "") const;
    std::int64_t number(std::string_view key, std::int64_t fallback = 0) const;
    bool flag(std::string_view key, bool fallback = false) const;

    /// Same kind and value; an int never equals a double here (CEL compares by value, we compare documents).
    bool operator==(Json const& other) const;

private:
    template <class T>
    T const& get() const {
        T const* value = std::get_if<T>(&value_);
        ASSERT(value != nullptr);
        return *value;
    }
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, JsonList, JsonMap> value_;
};

struct JsonLimits {
    std::size_t bytes_max = 1u << 20;
    std::size_t depth_max = 64;
};

/// RFC 8259, strictly: one value, UTF-8, no duplicate keys, no NaN. Errors are `invalid_value` with line and column in `where` (file empty).
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});
/// One line. The double 3 is written "3.0"; NaN and infinities as null; invalid UTF-8 becomes U+FFFD. Never fails.
std::string dump_json(Json const& value);
/// Indented by two spaces, for people.
std::string dump_json_pretty(Json const& value);
/// One line with the members of every map sorted by key: equal documents give equal texts, so that they can be hashed.
std::string dump_json_canonical(Json const& value);
/// Appends the JSON string literal of `text`, quotes included, to `out`.
void append_json_string(std::string& out, std::string_view text);

}  // namespace pawl
