// Declarations of variables and functions in the JSON form of public suites, and types as the reference prints them.
#include "common/base/error_codes.h"
#include "common/cel/typed.h"

namespace pawl::cel {
namespace {

using TK = Type::Kind;

Error no_type(Json const& json) { return Error{code::invalid_value, "this is no CEL type: " + dump_json(json).substr(0, 80), std::nullopt, "a type looks like {\"primitive\": \"INT64\"}", Severity::error, {}, {}}; }

std::optional<TK> primitive(std::string_view name) {
    if (name == "BOOL") return TK::boolean;
    if (name == "INT64") return TK::integer;
    if (name == "UINT64") return TK::unsigned_integer;
    if (name == "DOUBLE") return TK::real;
    if (name == "STRING") return TK::string;
    if (name == "BYTES") return TK::bytes;
    return std::nullopt;
}

std::optional<TK> message(std::string_view name) {
    if (name == "TIMESTAMP" || name == "google.protobuf.Timestamp") return TK::timestamp;
    if (name == "DURATION" || name == "google.protobuf.Duration") return TK::duration;
    return std::nullopt;
}

Result<Type> member_type(Json const& json, std::string_view name) {
    Json const* const found = json.find(name);
    return found != nullptr ? read_type(*found) : no_type(json);
}

Result<Type> map_type(Json const& json) {
    auto const key = member_type(json, "keyType"), value = member_type(json, "valueType");
    if (!key) return key;
    if (!value) return value;
    return Type::map(*key, *value);
}

Result<bool> declare_function(std::string const& name, Json const& json, Library& functions) {
    Json const* const overloads = json.find("overloads");
    if (overloads == nullptr || !overloads->is_list()) return no_type(json);
    for (Json const& overload : overloads->as_list()) {
        std::vector<Type> parameters;
        if (Json const* const list = overload.find("params"); list != nullptr && list->is_list()) {
            for (Json const& parameter : list->as_list()) {
                auto const type = read_type(parameter);
                if (!type) return type.error();
                parameters.push_back(*type);
            }
        }
        auto const result = member_type(overload, "resultType");
        if (!result) return result.error();
        if (overload.flag("isInstanceFunction")) functions.member(name, std::move(parameters), *result, nullptr);
        else functions.function(name, std::move(parameters), *result, nullptr);
    }
    return true;
}

}  // namespace

Result<Type> read_type(Json const& json) {
    if (!json.is_map() || json.as_map().size() != 1) return no_type(json);
    auto const& [form, content] = *json.as_map().begin();
    if (form == "dyn") return Type();
    if (form == "null") return Type(TK::null);
    if (form == "typeParam" && content.is_string()) return Type::parameter(content.as_string());
    if (form == "listType") {
        auto element = member_type(content, "elemType");
        return element ? Result<Type>(Type::list(*element)) : element;
    }
    if (form == "mapType") return map_type(content);
    if (form == "type") {
        auto inner = content.is_map() && content.as_map().empty() ? Result<Type>(Type::unbound()) : read_type(content);
        return inner ? Result<Type>(Type::type_of(*inner)) : inner;
    }
    if (form == "abstractType" && content.text("name") == "optional_type") {
        Json const* const parameters = content.find("parameterTypes");
        if (parameters == nullptr || !parameters->is_list() || parameters->as_list().size() != 1) return no_type(json);
        auto inner = read_type(parameters->as_list()[0]);
        return inner ? Result<Type>(Type::optional(*inner)) : inner;
    }
    if (!content.is_string()) return no_type(json);
    auto const simple = form == "primitive" ? primitive(content.as_string()) : form == "wellKnown" || form == "messageType" ? message(content.as_string()) : std::nullopt;
    return simple ? Result<Type>(Type(*simple)) : no_type(json);
}

Result<bool> declare(Json const& type_env, Environment& environment, Library& functions) {
    if (!type_env.is_list()) return no_type(type_env);
    for (Json const& declaration : type_env.as_list()) {
        std::string const name = declaration.text("name");
        if (Json const* const function = declaration.find("function")) {
            auto const declared = declare_function(name, *function, functions);
            if (!declared) return declared;
            continue;
        }
        Json const* const ident = declaration.find("ident");
        if (name.empty() || ident == nullptr) return no_type(declaration);
        auto const type = member_type(*ident, "type");
        if (!type) return type.error();
        environment.variable(name, *type);
    }
    environment.library(functions);
    return true;
}

std::string reference_name(Type const& type) {
    switch (type.kind()) {
    case TK::list: return "list(" + reference_name(type.element()) + ")";
    case TK::map: return "map(" + reference_name(type.key()) + ", " + reference_name(type.element()) + ")";
    case TK::optional: return "optional_type(" + reference_name(type.element()) + ")";
    case TK::type: return type.element().is_unbound() ? "type" : "type(" + reference_name(type.element()) + ")";
    case TK::object: return "map(string, dyn)";
    default: return type.to_string();
    }
}

}  // namespace pawl::cel
