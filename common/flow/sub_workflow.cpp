#include "common/flow/sub_workflow.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

using yaml::Node;

Node const* used_node(StepDraft const& draft) { return draft.fields.find("uses"); }

/// From `from` over what it uses to `target`, both included; empty: there is no such way.
std::vector<std::string> way_to(Interfaces const& workflows, std::string const& from, std::string const& target, std::set<std::string>& seen) {
    if (from == target) return {from};
    if (!seen.insert(from).second) return {};
    Interface const* interface = workflows.find(from);
    if (!interface) return {};
    for (std::string const& next : interface->uses) {
        std::vector<std::string> way = way_to(workflows, next, target, seen);
        if (way.empty()) continue;
        way.insert(way.begin(), from);
        return way;
    }
    return {};
}

/// How many runs a workflow of this name may have below it, itself included. Whoever is in a cycle counts once.
int levels_of(Interfaces const& workflows, std::string const& name, std::map<std::string, int>& known) {
    auto const [entry, fresh] = known.emplace(name, 1);
    Interface const* interface = workflows.find(name);
    if (!fresh || !interface) return entry->second;
    int below = 0;
    for (std::string const& next : interface->uses) below = std::max(below, levels_of(workflows, next, known));
    return known[name] = 1 + below;
}

class Linker {
public:
    Linker(Reader& reader, Definitions const& definitions, Plan const& plan) : reader_(reader), definitions_(definitions), plan_(plan) {}

    std::shared_ptr<Interface const> link(Node const& uses, std::string const& name) {
        auto const found = definitions_.workflows.find(name);
        if (refuse_cycle(uses, name)) return nullptr;
        if (!found) return tell_unknown(uses, name), nullptr;
        if (found->broken) {
            if (!found->told) reader_.error(code::invalid_value, uses.where, "workflow '" + name + "' has mistakes of its own", "pawl check tells them");
            return nullptr;
        }
        if (levels_of(definitions_.workflows, name, levels_) > sub_workflow_depth_max)
            reader_.error(code::limit_exceeded, uses.where, "workflows that use each other are at most " + std::to_string(sub_workflow_depth_max) + " deep, and this leads deeper",
                          "let one step do the work of several, or start the inner workflow by itself");
        return std::make_shared<Interface const>(*found);
    }

private:
    bool refuse_cycle(Node const& uses, std::string const& name) {
        std::set<std::string> seen;
        std::vector<std::string> way = way_to(definitions_.workflows, name, plan_.name, seen);
        if (way.empty()) return false;
        way.insert(way.begin(), plan_.name);
        reader_.error(code::cycle, uses.where, "workflow '" + plan_.name + "' would start itself: " + join(way, " → "), "one of them must not use the next");
        return true;
    }

    void tell_unknown(Node const& uses, std::string const& name) {
        std::string_view const near = nearest(name, definitions_.workflows.names());
        std::string const suggestion = near.empty() ? "" : "did you mean 'workflow/" + std::string(near) + "'?";
        if (definitions_.has_all_workflows) {
            reader_.error(code::unknown_name, uses.where, "there is no workflow '" + name + "'", near.empty() ? "deploy it before, or together with this one" : suggestion);
        } else {
            reader_.warning(code::unknown_name, uses.where, "workflow '" + name + "' is in none of these files, so its inputs and outputs are not checked",
                            near.empty() ? "it must be deployed before this one" : suggestion);
        }
    }

    Reader& reader_;
    Definitions const& definitions_;
    Plan const& plan_;
    std::map<std::string, int> levels_;
};

bool is_textual(ValueType type) {
    return type == ValueType::string || type == ValueType::path || type == ValueType::duration || type == ValueType::timestamp;
}

/// May a value of this type be what is declared? What is not known is not refused.
bool may_fit(Declaration const& declaration, cel::Type const& type) {
    using Kind = cel::Type::Kind;
    Kind const kind = type.kind();
    if (type.is_dyn() || kind == Kind::optional || kind == Kind::null) return true;
    switch (declaration.type) {
    case ValueType::string: case ValueType::path: return kind == Kind::string;
    case ValueType::integer: return kind == Kind::integer || kind == Kind::unsigned_integer;
    case ValueType::number: return kind == Kind::real || kind == Kind::integer || kind == Kind::unsigned_integer;
    case ValueType::boolean: return kind == Kind::boolean;
    case ValueType::duration: return kind == Kind::duration || kind == Kind::string;
    case ValueType::timestamp: return kind == Kind::timestamp || kind == Kind::string;
    case ValueType::list: return kind == Kind::list && (!declaration.items || may_fit(*declaration.items, type.element()));
    case ValueType::map: return kind == Kind::map || kind == Kind::object;
    case ValueType::any: break;
    }
    return true;
}

class InputsReader {
public:
    InputsReader(Reader& reader, Expressions& expressions, Sight& sight, WorkflowAction& action)
        : reader_(reader), expressions_(expressions), sight_(sight), action_(action) {}

    void read(yaml::Member const& member) {
        Declaration const* declaration = declaration_of(member);
        if (!action_.interface) action_.with.push_back({member.key.text, expressions_.value(member.value, sight_)});
        else if (declaration) action_.with.push_back({member.key.text, value_of(member.value, *declaration)});
    }

    void refuse_missing(SourcePos const& where) {
        std::vector<std::string> missing;
        for (Declaration const& input : action_.interface->inputs)
            if (input.required() && std::ranges::find(action_.with, input.name, &NamedTemplate::name) == action_.with.end()) missing.push_back("'" + input.name + "'");
        if (missing.empty()) return;
        std::string const first = missing.front().substr(1, missing.front().size() - 2);
        reader_.error(code::missing_key, where, "workflow '" + action_.workflow + "' needs " + (missing.size() == 1 ? "the input " : "the inputs ") + join(missing, ", "),
                      "with: {" + first + ": …}");
    }

private:
    Declaration const* declaration_of(yaml::Member const& member) {
        if (!action_.interface) return nullptr;
        std::vector<Declaration> const& inputs = action_.interface->inputs;
        auto const found = std::ranges::find(inputs, member.key.text, &Declaration::name);
        if (found != inputs.end()) return &*found;
        std::vector<std::string> names;
        names.reserve(inputs.size());
        for (Declaration const& input : inputs) names.push_back(input.name);
        std::string_view const near = nearest(member.key.text, {names.begin(), names.end()});
        if (!reader_.refuse_expression(member.key, "a key"))
            reader_.error(code::unknown_name, member.key.where, "workflow '" + action_.workflow + "' has no input " + quotation(member.key.text),
                          !near.empty() ? "did you mean '" + std::string(near) + "'?" : names.empty() ? "it takes none" : "it takes: " + join(names, ", "));
        return nullptr;
    }

    /// Without an expression it is a value of the file, judged here and now; texts are taken as they are written.
    cel::Template value_of(Node const& node, Declaration const& declaration) {
        if (!holds_expression(node)) {
            bool const as_written = node.is_scalar() && is_textual(declaration.type) && !is_nothing(node);
            Result<Json> const fitted = conform(declaration, as_written ? Json(node.text) : yaml::to_json(node));
            if (!fitted) reader_.error(code::invalid_value, node.where, "input " + fitted.error().message + " [workflow '" + action_.workflow + "']", fitted.error().hint);
            return as_written ? literal(node.text) : expressions_.value(node, sight_);
        }
        cel::Template value = expressions_.value(node, sight_);
        if (!may_fit(declaration, type_of(value)))
            reader_.error(code::expression_type, node.where, "input '" + declaration.name + "' of workflow '" + action_.workflow + "' is " + std::string(name_of(declaration.type)) +
                          ", and this is " + type_of(value).to_string());
        return value;
    }

    Reader& reader_;
    Expressions& expressions_;
    Sight& sight_;
    WorkflowAction& action_;
};

}  // namespace

bool uses_workflow(Fields const& step) {
    Node const* uses = step.find("uses");
    return uses && uses->text.starts_with(workflow_prefix);
}

void read_sub_workflow(Reader& reader, StepDraft const& draft, StepPlan& step) {
    Node const& uses = *used_node(draft);
    std::string const name = uses.text.substr(workflow_prefix.size());
    if (!is_object_name(name) && !reader.refuse_expression(uses, "uses"))
        reader.error(code::invalid_name, uses.where, quotation(name) + " is no name for a workflow",
                     "names have lower-case letters, digits and '-', begin with a letter, and have at most 64 characters");
    step.action.emplace<WorkflowAction>().workflow = name;
}

void link_sub_workflows(Reader& reader, Definitions const& definitions, std::vector<StepDraft> const& drafts, Plan& plan) {
    Linker linker(reader, definitions, plan);
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        auto* action = std::get_if<WorkflowAction>(&plan.steps[i].action);
        if (action && is_object_name(action->workflow)) action->interface = linker.link(*used_node(drafts[i]), action->workflow);
    }
}

void compile_sub_workflow(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, WorkflowAction& action) {
    InputsReader inputs(reader, expressions, sight, action);
    yaml::Member const* with = draft.fields.member("with");
    if (with)
        for (yaml::Member const& member : with->value.members) inputs.read(member);
    bool const is_misspelt = !with && draft.fields.map().find("with");  // then it is told already
    if (action.interface && !is_misspelt) inputs.refuse_missing(with ? with->value.where : used_node(draft)->where);
}

cel::Type outputs_of(WorkflowAction const& action, std::string const& id) {
    if (!action.interface) return cel::Type::Kind::dyn;
    std::vector<cel::Type::Field> fields;
    for (Declaration const& output : action.interface->outputs) fields.push_back({output.name, output.cel_type(), output.optional});
    return cel::Type::object("steps." + id + ".outputs", std::move(fields));
}

}  // namespace pawl::flow
