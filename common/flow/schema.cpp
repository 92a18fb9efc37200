// A schema says less than `pawl check`: it completes keys and catches wrong shapes while one types.
#include "common/flow/schema.h"

#include <cmath>

#include "common/flow/keys.h"

namespace pawl::flow {
namespace {

Json object(std::initializer_list<JsonMap::Member> members) { return Json(JsonMap(members)); }
Json reference(std::string_view name) { return object({{"$ref", "#/definitions/" + std::string(name)}}); }
Json list_of(Json items) { return object({{"type", "array"}, {"items", std::move(items)}}); }
Json map_of(Json values) { return object({{"type", "object"}, {"additionalProperties", std::move(values)}}); }
Json any_of(JsonList choices) { return object({{"anyOf", std::move(choices)}}); }

/// YAML reads an unquoted word or number as it likes; as text all of them are welcome.
Json text() { return object({{"type", JsonList{"string", "number", "boolean"}}}); }

Json choices_of(Key const& key) {
    JsonList choices;
    for (std::string_view const choice : words(key.choices)) choices.emplace_back(choice);
    Json fixed = object({{"enum", std::move(choices)}});
    if (key.prefix.empty()) return fixed;
    return any_of({std::move(fixed), object({{"type", "string"}, {"pattern", "^" + std::string(key.prefix) + "[a-z][a-z0-9-]{0,63}$"}})});
}

Json map_with(std::string_view names, Json values) {
    return object({{"type", "object"},
                   {"patternProperties", object({{std::string(names), std::move(values)}})},
                   {"additionalProperties", false}});
}

constexpr std::string_view identifier = "^[a-z][a-z0-9_]{0,63}$";
constexpr std::string_view variable = "^[A-Z_][A-Z0-9_]{0,63}$";

std::string_view definition_of(Place place) {
    static constexpr std::string_view names[place_count] = {"", "workflow", "defaults", "concurrency", "step", "retry", "stop", "wait", "approve", "arm", "undo", "declaration", "project", "condition", "condition_test", "test", "test_case", "mock", "http", "sql", "artifacts", "cache"};
    return names[static_cast<std::size_t>(place)];
}

Json bounded(std::string_view type, Key const& key) {
    Json schema = object({{"type", type}});
    if (std::isfinite(key.min)) schema.set("minimum", static_cast<std::int64_t>(key.min));
    if (std::isfinite(key.max)) schema.set("maximum", static_cast<std::int64_t>(key.max));
    return schema;
}

Json shape_of(Key const& key) {
    switch (key.shape) {
    case Shape::text: case Shape::pasted: case Shape::expression: return text();
    case Shape::script: return object({{"type", "string"}});
    case Shape::choice: return choices_of(key);
    case Shape::integer: return bounded("integer", key);
    case Shape::number: return bounded("number", key);
    case Shape::boolean: return object({{"type", "boolean"}});
    case Shape::duration: return reference("duration");
    case Shape::text_list: return list_of(object({{"type", "string"}}));
    case Shape::pasted_list: return list_of(text());
    case Shape::value_list: return object({{"type", "array"}});
    case Shape::shell: return any_of({choices_of(key), list_of(object({{"type", "string"}}))});
    case Shape::text_map: return map_of(text());
    case Shape::pasted_map: return map_with(variable, text());
    case Shape::value_map: return map_with(identifier, object({}));
    case Shape::value: return object({});
    case Shape::declarations: return map_with(identifier, any_of({choices_of(*find_key(Place::declaration, "type")), reference("declaration")}));
    case Shape::declaration: return any_of({choices_of(*find_key(Place::declaration, "type")), reference("declaration")});
    case Shape::map: return reference(definition_of(key.inner));
    case Shape::globs_or_map: return any_of({list_of(text()), reference(definition_of(key.inner))});
    case Shape::tests: return list_of(reference(definition_of(key.inner)));
    case Shape::cases: return object({{"type", "array"}, {"minItems", 1}, {"items", reference(definition_of(key.inner))}});
    case Shape::mocks: return map_of(any_of({reference(definition_of(key.inner)), list_of(reference(definition_of(key.inner)))}));
    case Shape::expectations: return map_of(object({}));
    case Shape::arms: return object({{"type", "array"}, {"minItems", 1}, {"items", reference("arm")}});
    case Shape::steps: return object({{"type", "array"}, {"minItems", 1}, {"items", reference("step")}});
    }
    return object({});
}

std::string description_of(Key const& key) {
    std::string text(key.doc);
    if (!key.standard.empty()) text += " Default: " + std::string(key.standard) + ".";
    return text;
}

Json property_of(Key const& key) {
    Json schema = shape_of(key);
    std::string description = description_of(key);
    if (schema.find("$ref")) return object({{"allOf", JsonList{schema}}, {"description", std::move(description)}});  // draft 7 ignores what stands beside $ref
    schema.set("description", std::move(description));
    return schema;
}

Json definition(Place place) {
    JsonMap properties;
    JsonList required;
    for (Key const& key : keys_of(place)) {
        properties.append(std::string(key.name), property_of(key));
        if (key.required) required.emplace_back(key.name);
    }
    Json schema = object({{"type", "object"}, {"properties", Json(std::move(properties))}, {"additionalProperties", false}});
    if (!required.empty()) schema.set("required", std::move(required));
    return schema;
}

}  // namespace

Json project_schema() {
    Json schema = object({{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "pawl project"}, {"description", "pawl.yaml, the file at the root of a project; pawl.yaml(5) explains every key."}});
    Json const keys = definition(Place::project);
    for (auto const& [name, value] : keys.as_map()) schema.set(name, value);
    return schema;
}

namespace {

Json all_definitions() {
    JsonMap definitions;
    definitions.append("duration", object({{"type", "string"}, {"pattern", R"(^([0-9]+(\.[0-9]*)?(h|ms|m|s|us|ns))+$|^0$)"}}));
    for (Place const place : {Place::workflow, Place::project, Place::condition, Place::condition_test, Place::test, Place::test_case, Place::mock, Place::defaults, Place::concurrency, Place::step, Place::retry, Place::stop, Place::artifacts, Place::cache, Place::arm, Place::undo, Place::declaration})
        definitions.append(std::string(definition_of(place)), definition(place));
    return Json(std::move(definitions));
}

}  // namespace

Json schema_of(std::string_view kind) {
    return object({{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "pawl " + std::string(kind)},
                   {"description", "A document with kind: " + std::string(kind) + "; pawl.yaml(5) explains every key."},
                   {"allOf", JsonList{reference(kind)}},
                   {"definitions", all_definitions()}});
}

Json workflow_schema() {
    return object({{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "pawl workflow"},
                   {"description", "One document of a pawl file; pawl.yaml(5) explains every key."},
                   {"if", object({{"properties", object({{"kind", object({{"const", "project"}})}})}})},
                   {"then", reference("project")},
                   {"else", object({{"if", object({{"properties", object({{"kind", object({{"const", "condition"}})}})}})},
                                    {"then", reference("condition")},
                                    {"else", object({{"if", object({{"properties", object({{"kind", object({{"const", "test"}})}})}})},
                                                     {"then", reference("test")},
                                                     {"else", reference("workflow")}})}})},
                   {"definitions", all_definitions()}});
}

}  // namespace pawl::flow
