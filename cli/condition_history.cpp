#include "cli/condition_history.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/decision.h"
#include "common/base/text.h"
#include "common/flow/scope.h"

namespace pawl::cli {
namespace {

using flow::WrittenUse;

/// What is given for parameters may name anything. Types are left to the values: they are those that were there.
cel::Environment argument_environment() {
    cel::Environment environment;
    for (char const* name : {"inputs", "vars", "env", "steps", "run", "trigger", "event", "step", "params"}) environment.variable(name, cel::Type());
    environment.variable("now", cel::Type::Kind::timestamp).zones(flow::zones()).strictness({.types = false, .division = false, .folding = true});
    return environment;
}

/// Adds the places of a text, or of the texts in a value, that use a condition.
void collect_places(Json const& value, std::string const& place, std::set<std::string>& places) {
    if (value.is_string() && value.as_string().find("conditions.") != std::string::npos) places.insert(place);
    if (value.is_list())
        for (Json const& item : value.as_list()) collect_places(item, place, places);
    if (value.is_map())
        for (auto const& [key, member] : value.as_map()) collect_places(member, place + "." + key, places);
}

/// The keys of a step whose values are recorded.
bool is_recorded(std::string const& key) { return key == "if" || key == "switch" || key == "retry" || key == "undo"; }

void collect_unrecorded(Json const& model, std::string const& workflow, std::set<std::string>& places) {
    for (auto const& [key, value] : model.as_map()) {
        if (key == "conditions") continue;
        if (!value.is_list()) {
            collect_places(value, workflow + ": " + key, places);
            continue;
        }
        for (Json const& step : value.as_list()) {
            if (!step.is_map()) continue;
            for (auto const& [step_key, member] : step.as_map())
                if (!is_recorded(step_key)) collect_places(member, workflow + ": " + step.text("id") + "." + step_key, places);
        }
    }
}

std::optional<UtcTime> time_of(Json const& run, Json const& step) {
    for (char const* key : {"queued_at", "started_at", "ended_at"})
        if (auto const time = parse_utc(step.text(key))) return time;
    return parse_utc(run.text("created_at"));
}

/// The values of a use's parameters. Nothing when the record does not tell.
std::optional<Json> params_of(flow::Condition const& condition, WrittenUse const& use, cel::Activation const& values) {
    static cel::Environment const environment = argument_environment();
    JsonMap params;
    for (flow::Declaration const& param : condition.params) {
        auto const given = std::ranges::find(use.arguments, param.name, &std::pair<std::string, std::string>::first);
        if (given == use.arguments.end()) {
            if (!param.default_value) return std::nullopt;
            params.append(param.name, *param.default_value);
            continue;
        }
        auto const compiled = cel::compile({given->second, {}}, environment);
        if (!compiled.program || compiled.program->calls_status_function()) return std::nullopt;
        auto value = compiled.program->eval(values);
        if (!value) return std::nullopt;
        params.append(param.name, std::move(*value));
    }
    return Json(std::move(params));
}

}  // namespace

/// One decision about a step, as it was recorded.
struct ConditionHistory::Decision {
    std::string workflow;
    std::int64_t version = 0;
    std::string place;
    std::optional<UtcTime> at;
    bool is_whole = true;   ///< nothing of the record was shortened
};

void ConditionHistory::add_step(Version& version, Json const& step, std::string const& id) {
    auto& places = version.by_step[id];
    auto const add = [&](std::string const& key, std::string const& record, std::string const& text) {
        for (WrittenUse& use : flow::written_uses(text)) places.push_back({id + "." + key, record, std::move(use)});
    };
    add("if", "if", step.text("if"));
    if (Json const* retry = step.find("retry")) add("retry.if", "retry.if", retry->text("if"));
    if (Json const* arms = step.find("switch"); arms != nullptr && arms->is_list()) {
        std::size_t number = 0;
        for (Json const& arm : arms->as_list()) add("switch[" + std::to_string(number++) + "].when", "when", arm.text("when"));
    }
    if (Json const* undo = step.find("undo"); undo != nullptr && undo->is_map()) add_step(version, *undo, id + ".undo");
}

void ConditionHistory::add_version(std::string const& workflow, std::int64_t number, Json const& model) {
    Version version;
    if (Json const* conditions = model.find("conditions"); conditions != nullptr && conditions->is_map()) {
        version.conditions = flow::Conditions::from_model(*conditions);
        for (auto const& [name, condition] : conditions->as_map()) version.hashes[name] = sha256_hex(dump_json_canonical(condition)).substr(0, 12);
        for (auto const& [key, value] : model.as_map()) {
            if (!value.is_list()) continue;
            for (Json const& step : value.as_list())
                if (step.is_map()) add_step(version, step, step.text("id"));
        }
        std::set<std::string> places(unrecorded_.begin(), unrecorded_.end());
        collect_unrecorded(model, workflow, places);
        unrecorded_.assign(places.begin(), places.end());
    }
    versions_[{workflow, number}] = std::move(version);
}

bool ConditionHistory::uses_conditions(std::string const& workflow, std::int64_t version) const {
    auto const found = versions_.find({workflow, version});
    return found != versions_.end() && !found->second.hashes.empty();
}

ConditionFigures& ConditionHistory::figures_of(Version const& version, Decision const& decision, std::string const& condition, std::string const& via) {
    auto const hash = version.hashes.find(condition);
    std::string const text_hash = hash == version.hashes.end() ? std::string() : hash->second;
    ConditionFigures& figures = figures_[{condition, text_hash, decision.workflow, decision.place, via}];
    if (figures.condition.empty()) {
        figures.condition = condition;
        figures.hash = text_hash;
        figures.workflow = decision.workflow;
        figures.place = decision.place;
        figures.via = via;
        figures.first_version = figures.last_version = decision.version;
    }
    figures.first_version = std::min(figures.first_version, decision.version);
    figures.last_version = std::max(figures.last_version, decision.version);
    return figures;
}

/// `values`: what the arguments of the use can see, as recorded, or as the condition around it sees it.
void ConditionHistory::add_decision(Version const& version, Decision const& decision, WrittenUse const& use, Json const& values, std::string const& via) {
    ConditionFigures& figures = figures_of(version, decision, use.name, via);
    flow::Condition const* condition = version.conditions.find(use.name);
    RecordedValues const seen(values);
    auto const params = condition == nullptr || !condition->program ? std::nullopt : params_of(*condition, use, seen);
    Json const* now = seen.variable("now");
    auto const instant = now == nullptr || !now->is_string() ? std::nullopt : parse_utc(now->as_string());
    bool const needs_now = condition != nullptr && condition->program && std::ranges::find(condition->program->reads(), "now") != condition->program->reads().end();
    if (!params || !decision.is_whole || (needs_now && !instant)) {
        ++figures.unknown;
        return;
    }
    cel::Budget budget;
    std::uint64_t const steps_before = budget.steps_left;
    auto const value = condition->program->eval(flow::ConditionValues(*params, instant.value_or(UtcTime{})), budget);
    figures.costs.push_back(steps_before - budget.steps_left);
    ++(!value ? figures.error : value->as_bool() ? figures.yes : figures.no);
    if (value && value->as_bool() && decision.at && (!figures.last_true || *figures.last_true < *decision.at)) figures.last_true = decision.at;

    Json inner(JsonMap{{"params", *params}});
    if (instant) inner.set("now", format_utc(*instant));
    for (WrittenUse const& other : flow::written_uses(condition->expr)) add_decision(version, decision, other, inner, use.name);
}

void ConditionHistory::add_run(Json const& run) {
    auto const version = versions_.find({run.text("workflow"), run.number("version")});
    Json const* steps = run.find("steps");
    if (version == versions_.end() || steps == nullptr || !steps->is_list()) return;
    for (Json const& step : steps->as_list()) {
        Json const* explain = step.find("explain");
        auto const uses = version->second.by_step.find(step.text("item_of", step.text("id")));
        if (explain == nullptr || uses == version->second.by_step.end() || step.flag("carried")) continue;
        for (PlacedUse const& use : uses->second) {
            Json const* values = explain->find(use.record);
            if (values == nullptr || !values->is_map()) continue;
            bool const whole = std::ranges::none_of(values->as_map(), [](auto const& member) { return is_shortened(member.second); });
            add_decision(version->second, {run.text("workflow"), run.number("version"), use.place, time_of(run, step), whole}, use.use, *values, "");
        }
    }
}

std::vector<ConditionFigures> ConditionHistory::figures() const {
    std::vector<ConditionFigures> all;
    for (auto const& [key, figures] : figures_) all.push_back(figures);
    return all;
}

}  // namespace pawl::cli
