// The types behind the contexts. Those that do not depend on the workflow are built once.
#include "common/flow/scope.h"

#include "common/calendar/zones.h"
#include "common/cel/held.h"
#include "common/flow/expressions.h"

namespace pawl::flow {
namespace {

using cel::Type;
using Kind = cel::Type::Kind;

std::vector<Type::Field> run_fields() {
    return {{"id", Kind::integer},         {"workflow", Kind::string},
            {"version", Kind::integer},    {"labels", Type::map(Kind::string, Kind::string)},
            {"scheduled_at", Kind::timestamp}, {"created_at", Kind::timestamp},
            {"started_at", Kind::timestamp}, {"attempt", Kind::integer},
            {"retry_of", Kind::integer}};
}

Type const& run_type() {
    static Type const type = Type::object("run", run_fields());
    return type;
}

/// What handlers and outputs see: the run as it has ended.
Type const& ended_run_type() {
    static Type const type = [] {
        std::vector<Type::Field> fields = run_fields();
        for (char const* name : {"status", "reason", "failed_step"}) fields.push_back({name, Kind::string});
        return Type::object("run", std::move(fields));
    }();
    return type;
}

Type const& event_type() {
    static Type const type = Type::object("event", {{"id", Kind::string}, {"source", Kind::string}, {"type", Kind::string},
                                                    {"time", Kind::timestamp}, {"subject", Kind::string}, {"data", Kind::dyn}});
    return type;
}

Type const& trigger_type() {
    static Type const type = Type::object("trigger", {{"id", Kind::string}, {"type", Kind::string},
                                                      {"scheduled_at", Kind::timestamp}, {"fired_at", Kind::timestamp},
                                                      {"catch_up", Kind::boolean}});
    return type;
}

/// `step`, the failed attempt that retry.if judges.
Type const& failed_attempt_type() {
    static Type const type = Type::object("step", {{"exit_code", Kind::integer}, {"signal", Kind::integer}, {"timed_out", Kind::boolean},
                                                   {"attempt", Kind::integer}, {"reason", Kind::string}, {"status", Kind::integer}});
    return type;
}

/// `own`: outputs, or the items of a step that has them.
Type step_type(std::string const& id, Type::Field own) {
    return Type::object("steps." + id, {{"status", Kind::string}, {"reason", Kind::string}, std::move(own),
                                        {"exit_code", Kind::integer}, {"attempts", Kind::integer}, {"cached", Kind::boolean},
                                        {"started_at", Kind::timestamp}, {"ended_at", Kind::timestamp}, {"duration", Kind::duration}});
}

Type inputs_type(std::vector<Declaration> const& inputs) {
    std::vector<Type::Field> fields;
    fields.reserve(inputs.size());
    for (Declaration const& input : inputs)
        fields.push_back({input.name, input.cel_type(), input.optional && !input.default_value});
    return Type::object("inputs", std::move(fields));
}

bool is_handler(Section section) { return section != Section::steps; }

void add_status_functions(cel::Environment& environment) {
    for (char const* name : {"success", "failure", "cancelled", "always"}) environment.status_function(name);
    environment.expect(Kind::boolean);
}

}  // namespace

cel::ZoneResolver const& zones() {
    static calendar::Zones const of_this_machine;
    return of_this_machine;
}

Scope::Scope(Plan const& plan) : plan_(plan), inputs_(inputs_type(plan.inputs)), items_(plan.steps.size()), outputs_(plan.steps.size()), step_types_(plan.steps.size()) {}

cel::Environment Scope::workflow(bool ended) {
    cel::Environment environment;
    environment.variable("inputs", inputs_, true)
        .variable("vars", Type::object("vars", vars_), vars_tainted_)
        .variable("run", ended ? ended_run_type() : run_type())
        .variable("trigger", trigger_type())
        .variable("event", event_type(), true)
        .variable("now", Kind::timestamp)
        .zones(zones())
        .library(cel::held_library());
    return environment;
}

void Scope::add_var(std::string name, Type type, bool tainted) {
    vars_.push_back({std::move(name), std::move(type)});
    vars_tainted_ = vars_tainted_ || tainted;
}

void Scope::add_env(std::string name, bool tainted) {
    env_.push_back({std::move(name), Kind::string});
    env_tainted_ = env_tainted_ || tainted;
}

void Scope::set_outputs(StepIndex step, Type type) {
    outputs_[step] = std::move(type);
    last_set_.reset();
}

Type Scope::outputs_of(StepIndex step) const { return outputs_[step] ? *outputs_[step] : Type::map(Kind::string, Kind::string); }

/// One of `steps.ID.items`.
Type Scope::item_type(StepIndex step) const {
    ItemTypes const& sight = items_[step];
    Type item = sight.matrix ? *sight.matrix : sight.item ? *sight.item : Type(Kind::dyn);
    return Type::object("steps." + plan_.steps[step].id + ".items", {{"item", std::move(item)}, {"status", Kind::string}, {"reason", Kind::string},
                                                                     {"outputs", outputs_of(step)}, {"exit_code", Kind::integer}});
}

Type Scope::type_of_step(StepIndex step) const {
    std::string const& id = plan_.steps[step].id;
    if (plan_.steps[step].fan_out) return step_type(id, {"items", Type::list(item_type(step))});
    return step_type(id, {"outputs", outputs_of(step)});
}

Type Scope::steps_type(StepSet const& visible) {
    if (last_set_ && *last_set_ == visible) return last_steps_;
    std::vector<Type::Field> fields;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
        if (!visible.contains(i)) continue;
        if (!step_types_[i]) step_types_[i] = type_of_step(static_cast<StepIndex>(i));
        fields.push_back({plan_.steps[i].id, *step_types_[i]});
    }
    last_steps_ = Type::object("steps", std::move(fields));
    last_set_ = visible;
    return last_steps_;
}

cel::Environment Scope::defaults(bool ended) {
    cel::Environment environment = workflow(ended);
    environment.variable("env", Type::object("env", env_), env_tainted_);
    return environment;
}

cel::Environment Scope::defaults_retry() {
    cel::Environment environment = defaults();
    environment.variable("step", failed_attempt_type()).expect(Kind::boolean);
    return environment;
}

cel::Environment Scope::values(StepSet const* visible, Section section) {
    std::optional<cel::Environment>& base = bases_[is_handler(section) ? 1 : 0];
    if (!base) base = defaults(is_handler(section));
    cel::Environment environment = *base;
    environment.variable("steps", visible ? steps_type(*visible) : Type(Kind::dyn), true);
    return environment;
}

cel::Environment Scope::condition(StepSet const* visible, Section section) {
    cel::Environment environment = values(visible, section);
    add_status_functions(environment);
    return environment;
}

/// Who takes back an item sees the step as if it had run for that item alone.
cel::Environment Scope::values_of(StepIndex step, StepSet const* visible) {
    StepPlan const& plan = plan_.steps[step];
    StepIndex const with_items = plan.undoes.value_or(step);
    if (!plan_.steps[with_items].fan_out) return values(visible, plan.section);
    ItemTypes const& sight = items_[with_items];
    cel::Environment environment = values(visible, plan.section);
    if (sight.item) environment.variable("item", *sight.item, sight.tainted);
    if (sight.matrix) environment.variable("matrix", *sight.matrix, sight.tainted);
    if (!plan.undoes || !visible) return environment;
    std::vector<Type::Field> fields = steps_type(*visible).fields();
    for (Type::Field& field : fields)
        if (field.name == plan_.steps[with_items].id) field.type = item_type(with_items);
    environment.variable("steps", Type::object("steps", std::move(fields)), true);
    return environment;
}

cel::Environment Scope::retry(StepIndex step, StepSet const* visible) {
    cel::Environment environment = values_of(step, visible);
    environment.variable("step", failed_attempt_type()).expect(Kind::boolean);
    return environment;
}

cel::Environment Scope::arm(StepSet const* visible, Section section) {
    cel::Environment environment = values(visible, section);
    environment.expect(Kind::boolean);
    return environment;
}

cel::Environment Scope::outputs() {
    StepSet all(plan_.steps.size());
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
        if (plan_.steps[i].section == Section::steps) all.insert(i);
    return values(&all, Section::finally);
}

cel::Environment Scope::expectations() {
    StepSet all(plan_.steps.size());
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) all.insert(i);
    std::vector<Type::Field> outputs;
    for (NamedTemplate const& output : plan_.outputs) outputs.push_back({output.name, type_of(output.value)});
    cel::Environment environment;
    environment.variable("status", Kind::string)
        .variable("reason", Kind::string)
        .variable("outputs", Type::object("outputs", std::move(outputs)))
        .variable("steps", steps_type(all))
        .variable("run", ended_run_type())
        .variable("inputs", inputs_)
        .variable("vars", Type::object("vars", vars_))
        .variable("notifications", Kind::integer)
        .zones(zones());
    return environment;
}

}  // namespace pawl::flow
