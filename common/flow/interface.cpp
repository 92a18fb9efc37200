#include "common/flow/interface.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/flow/declare.h"
#include "common/flow/expressions.h"

namespace pawl::flow {
namespace {

/// The declaration that says the most of what is known about a type.
Declaration declaration_of(std::string name, cel::Type const& type) {
    using Kind = cel::Type::Kind;
    Declaration declaration;
    declaration.name = std::move(name);
    switch (type.kind()) {
    case Kind::string: declaration.type = ValueType::string; break;
    case Kind::integer: declaration.type = ValueType::integer; break;
    case Kind::real: declaration.type = ValueType::number; break;
    case Kind::boolean: declaration.type = ValueType::boolean; break;
    case Kind::duration: declaration.type = ValueType::duration; break;
    case Kind::timestamp: declaration.type = ValueType::timestamp; break;
    case Kind::map: declaration.type = ValueType::map; break;
    case Kind::list:
        declaration.type = ValueType::list;
        if (!type.element().is_dyn()) declaration.items = std::make_shared<Declaration const>(declaration_of("items", type.element()));
        break;
    case Kind::object:
        declaration.type = ValueType::map;
        for (cel::Type::Field const& field : type.fields()) {
            declaration.properties.push_back(declaration_of(field.name, field.type));
            declaration.properties.back().optional = field.may_be_absent;
        }
        break;
    default: declaration.type = ValueType::any; break;
    }
    return declaration;
}

void add_once(std::vector<std::string>& names, std::string_view name) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

/// What stands behind "workflow/" in a text that begins with it.
std::string_view name_behind_prefix(std::string_view text) {
    if (!text.starts_with(workflow_prefix)) return {};
    std::string_view const rest = text.substr(workflow_prefix.size());
    std::size_t const end = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), rest.size());
    return is_object_name(rest.substr(0, end)) ? rest.substr(0, end) : std::string_view();
}

std::vector<Declaration> declarations_in(Reader& reader, yaml::Node const& root, std::string_view key) {
    yaml::Member const* member = root.find(key);
    return member && member->value.is_map() ? read_declarations(reader, member->value, key == "inputs" ? "input" : "output") : std::vector<Declaration>();
}

}  // namespace

Interface interface_of(Plan const& plan) {
    Interface interface;
    interface.name = plan.name;
    interface.inputs = plan.inputs;
    for (NamedTemplate const& output : plan.outputs) interface.outputs.push_back(declaration_of(output.name, type_of(output.value)));
    interface.uses = used_workflows(plan);
    return interface;
}

Interface const* Interfaces::find(std::string_view name) const {
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
}

std::vector<std::string_view> Interfaces::names() const {
    std::vector<std::string_view> names;
    names.reserve(by_name_.size());
    for (auto const& [name, interface] : by_name_) names.emplace_back(name);
    return names;
}

void Interfaces::add(std::shared_ptr<Interface const> interface) {
    std::string name = interface->name;
    by_name_.insert_or_assign(std::move(name), std::move(interface));
}

Json Interfaces::model_of(std::vector<std::string> const& names) const {
    JsonMap model;
    for (std::string const& name : names)
        if (Interface const* interface = find(name))
            model.append(name, JsonMap{{"inputs", flow::model_of(interface->inputs)}, {"outputs", flow::model_of(interface->outputs)}});
    return model;
}

Interfaces Interfaces::from_model(Json const& model) {
    Interfaces interfaces;
    if (!model.is_map()) return interfaces;
    for (auto const& [name, stored] : model.as_map()) {
        yaml::File const file = yaml::parse("workflows", dump_json(stored));  // JSON is YAML
        Diagnostics ignored;
        Reader reader(file, ignored);
        if (file.documents.empty() || !file.documents.front()->root.is_map()) continue;
        yaml::Node const& root = file.documents.front()->root;
        auto interface = std::make_shared<Interface>();
        interface->name = name;
        interface->inputs = declarations_in(reader, root, "inputs");
        interface->outputs = declarations_in(reader, root, "outputs");
        interfaces.add(std::move(interface));
    }
    return interfaces;
}

std::vector<Declaration> const& declared_outputs(StepPlan const& step) {
    auto const* action = std::get_if<WorkflowAction>(&step.action);
    return action && action->interface ? action->interface->outputs : step.outputs;
}

std::vector<std::string> used_workflows(Plan const& plan) {
    std::vector<std::string> names;
    for (StepPlan const& step : plan.steps)
        if (auto const* action = std::get_if<WorkflowAction>(&step.action)) add_once(names, action->workflow);
    return names;
}

std::vector<std::string> used_workflows(yaml::Node const& root) {
    std::vector<std::string> names;
    if (!root.is_map()) return names;
    for (yaml::Member const& section : root.members) {
        if (!section.value.is_list()) continue;
        for (yaml::Node const& step : section.value.items) {
            yaml::Member const* uses = step.is_map() ? step.find("uses") : nullptr;
            if (!uses || !uses->value.is_scalar()) continue;
            if (std::string_view const name = name_behind_prefix(uses->value.text); !name.empty()) add_once(names, name);
        }
    }
    return names;
}

std::vector<std::string> used_workflows(std::string_view text) {
    std::vector<std::string> names;
    for (std::size_t at = text.find(workflow_prefix); at != std::string_view::npos; at = text.find(workflow_prefix, at + 1)) {
        std::size_t const line = text.rfind('\n', at) + 1;  // npos + 1 is 0
        bool const is_used = text.substr(line, at - line).find("uses") != std::string_view::npos;
        std::string_view const name = name_behind_prefix(text.substr(at));
        if (is_used && !name.empty()) add_once(names, name);
    }
    return names;
}

}  // namespace pawl::flow
