// Values against their declarations: one value, one text, all inputs of a run.
#include "common/flow/declaration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/flow/pattern.h"

namespace pawl::flow {
namespace {

constexpr std::size_t mistakes_max = 20;  ///< reported of one set of inputs

Error misfit(std::string const& path, std::string_view message, std::string hint = {}) {
    return {.code = code::invalid_input, .message = "'" + path + "' " + std::string(message), .where = {}, .hint = std::move(hint)};
}

std::string number_text(double value) {
    double const whole = std::trunc(value);
    if (whole == value && std::abs(value) < 1e15) return std::to_string(static_cast<std::int64_t>(value));
    return dump_json(Json(value));
}

std::string limit_text(ValueType type, double value) {
    if (type != ValueType::duration) return number_text(value);
    return format_duration(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value)));
}

std::string shown(Json const& value) {
    std::string text = dump_json(value);
    if (text.size() > 60) text = std::string(take_characters(text, 57)) + "…";
    return printable(text);
}

Error wrong_kind(std::string const& path, std::string_view expected, Json const& value) {
    return misfit(path, "is " + std::string(expected) + ", not " + shown(value));
}

/// `measure` is the number, the seconds or the length that min and max bound.
std::optional<Error> out_of_bounds(Declaration const& declaration, std::string const& path, double measure, std::string_view of) {
    auto const text = [&](double limit) { return limit_text(declaration.type, limit); };
    bool const outside = (declaration.min && measure < *declaration.min) || (declaration.max && measure > *declaration.max);
    if (outside && declaration.min && declaration.max)
        return misfit(path, std::string(of) + "lies between " + text(*declaration.min) + " and " + text(*declaration.max) + ", not " + text(measure));
    if (declaration.min && measure < *declaration.min)
        return misfit(path, std::string(of) + "is at least " + text(*declaration.min) + ", not " + text(measure));
    if (declaration.max && measure > *declaration.max)
        return misfit(path, std::string(of) + "is at most " + text(*declaration.max) + ", not " + text(measure));
    return {};
}

bool same(Json const& a, Json const& b) {
    if (a.is_double() && b.is_int()) return a.as_double() == static_cast<double>(b.as_int());
    return a == b;
}

std::optional<Error> not_allowed(Declaration const& declaration, std::string const& path, Json const& value) {
    if (declaration.allowed.empty()) return {};
    std::string list;
    for (Json const& one : declaration.allowed) {
        if (same(value, one)) return {};
        if (list.size() < 200) list += (list.empty() ? "" : ", ") + (one.is_string() ? one.as_string() : dump_json(one));
    }
    return misfit(path, "cannot be " + shown(value), "one of: " + printable(list));
}

Error as_input_error(Error error) {
    error.message = "input " + error.message;
    return error;
}

Result<Json> conform_to(Declaration const& declaration, Json const& value, std::string const& path);

Result<Json> conform_string(Declaration const& declaration, Json const& value, std::string const& path) {
    if (!value.is_string()) return wrong_kind(path, "a text", value);
    std::string const& text = value.as_string();
    if (find_invalid_utf8(text) != std::string_view::npos) return misfit(path, "is not valid UTF-8");
    if (text.find('\0') != std::string::npos) return misfit(path, "contains a NUL character");
    if (declaration.type == ValueType::path && text.empty()) return misfit(path, "is a path and cannot be empty");
    if (!declaration.pattern.empty() && !matches_whole(declaration.pattern, text))
        return misfit(path, "does not match its pattern: " + shown(value), "pattern: " + printable(declaration.pattern));
    if (declaration.min || declaration.max) {
        auto error = out_of_bounds(declaration, path, static_cast<double>(count_characters(text)), "has a length that ");
        if (error) return *error;
    }
    return value;
}

std::optional<std::int64_t> whole_number(Json const& value) {
    if (value.is_int()) return value.as_int();
    if (!value.is_double()) return {};
    double const number = value.as_double();
    bool const fits = std::trunc(number) == number && number >= -9223372036854775808.0 && number < 9223372036854775808.0;
    if (!fits) return {};
    return static_cast<std::int64_t>(number);
}

Result<Json> conform_integer(Declaration const& declaration, Json const& value, std::string const& path) {
    auto const number = whole_number(value);
    if (!number) return wrong_kind(path, "an integer", value);
    if (auto error = out_of_bounds(declaration, path, static_cast<double>(*number), "")) return *error;
    return Json(*number);
}

Result<Json> conform_number(Declaration const& declaration, Json const& value, std::string const& path) {
    double number = 0;
    if (value.is_int()) number = static_cast<double>(value.as_int());
    else if (value.is_uint()) number = static_cast<double>(value.as_uint());
    else if (value.is_double()) number = value.as_double();
    else return wrong_kind(path, "a number", value);
    if (!std::isfinite(number)) return misfit(path, "is not a finite number");
    if (auto error = out_of_bounds(declaration, path, number, "")) return *error;
    return Json(number);
}

Result<Json> conform_duration(Declaration const& declaration, Json const& value, std::string const& path) {
    if (!value.is_string()) return wrong_kind(path, "a duration", value);
    Result<Duration> const duration = parse_duration(value.as_string());
    if (!duration) return misfit(path, "is a duration, not " + shown(value), "write it like 90s or 1h30m");
    auto error = out_of_bounds(declaration, path, std::chrono::duration<double>(*duration).count(), "");
    if (error) return *error;
    return Json(format_duration(*duration));
}

Result<Json> conform_timestamp(Json const& value, std::string const& path) {
    std::optional<UtcTime> const time = value.is_string() ? parse_utc(value.as_string()) : std::nullopt;
    if (!time)
        return misfit(path, "is a timestamp, not " + shown(value), "write it like 2026-11-24T17:20:00Z");
    return Json(format_utc(*time));
}

/// `eu,us` → `["eu", "us"]`
std::string list_of_words(std::string_view text) {
    if (text.size() > 60 || text.empty() || text.starts_with('[')) return R"(["a", "b"])";
    std::vector<std::string> words;
    for (std::string_view const word : split(text, ',')) words.push_back(dump_json(Json(trim(word))));
    return "[" + join(words, ", ") + "]";
}

Result<Json> conform_list(Declaration const& declaration, Json const& value, std::string const& path) {
    if (!value.is_list()) {
        Error error = wrong_kind(path, "a list", value);
        if (value.is_string()) error.hint = "write it as JSON: " + list_of_words(value.as_string());
        return error;
    }
    JsonList const& items = value.as_list();
    auto error = out_of_bounds(declaration, path, static_cast<double>(items.size()), "has a length that ");
    if (error) return *error;
    if (!declaration.items) return value;
    JsonList fitted;
    fitted.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        Result<Json> item = conform_to(*declaration.items, items[i], path + "[" + std::to_string(i) + "]");
        if (!item) return item.error();
        fitted.push_back(*std::move(item));
    }
    return Json(std::move(fitted));
}

std::string nearest_name(std::string_view name, std::vector<Declaration> const& declarations) {
    if (name.size() > 64) return {};
    std::vector<std::string_view> names;
    names.reserve(declarations.size());
    for (Declaration const& one : declarations) names.push_back(one.name);
    std::string_view const near = nearest(name, names);
    return near.empty() ? std::string() : "did you mean '" + std::string(near) + "'?";
}

Result<Json> conform_map(Declaration const& declaration, Json const& value, std::string const& path) {
    if (!value.is_map()) return wrong_kind(path, "a map", value);
    if (declaration.properties.empty()) return value;
    for (auto const& [name, unused] : value.as_map()) {
        bool const known = std::ranges::find(declaration.properties, name, &Declaration::name) != declaration.properties.end();
        if (!known) return misfit(path, "has no member '" + printable(name) + "'", nearest_name(name, declaration.properties));
    }
    JsonMap fitted;
    for (Declaration const& property : declaration.properties) {
        Json const* given = value.find(property.name);
        if (given) {
            Result<Json> member = conform_to(property, *given, path + "." + property.name);
            if (!member) return member.error();
            fitted.append(property.name, *std::move(member));
        } else if (property.default_value) {
            fitted.append(property.name, *property.default_value);
        } else if (!property.optional) {
            return misfit(path + "." + property.name, "is required");
        }
    }
    return Json(std::move(fitted));
}

Result<Json> conform_to(Declaration const& declaration, Json const& value, std::string const& path) {
    Result<Json> fitted = [&]() -> Result<Json> {
        switch (declaration.type) {
        case ValueType::string:
        case ValueType::path: return conform_string(declaration, value, path);
        case ValueType::integer: return conform_integer(declaration, value, path);
        case ValueType::number: return conform_number(declaration, value, path);
        case ValueType::boolean:
            if (!value.is_bool()) return wrong_kind(path, "true or false", value);
            return value;
        case ValueType::duration: return conform_duration(declaration, value, path);
        case ValueType::timestamp: return conform_timestamp(value, path);
        case ValueType::list: return conform_list(declaration, value, path);
        case ValueType::map: return conform_map(declaration, value, path);
        case ValueType::any: break;
        }
        return value;
    }();
    if (!fitted) return fitted;
    if (auto error = not_allowed(declaration, path, *fitted)) return *error;
    return fitted;
}

bool looks_like_integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
    return text.size() == 1 || text.front() != '0';
}

cel::Type type_of(Declaration const& declaration, std::string const& path) {
    using Kind = cel::Type::Kind;
    switch (declaration.type) {
    case ValueType::string:
    case ValueType::path: return Kind::string;
    case ValueType::integer: return Kind::integer;
    case ValueType::number: return Kind::real;
    case ValueType::boolean: return Kind::boolean;
    case ValueType::duration: return Kind::duration;
    case ValueType::timestamp: return Kind::timestamp;
    case ValueType::list: return cel::Type::list(declaration.items ? type_of(*declaration.items, path) : cel::Type(Kind::dyn));
    case ValueType::any: return Kind::dyn;
    case ValueType::map: break;
    }
    if (declaration.properties.empty()) return cel::Type::map(Kind::string, Kind::dyn);
    std::vector<cel::Type::Field> fields;
    for (Declaration const& property : declaration.properties) {
        bool const may_be_absent = property.optional && !property.default_value;
        fields.push_back({property.name, type_of(property, path + "." + property.name), may_be_absent});
    }
    return cel::Type::object(path, std::move(fields));
}

}  // namespace

std::string_view name_of(ValueType type) {
    static constexpr std::string_view names[] = {"string", "int",       "number", "bool", "duration",
                                                 "timestamp", "path", "list",   "map",  "any"};
    return names[static_cast<std::size_t>(type)];
}

cel::Type Declaration::cel_type() const { return type_of(*this, name); }

Result<Json> conform(Declaration const& declaration, Json const& value) { return conform_to(declaration, value, declaration.name); }

Result<Json> conform_text(Declaration const& declaration, std::string_view text) {
    std::string const& name = declaration.name;
    if (find_invalid_utf8(text) != std::string_view::npos) return misfit(name, "is not valid UTF-8");
    switch (declaration.type) {
    case ValueType::string:
    case ValueType::path:
    case ValueType::duration:
    case ValueType::timestamp: return conform(declaration, Json(text));
    case ValueType::boolean:
        if (text == "true" || text == "false") return conform(declaration, Json(text == "true"));
        return wrong_kind(name, "true or false", Json(text));
    case ValueType::integer:
        if (!looks_like_integer(text)) return wrong_kind(name, "an integer", Json(text));
        break;
    case ValueType::number: break;
    case ValueType::list:
    case ValueType::map:
    case ValueType::any: break;
    }
    Result<Json> value = parse_json(text);
    bool const wants_number = declaration.type == ValueType::integer || declaration.type == ValueType::number;
    if (value && wants_number && !value->is_number()) return wrong_kind(name, "a number", Json(text));
    if (value) return conform(declaration, *value);
    if (wants_number) return wrong_kind(name, "a number", Json(text));
    return misfit(name, "is not JSON: " + value.error().message,
                  declaration.type == ValueType::list ? R"(write it like ["a", "b"])" : "a text needs quotes, as in \"a\"");
}

Bound bind_inputs(std::vector<Declaration> const& declarations, Json const& given) {
    Bound bound{.values = Json(JsonMap()), .diagnostics = {}};
    std::size_t mistakes = 0;
    auto const report = [&](Error error) {
        if (++mistakes <= mistakes_max) bound.diagnostics.push_back(std::move(error));
    };
    if (!given.is_map() && !given.is_null()) {
        report({.code = code::invalid_input, .message = "inputs are a map of names and values"});
        return bound;
    }
    for (Declaration const& declaration : declarations) {
        if (Json const* value = given.find(declaration.name)) {
            Result<Json> fitted = conform(declaration, *value);
            if (fitted) bound.values.as_map().append(declaration.name, *std::move(fitted));
            else report(as_input_error(fitted.error()));
        } else if (declaration.default_value) {
            bound.values.as_map().append(declaration.name, *declaration.default_value);
        } else if (!declaration.optional) {
            report({.code = code::invalid_input, .message = "input '" + declaration.name + "' is required",
                    .where = {}, .hint = "-i " + declaration.name + "=VALUE" + (declaration.description.empty() ? "" : ": " + declaration.description)});
        }
    }
    if (given.is_map()) {
        for (auto const& [name, unused] : given.as_map()) {
            if (std::ranges::find(declarations, name, &Declaration::name) != declarations.end()) continue;
            std::string hint = mistakes < mistakes_max ? nearest_name(name, declarations) : std::string();
            report({.code = code::invalid_input, .message = "unknown input '" + printable(take_characters(name, 64)) + "'",
                    .where = {}, .hint = std::move(hint)});
        }
    }
    if (mistakes > mistakes_max)
        bound.diagnostics.push_back({.code = code::invalid_input, .message = "and " + std::to_string(mistakes - mistakes_max) + " further mistakes"});
    return bound;
}

}  // namespace pawl::flow
