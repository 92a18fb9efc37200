// YAML → Declaration. A default or enum that breaks its own declaration is a mistake of the file, not of a run.
#include "common/flow/declare.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/pattern.h"

namespace pawl::flow {
namespace {

using yaml::Node;

constexpr std::size_t declarations_max = 1000;

struct OtherType {
    std::string_view word, type;
};
constexpr OtherType other_types[] = {
    {"integer", "int"},    {"int64", "int"},     {"long", "int"},         {"boolean", "bool"}, {"float", "number"},
    {"double", "number"},  {"decimal", "number"}, {"real", "number"},     {"str", "string"},   {"text", "string"},
    {"array", "list"},     {"object", "map"},    {"dict", "map"},         {"json", "any"},     {"file", "path"},
    {"date", "timestamp"}, {"datetime", "timestamp"}, {"time", "timestamp"}, {"timespan", "duration"},
};

std::optional<ValueType> read_type(Reader& reader, Node const& node) {
    std::string_view const choices = find_key(Place::declaration, "type")->choices;
    std::vector<std::string_view> const types = words(choices);
    auto const found = std::ranges::find(types, std::string_view(node.text));
    if (node.is_scalar() && found != types.end()) return static_cast<ValueType>(found - types.begin());
    if (!node.is_scalar()) {
        reader.error(code::wrong_type, node.where, "a type is a word, not " + describe_kind(node), hint_for_choice(choices, ""));
        return {};
    }
    if (reader.refuse_expression(node, "type")) return {};
    std::string_view near;
    for (OtherType const& other : other_types)
        if (other.word == node.text) near = other.type;
    reader.error(code::invalid_value, node.where, quotation(node.text) + " is not a type",
                 near.empty() ? hint_for_choice(choices, node.text) : "did you mean '" + std::string(near) + "'?");
    return {};
}

bool is_textual(ValueType type) {
    return type == ValueType::string || type == ValueType::path || type == ValueType::duration || type == ValueType::timestamp;
}

/// A value of the file in its declared type. Text types take a scalar as it is written: `default: 1.10` is the text 1.10.
std::optional<Json> read_value(Reader& reader, Declaration const& declaration, Node const& node) {
    bool const as_written = node.is_scalar() && is_textual(declaration.type);
    Result<Json> value = conform(declaration, as_written ? Json(node.text) : yaml::to_json(node));
    if (value) return *std::move(value);
    Error const& wrong = value.error();
    reader.error(code::invalid_value, node.where, wrong.message, wrong.hint);
    return {};
}

void read_bound(Reader& reader, Fields const& fields, std::string_view key, Declaration& declaration, std::optional<double>& bound) {
    Node const* node = fields.find(key);
    if (!node) return;
    switch (declaration.type) {
    case ValueType::duration:
        if (auto const span = reader.duration(*node, key)) bound = std::chrono::duration<double>(*span).count();
        return;
    case ValueType::integer:
    case ValueType::number: bound = reader.number(*node, key); return;
    case ValueType::string:
    case ValueType::path:
    case ValueType::list:
        if (auto const length = reader.integer(*node, key)) bound = static_cast<double>(*length);
        return;
    case ValueType::boolean: case ValueType::timestamp: case ValueType::map: case ValueType::any: break;
    }
    reader.error(code::conflicting_keys, node->where, "'" + std::string(key) + "' has no meaning for the type " + std::string(name_of(declaration.type)));
}

void read_pattern(Reader& reader, Fields const& fields, Declaration& declaration) {
    Node const* node = fields.find("pattern");
    if (!node) return;
    if (declaration.type != ValueType::string && declaration.type != ValueType::path) {
        reader.error(code::conflicting_keys, node->where, "'pattern' has no meaning for the type " + std::string(name_of(declaration.type)));
    } else if (auto const wrong = pattern_error(node->text, reader.pattern_budget_left)) {
        reader.error(code::invalid_value, node->where, "this pattern is not understood: " + printable(*wrong));
    } else {
        declaration.pattern = node->text;
    }
}

Declaration read_declaration(Reader& reader, std::string name, Node const& node, SourcePos const& where);

void read_parts(Reader& reader, Fields const& fields, Declaration& declaration) {
    if (Node const* items = fields.find("items")) {
        if (declaration.type != ValueType::list)
            reader.error(code::conflicting_keys, items->where, "'items' belongs to the type list", "properties: {…} describes a map");
        else
            declaration.items = std::make_shared<Declaration const>(read_declaration(reader, declaration.name + "[]", *items, items->where));
    }
    if (Node const* properties = fields.find("properties")) {
        if (declaration.type != ValueType::map)
            reader.error(code::conflicting_keys, properties->where, "'properties' belongs to the type map");
        else
            declaration.properties = read_declarations(reader, *properties, "property");
    }
}

void read_long_form(Reader& reader, Declaration& declaration, Node const& node) {
    Fields const fields = reader.read_map(node, Place::declaration, "the declaration of '" + declaration.name + "'");
    Node const* type = fields.find("type");
    std::optional<ValueType> const known = type ? read_type(reader, *type) : std::nullopt;
    if (!known) {  // nothing else can be judged
        declaration.type = ValueType::any;
        return;
    }
    declaration.type = *known;
    declaration.optional = fields.boolean("optional").value_or(false);
    declaration.description = fields.text("description");
    read_pattern(reader, fields, declaration);
    read_bound(reader, fields, "min", declaration, declaration.min);
    read_bound(reader, fields, "max", declaration, declaration.max);
    if (declaration.min && declaration.max && *declaration.min > *declaration.max)
        reader.error(code::invalid_value, fields.find("max")->where, "'max' is less than 'min'");
    read_parts(reader, fields, declaration);
    if (Node const* allowed = fields.find("enum")) {
        std::vector<Json> values;
        for (Node const& item : allowed->items)
            if (auto value = read_value(reader, declaration, item)) values.push_back(*std::move(value));
        if (allowed->items.empty()) reader.error(code::invalid_value, allowed->where, "'enum' is empty, so that nothing would be allowed");
        declaration.allowed = std::move(values);
    }
    if (Node const* standard = fields.find("default")) declaration.default_value = read_value(reader, declaration, *standard);
}

Declaration read_declaration(Reader& reader, std::string name, Node const& node, SourcePos const& where) {
    Declaration declaration;
    declaration.name = std::move(name);
    declaration.where = where;
    if (node.is_map()) {
        read_long_form(reader, declaration, node);
    } else if (is_nothing(node)) {
        reader.error(code::wrong_type, node.where, "'" + declaration.name + "' has no type", declaration.name + ": string");
    } else {
        declaration.type = read_type(reader, node).value_or(ValueType::any);
    }
    return declaration;
}

}  // namespace

std::vector<Declaration> read_declarations(Reader& reader, Node const& map, std::string_view what) {
    std::vector<Declaration> declarations;
    if (!reader.within(map.members.size(), declarations_max, map, what)) return declarations;
    declarations.reserve(map.members.size());
    std::string const article = what == "input" || what == "output" ? "an " : "a ";
    for (yaml::Member const& member : map.members) {
        if (is_identifier(member.key.text)) {
            declarations.push_back(read_declaration(reader, member.key.text, member.value, member.key.where));
        } else if (!reader.refuse_expression(member.key, "a key")) {
            reader.error(code::invalid_name, member.key.where, quotation(member.key.text) + " is no name for " + article + std::string(what),
                         "names have lower-case letters, digits and '_', and begin with a letter");
        }
    }
    return declarations;
}

namespace {

/// As it is written in a file: a model can be read like one.
Json bound_of(Declaration const& declaration, double bound) {
    if (declaration.type != ValueType::duration) return bound;
    return format_duration(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(bound)));
}

}  // namespace

Json model_of(Declaration const& declaration) {
    JsonMap model;
    model.append("type", name_of(declaration.type));
    if (declaration.default_value) model.append("default", *declaration.default_value);
    if (declaration.optional) model.append("optional", true);
    if (!declaration.description.empty()) model.append("description", declaration.description);
    if (!declaration.allowed.empty()) model.append("enum", JsonList(declaration.allowed));
    if (!declaration.pattern.empty()) model.append("pattern", declaration.pattern);
    if (declaration.min) model.append("min", bound_of(declaration, *declaration.min));
    if (declaration.max) model.append("max", bound_of(declaration, *declaration.max));
    if (declaration.items) model.append("items", model_of(*declaration.items));
    if (!declaration.properties.empty()) model.append("properties", model_of(declaration.properties));
    return Json(std::move(model));
}

Json model_of(std::vector<Declaration> const& declarations) {
    JsonMap model;
    for (Declaration const& declaration : declarations) model.append(declaration.name, model_of(declaration));
    return Json(std::move(model));
}

}  // namespace pawl::flow
