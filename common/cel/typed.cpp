// Values to and from CEL's JSON form. Types of declarations are in typed_types.cpp.
#include "common/cel/typed.h"

#include <charconv>
#include <cmath>
#include <vector>

#include "common/base/error_codes.h"
#include "common/cel/base64.h"
#include "common/cel/evaluation.h"

namespace pawl::cel {
namespace {

using VK = Value::Kind;

constexpr std::string_view timestamp_url = "type.googleapis.com/google.protobuf.Timestamp";
constexpr std::string_view duration_url = "type.googleapis.com/google.protobuf.Duration";

Error no_value(Json const& json) {
    return Error{code::invalid_value, "this is no CEL value: " + dump_json(json).substr(0, 80), std::nullopt, "a value looks like {\"int64Value\": \"1\"}", Severity::error, {}, {}};
}

/// 64-bit integers are strings in this form; plain numbers are taken too.
template <class Integer>
std::optional<Integer> integer(Json const& json) {
    std::string const text = json.is_string() ? json.as_string() : dump_json(json);
    Integer value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const whole = problem == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

std::optional<double> real(Json const& json) {
    if (json.is_double()) return json.as_double();
    if (json.is_int()) return static_cast<double>(json.as_int());
    if (json.is_uint()) return static_cast<double>(json.as_uint());
    if (!json.is_string()) return std::nullopt;
    if (json.as_string() == "NaN") return std::nan("");
    if (json.as_string() == "Infinity") return HUGE_VAL;
    if (json.as_string() == "-Infinity") return -HUGE_VAL;
    return std::nullopt;
}

/// Builds values in a store, so that they last.
class Reader {
public:
    explicit Reader(ValueStore& store) : store_(store) {}

    std::optional<Value> read(Json const& json) {
        if (!json.is_map() || json.as_map().size() != 1) return std::nullopt;
        auto const& [form, content] = *json.as_map().begin();
        if (form == "value") return read(content);
        if (form == "nullValue") return Value::null();
        if (form == "boolValue" && content.is_bool()) return Value::boolean(content.as_bool());
        if (form == "stringValue" && content.is_string()) return store_.keep(Value::string(content.as_string()));
        if (form == "typeValue" && content.is_string()) return store_.keep(Value::type(content.as_string()));
        if (form == "int64Value") return made(integer<std::int64_t>(content), Value::integer);
        if (form == "uint64Value") return made(integer<std::uint64_t>(content), Value::uint);
        if (form == "doubleValue") return made(real(content), Value::real);
        if (form == "bytesValue" && content.is_string()) {
            auto const bytes = base64_decode(content.as_string());
            return bytes ? std::optional(store_.keep(Value::bytes(*bytes))) : std::nullopt;
        }
        if (form == "listValue") return list(content);
        if (form == "mapValue") return map(content);
        return form == "objectValue" ? object(content) : std::nullopt;
    }

private:
    template <class T, class Make>
    static std::optional<Value> made(std::optional<T> const& read, Make make) {
        return read ? std::optional(make(*read)) : std::nullopt;
    }

    std::optional<Value> list(Json const& json) {
        std::vector<Value> items;
        Json const* const values = json.find("values");
        if (values != nullptr) {
            if (!values->is_list()) return std::nullopt;
            for (Json const& item : values->as_list()) {
                auto const value = read(item);
                if (!value) return std::nullopt;
                items.push_back(*value);
            }
        }
        return store_.keep(Value::list(std::span<Value const>(items)));
    }

    std::optional<Value> map(Json const& json) {
        std::vector<MapEntry> entries;
        Json const* const members = json.find("entries");
        if (members != nullptr) {
            if (!members->is_list()) return std::nullopt;
            for (Json const& member : members->as_list()) {
                Json const *key = member.find("key"), *value = member.find("value");
                auto const made_key = key != nullptr ? read(*key) : std::nullopt;
                auto const made_value = value != nullptr ? read(*value) : std::nullopt;
                if (!made_key || !made_value) return std::nullopt;
                entries.push_back({*made_key, *made_value});
            }
        }
        return store_.keep(Value::map(std::span<MapEntry const>(entries)));
    }

    static std::optional<Value> object(Json const& json) {
        std::string const url = json.text("@type"), text = json.text("value");
        if (url == timestamp_url) return made(parse_timestamp(text), Value::timestamp);
        if (url == duration_url) return made(parse_span(text), Value::duration);
        return std::nullopt;
    }

    ValueStore& store_;
};

Json one(std::string form, Json content) {
    Json json;
    json.set(std::move(form), std::move(content));
    return json;
}

Json object(std::string_view url, std::string text) {
    Json content;
    content.set("@type", url).set("value", std::move(text));
    return one("objectValue", std::move(content));
}

Json typed_real(double value) {
    if (std::isfinite(value)) return one("doubleValue", value);
    return one("doubleValue", format_double(value));
}

Json typed_list(Value const& value) {
    Json content{JsonMap()};
    if (value.size() > 0) {
        JsonList items;
        for (std::size_t i = 0; i < value.size(); ++i) items.push_back(typed_json(value.item(i)));
        content.set("values", std::move(items));
    }
    return one("listValue", std::move(content));
}

Json typed_map(Value const& value) {
    Json content{JsonMap()};
    if (value.size() > 0) {
        JsonList entries;
        for (std::size_t i = 0; i < value.size(); ++i) {
            MapEntry const entry = value.entry(i);
            Json member;
            member.set("key", typed_json(entry.key)).set("value", typed_json(entry.value));
            entries.push_back(std::move(member));
        }
        content.set("entries", std::move(entries));
    }
    return one("mapValue", std::move(content));
}

}  // namespace

Json typed_json(Value const& value) {
    switch (value.kind()) {
    case VK::null: return one("nullValue", nullptr);
    case VK::boolean: return one("boolValue", value.as_bool());
    case VK::integer: return one("int64Value", std::to_string(value.as_int()));
    case VK::unsigned_integer: return one("uint64Value", std::to_string(value.as_uint()));
    case VK::real: return typed_real(value.as_real());
    case VK::string: return one("stringValue", value.as_text());
    case VK::bytes: return one("bytesValue", base64_encode(value.as_text()));
    case VK::type: return one("typeValue", value.as_text());
    case VK::timestamp: return object(timestamp_url, format_timestamp(value.as_instant()));
    case VK::duration: return object(duration_url, format_span(value.as_instant()));
    case VK::list: return typed_list(value);
    case VK::map: return typed_map(value);
    case VK::optional: return one("optionalValue", value.inner() == nullptr ? Json(JsonMap()) : one("value", typed_json(*value.inner())));
    case VK::unset:
    case VK::error: break;
    }
    return {};
}

Result<Json> eval_typed(Program const& program, Activation const& values, Budget& budget) {
    Evaluation evaluation(program.code(), values, budget);
    Value const value = evaluation.run(program.code().root);
    if (value.is_error()) return to_error(value.as_fault(), program.code());
    // the form is larger than the value, and one large value may stand in it many times: pay as for plain JSON
    if (!to_json(value, budget)) return too_large(program.code());
    return typed_json(value);
}

Result<TypedValues> TypedValues::from(Json const& bindings) {
    TypedValues made;
    if (!bindings.is_map()) return no_value(bindings);
    Reader reader(made.store_);
    for (auto const& [name, json] : bindings.as_map()) {
        auto const value = reader.read(json);
        if (!value) return no_value(json);
        made.values_[name] = *value;
    }
    return made;
}

Value TypedValues::value(std::string_view name) const {
    auto const found = values_.find(name);
    return found != values_.end() ? found->second : Value();
}

JsonMap TypedValues::names() const {
    JsonMap names;
    for (auto const& [name, value] : values_) names.append(name, nullptr);
    return names;
}

}  // namespace pawl::cel
