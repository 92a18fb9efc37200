// The order of reading follows the types: inputs, vars, env, steps in the order of their needs, outputs.
#include "common/flow/workflow.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/declare.h"
#include "common/flow/fan_out.h"
#include "common/flow/labels.h"
#include "common/flow/needs.h"
#include "common/flow/step.h"
#include "common/flow/sub_workflow.h"

namespace pawl::flow {
namespace {

using yaml::Node;

constexpr std::size_t steps_max = 1000;
constexpr std::size_t entries_max = 1000;  ///< of labels, vars, outputs

constexpr std::string_view status_functions[] = {"success", "failure", "cancelled", "always"};

struct SectionKey {
    Section section;
    std::string_view key;
};
constexpr SectionKey sections[] = {{Section::steps, "steps"},           {Section::on_success, "on_success"}, {Section::on_failure, "on_failure"},
                                   {Section::on_cancel, "on_cancel"},   {Section::finally, "finally"}};

void check_object_name(Reader& reader, Fields const& fields, std::string_view of) {
    Node const* name = fields.find("name");
    if (!name || is_object_name(name->text) || reader.refuse_expression(*name, "name")) return;
    reader.error(code::invalid_name, name->where, quotation(name->text) + " is no name for a " + std::string(of),
                 "names have lower-case letters, digits and '-', begin with a letter, and have at most 64 characters");
}

class WorkflowReader {
public:
    WorkflowReader(Reader& reader, Node const& root, Definitions const& definitions)
        : reader_(reader), definitions_(definitions), expressions_(reader, definitions.conditions), fields_(reader.read_map(root, Place::workflow, title_of_document(root))) {}

    std::shared_ptr<Plan const> run() {
        read_head();
        std::vector<Node const*> const nodes = list_steps();
        Scope scope(plan_);
        read_vars(scope);
        read_env(scope);
        read_guards(scope);
        StepDefaults defaults;
        if (Node const* node = fields_.find("defaults")) defaults = read_defaults(reader_, expressions_, scope, *node);
        read_steps(nodes, defaults);
        link_sub_workflows(reader_, definitions_, drafts_, plan_);
        compile_steps(scope, resolve_needs(reader_, drafts_, plan_));
        read_outputs(scope);
        return std::make_shared<Plan const>(std::move(plan_));
    }
    std::vector<ConditionUse> const& conditions() const { return expressions_.conditions(); }

private:
    static std::string title_of_document(Node const& root) {
        yaml::Member const* name = root.find("name");
        bool const named = name && name->value.is_scalar() && is_object_name(name->value.text);
        return named ? "workflow '" + name->value.text + "'" : "workflow";
    }

    void read_head() {
        plan_.name = fields_.text("name");
        plan_.file = reader_.file().name;
        plan_.where = fields_.has("name") ? fields_.find("name")->where : fields_.map().where;
        check_object_name(reader_, fields_, "workflow");
        plan_.description = fields_.text("description");
        plan_.labels = read_labels(reader_, fields_);
        if (Node const* inputs = fields_.find("inputs")) plan_.inputs = read_declarations(reader_, *inputs, "input");
        plan_.priority = static_cast<int>(fields_.integer("priority").value_or(0));
        plan_.timeout = fields_.duration("timeout");
        if (plan_.timeout == Duration::zero())
            reader_.error(code::invalid_value, fields_.find("timeout")->where, "a timeout of zero leaves no time", "remove the key for no timeout");
        plan_.durability = fields_.choice("durability", Durability::full);
    }

    /// The maps under steps and handlers, section by section; the plan gets as many steps.
    std::vector<Node const*> list_steps() {
        std::vector<Node const*> nodes;
        std::size_t expected = 0;
        for (SectionKey const& section : sections)
            if (Node const* list = fields_.find(section.key)) expected += list->items.size();
        plan_.steps.reserve(std::min(expected, steps_max));
        for (SectionKey const& section : sections) {
            Node const* list = fields_.find(section.key);
            if (!list) continue;
            if (list->items.empty()) reader_.error(code::invalid_value, list->where, "'" + std::string(section.key) + "' is empty");
            for (Node const& item : list->items) {
                if (nodes.size() == steps_max) {
                    reader_.error(code::limit_exceeded, item.where, "a workflow has at most 1,000 steps, handlers included");
                    return nodes;
                }
                if (item.is_map()) {
                    nodes.push_back(&item);
                    plan_.steps.emplace_back().section = section.section;
                } else {
                    reader_.error(code::wrong_type, item.where, "a step is a map, not " + describe_kind(item), "- {id: name, run: command}");
                }
            }
        }
        add_undos(nodes);
        return nodes;
    }

    /// Behind all others, so that the places of steps in the document are their indices.
    void add_undos(std::vector<Node const*>& nodes) {
        std::size_t const said = nodes.size();
        for (std::size_t i = 0; i < said; ++i) {
            yaml::Member const* undo = nodes[i]->find("undo");
            if (!undo || !undo->value.is_map() || plan_.steps[i].section != Section::steps) continue;
            nodes.push_back(&undo->value);
            StepPlan& step = plan_.steps.emplace_back();
            step.section = Section::undo;
            step.undoes = static_cast<StepIndex>(i);
        }
    }

    void read_vars(Scope& scope) {
        Node const* map = fields_.find("vars");
        if (!map || !reader_.within(map->members.size(), entries_max, *map, "vars")) return;
        std::optional<Sight> sight;
        for (yaml::Member const& member : map->members) {
            if (!good_name(member.key, "a variable")) continue;
            // Only what may read other vars needs to see the latest of them.
            if (!sight || holds_expression(member.value)) sight.emplace([&scope] { return scope.workflow(); }, [map, &member](Error& error) { explain_later_var(error, *map, member); });
            cel::Template value = expressions_.value(member.value, *sight);
            scope.add_var(member.key.text, type_of(value), value.tainted());
            plan_.vars.push_back({member.key.text, std::move(value)});
        }
    }

    /// "no such field 'b' in vars" → it is there, but not yet.
    static void explain_later_var(Error& error, Node const& map, yaml::Member const& self) {
        if (!error.message.ends_with(" in vars")) return;
        for (yaml::Member const* later = &self; later != map.members.data() + map.members.size(); ++later) {
            if (error.message.find("'" + later->key.text + "'") == std::string::npos) continue;
            error.hint = later == &self ? "a var cannot see itself" : "a var sees only those above it: move '" + later->key.text + "' up";
            return;
        }
    }

    void read_env(Scope& scope) {
        Node const* map = fields_.find("env");
        if (!map) return;
        Sight sight([&scope] { return scope.workflow(); });
        plan_.env = read_environment(reader_, expressions_, *map, sight, "env");
        for (NamedTemplate const& variable : plan_.env) scope.add_env(variable.name, variable.value.tainted());
    }

    void read_guards(Scope& scope) {
        Sight condition([&scope] {
            cel::Environment environment = scope.workflow();
            environment.expect(cel::Type::Kind::boolean);
            return environment;
        }, [](Error& error) {
            if (error.message == "unknown name 'steps'") error.hint = "a workflow's 'if' sees no steps: it is judged before they begin";
            for (std::string_view const name : status_functions)
                if (error.message == "unknown function '" + std::string(name) + "'") error.hint = std::string(name) + "() is for 'if' of a step only: before the steps there is nothing to ask for";
        });
        if (Node const* node = fields_.find("if")) plan_.condition = expressions_.bare(*node, condition, "if");
        if (Node const* node = fields_.find("concurrency")) plan_.concurrency = read_concurrency(*node, scope);
    }

    ConcurrencyPlan read_concurrency(Node const& node, Scope& scope) {
        Fields const fields = reader_.read_map(node, Place::concurrency);
        ConcurrencyPlan plan;
        Sight sight([&scope] { return scope.workflow(); });
        if (Node const* group = fields.find("group")) {
            plan.group = expressions_.pasted(*group, sight);
            if (trim(group->text).empty()) reader_.error(code::invalid_value, group->where, "'group' is empty");
        }
        plan.limit = static_cast<int>(fields.integer("limit").value_or(plan.limit));
        plan.on_conflict = fields.choice("on_conflict", plan.on_conflict);
        plan.max_queued = static_cast<int>(fields.integer("max_queued").value_or(plan.max_queued));
        plan.on_full = fields.choice("on_full", plan.on_full);
        return plan;
    }

    void read_steps(std::vector<Node const*> const& nodes, StepDefaults const& defaults) {
        drafts_.reserve(nodes.size());
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            StepPlan& step = plan_.steps[i];
            drafts_.push_back(step.undoes ? read_undo(reader_, *nodes[i], plan_.steps[*step.undoes], defaults, plan_.env, step)
                                          : read_step(reader_, *nodes[i], step.section, defaults, plan_.env, step));
        }
    }

    void compile_steps(Scope& scope, StepOrder const& order) {
        for (StepIndex const index : order.order) {
            StepPlan& step = plan_.steps[index];
            StepSet const* visible = order.broken[index] ? nullptr : &order.visible[index];
            auto const explain_retry = [this, visible, &step](Error& error) {
                explain_hidden_step(error, visible, step);
                explain_attempt_field(error);
            };
            auto const explain = [this, visible, &step](Error& error) { explain_hidden_step(error, visible, step); };
            auto const explain_early = [&explain](Error& error) {
                explain(error);
                explain_item(error);
            };
            auto const explain_if = [&explain_early](Error& error) {
                explain_early(error);
                explain_status_function(error);
            };
            StepSight sight{.values = Sight([&scope, visible, index] { return scope.values_of(index, visible); }, explain),
                            .condition = Sight([&scope, visible, &step] { return scope.condition(visible, step.section); }, explain_if),
                            .retry = Sight([&scope, visible, index] { return scope.retry(index, visible); }, explain_retry),
                            .arm = Sight([&scope, visible, &step] { return scope.arm(visible, step.section); }, explain),
                            .items = Sight([&scope, visible, &step] { return scope.values(visible, step.section); }, explain_early)};
            compile_fan_out(reader_, expressions_, drafts_[index], sight.items, step);
            scope.set_items(index, items_of(step));
            compile_step(reader_, expressions_, drafts_[index], sight, step);
            if (auto type = outputs_type(step)) scope.set_outputs(index, *std::move(type));
        }
    }

    /// "no such field 'outputs' in steps.upload" → it has those of each item.
    void explain_items(Error& error) const {
        constexpr std::string_view start = "no such field 'outputs' in steps.";
        if (error.message.starts_with(start)) {
            std::string const id = error.message.substr(start.size());
            error.hint = "it runs once an item: steps." + id + ".items.map(i, i.outputs)";
        }
        constexpr std::string_view of_list = ".items is list(";
        if (std::size_t const path = error.message.find("': steps."), list = error.message.find(of_list); path != std::string::npos && list != std::string::npos) {
            std::string const items = error.message.substr(path + 3, list + 6 - path - 3), field = error.message.substr(15, path - 15);
            error.hint = "it is a list with an entry for each item: " + items + ".map(i, i." + field + "), or " + items + ".all(i, i." + field + " …)";
        }
        for (std::string_view const name : {"item", "matrix"})
            if (error.message == "unknown name '" + std::string(name) + "'")
                error.hint = name == "item" ? "only a step with 'foreach' has an item" : "only a step with 'matrix' has one";
    }

    /// `if: failure`, `if: success('a')`.
    static void explain_status_function(Error& error) {
        for (std::string_view const function : status_functions) {
            std::string const name(function);
            if (error.message == "unknown name '" + name + "'") error.hint = "write " + name + "()";
            if (error.message == "unknown function '" + name + "'") error.hint = name + "() takes nothing between its brackets; of one step ask steps.ID.status == 'succeeded'";
        }
    }

    /// What decides whether and for what a step runs sees no item of it.
    static void explain_item(Error& error) {
        for (std::string_view const name : {"item", "matrix"})
            if (error.message == "unknown name '" + std::string(name) + "'")
                error.hint = "'if', 'foreach' and 'matrix' are judged once, before there are items; filter the list: foreach: LIST.filter(x, …)";
    }

    /// "no such field 'dump' in steps" → the step exists, but this one does not wait for it.
    void explain_hidden_step(Error& error, StepSet const* visible, StepPlan const& step) const {
        for (std::string_view const name : status_functions)
            if (error.message == "unknown function '" + std::string(name) + "'") error.hint = std::string(name) + "() is for 'if' of a step only";
        explain_items(error);
        if (!visible || !error.message.ends_with(" in steps")) return;
        if (error.hint == "it has no fields") error.hint = "this step waits for no other";
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            std::string const& id = plan_.steps[i].id;
            if (id.empty() || visible->contains(i) || error.message.find("'" + id + "'") == std::string::npos) continue;
            if (&plan_.steps[i] == &step) error.hint = "a step cannot see itself";
            else if (plan_.steps[i].section == step.section) error.hint = "step '" + step.id + "' does not wait for '" + id + "': add it to its needs";
            else error.hint = "'" + id + "' is a handler of another list";
            return;
        }
    }

    void read_outputs(Scope& scope) {
        Node const* map = fields_.find("outputs");
        if (!map || !reader_.within(map->members.size(), entries_max, *map, "outputs")) return;
        Sight sight([&scope] { return scope.outputs(); });
        for (yaml::Member const& member : map->members)
            if (good_name(member.key, "an output")) plan_.outputs.push_back({member.key.text, expressions_.value(member.value, sight)});
    }

    bool good_name(Node const& key, std::string_view of) {
        if (is_identifier(key.text)) return true;
        if (!reader_.refuse_expression(key, "a key"))
            reader_.error(code::invalid_name, key.where, quotation(key.text) + " is no name for " + std::string(of),
                          "names have lower-case letters, digits and '_', and begin with a letter");
        return false;
    }

    Reader& reader_;
    Definitions const& definitions_;
    Expressions expressions_;
    Fields fields_;
    Plan plan_;
    std::vector<StepDraft> drafts_;
};

}  // namespace

std::shared_ptr<Plan const> read_workflow(Reader& reader, Node const& root, Definitions const& definitions, std::vector<ConditionUse>& uses) {
    std::size_t const errors_before = reader.error_count();
    WorkflowReader workflow(reader, root, definitions);
    std::shared_ptr<Plan const> plan = workflow.run();
    uses = workflow.conditions();
    return reader.error_count() == errors_before ? plan : nullptr;
}

void read_project(Reader& reader, Node const& root) {
    Fields const fields = reader.read_map(root, Place::project);
    check_object_name(reader, fields, "project");
    fields.integer("language");
    read_labels(reader, fields);
    if (Node const* exclude = fields.find("exclude")) reader.texts(*exclude, "exclude");
}

}  // namespace pawl::flow
