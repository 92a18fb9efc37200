#include "daemon/core/context.h"

#include "common/base/text.h"
#include "daemon/core/keep.h"

namespace pawl {
namespace {

Json outputs_of(StepRow const& step) { return step.outputs.is_null() ? Json(JsonMap{}) : step.outputs; }

Json item_value(StepRow const& row) {
    JsonMap map;
    map.append("item", row.item);
    map.append("status", name_of(row.state));
    map.append("reason", name_of(row.reason));
    map.append("outputs", outputs_of(row));
    map.append("exit_code", row.exit_code ? Json(*row.exit_code) : Json());
    return map;
}

Json items_value(Run const& run, flow::StepIndex index) {
    JsonList list;
    auto const items = run.items.find(index);
    if (items == run.items.end()) return list;
    list.reserve(items->second.count);
    for (std::size_t i = 0; i < items->second.count; ++i) list.emplace_back(item_value(run.steps[items->second.first + i]));
    return list;
}

Json step_value(Run const& run, flow::StepIndex index) {
    StepRow const& step = run.steps[index];
    JsonMap map;
    map.append("status", name_of(step.state));
    map.append("reason", name_of(step.reason));
    if (run.plan->steps[index].fan_out) map.append("items", items_value(run, index));
    else map.append("outputs", outputs_of(step));
    map.append("exit_code", step.exit_code ? Json(*step.exit_code) : Json());
    map.append("attempts", step.attempts);
    map.append("started_at", step.started_at ? Json(format_utc(*step.started_at)) : Json());
    map.append("ended_at", step.ended_at ? Json(format_utc(*step.ended_at)) : Json());
    bool const ran = step.started_at && step.ended_at;
    map.append("duration", format_duration(ran ? *step.ended_at - *step.started_at : Duration{0}));
    map.append("cached", is_cached(step));
    return map;
}

bool ended_badly(flow::StepPlan const& plan, StepRow const& step) {
    switch (step.state) {
    case StepState::failed:
    case StepState::lost: return !plan.continue_on_error;
    case StepState::cancelled: return true;
    case StepState::skipped: return step.reason == Reason::upstream || step.reason == Reason::cancelled;
    case StepState::pending:
    case StepState::queued:
    case StepState::running:
    case StepState::waiting:
    case StepState::stopping:
    case StepState::succeeded: return false;
    }
    return false;
}

/// Follows "steps.dump.outputs.size" into a document; null when the path ends early.
Json const* at_path(Json const* value, std::string_view path) {
    while (value != nullptr && !path.empty()) {
        std::size_t const dot = path.find('.');
        value = value->find(path.substr(0, dot));
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return value;
}

}  // namespace

RunValues::RunValues(Run& run, UtcTime now, std::optional<flow::StepIndex> index) : run_(run), now_(now), index_(index) {}

Json const* RunValues::variable(std::string_view name) const {
    if (name == "inputs") return &run_.data.inputs;
    if (name == "vars") return &run_.data.vars;
    if (name == "event") return &run_.data.event;
    if (name == "env") return make_env();
    if (name == "steps") return make_steps();
    if (name == "item" || name == "matrix") return item();
    if (name == "run") {
        if (!run_value_) run_value_ = make_run();
        return &*run_value_;
    }
    if (name == "trigger") {
        if (!trigger_) {
            JsonMap map;
            map.append("id", "manual");
            map.append("type", run_.data.event.text("type", "manual"));
            map.append("scheduled_at", format_utc(run_.row.created_at));
            map.append("fired_at", format_utc(run_.row.created_at));
            map.append("catch_up", false);
            trigger_ = Json(std::move(map));
        }
        return &*trigger_;
    }
    if (name == "now") {
        if (!now_value_) now_value_ = Json(format_utc(now_));
        return &*now_value_;
    }
    if (name == "step") return step_ ? &*step_ : nullptr;
    return nullptr;
}

/// Who undoes an item sees the outputs of that item, as if the step had run for it alone.
Json const* RunValues::make_steps() const {
    if (!run_.steps_seen) {
        run_.steps_seen = Json(JsonMap{});
        for (std::size_t i = 0; i < run_.plan->steps.size(); ++i)
            if (is_final(run_.steps[i].state)) run_.steps_seen->as_map().append(run_.steps[i].id, step_value(run_, static_cast<flow::StepIndex>(i)));
    }
    if (!index_ || !run_.steps[*index_].item_of) return &*run_.steps_seen;
    std::optional<flow::StepIndex> const undone = plan_of(run_, *index_).undoes;
    if (!undone) return &*run_.steps_seen;
    if (!steps_) {
        steps_ = *run_.steps_seen;
        StepRow const& row = run_.steps[run_.items.at(*undone).first + static_cast<std::size_t>(run_.steps[*index_].item_number)];
        Json value = item_value(row);
        steps_->set(run_.plan->steps[*undone].id, std::move(value));
    }
    return &*steps_;
}

Json const* RunValues::item() const {
    bool const is_item = index_ && run_.steps[*index_].item_of;
    return is_item ? &run_.steps[*index_].item : nullptr;
}

Json RunValues::make_run() const {
    RunRow const& row = run_.row;
    JsonMap labels;
    for (auto const& [key, value] : run_.plan->labels) labels.append(key, value);
    JsonMap map;
    map.append("id", row.id.value);
    map.append("workflow", run_.workflow);
    map.append("version", run_.version_number);
    map.append("labels", std::move(labels));
    map.append("scheduled_at", format_utc(row.created_at));
    map.append("created_at", format_utc(row.created_at));
    map.append("started_at", format_utc(row.started_at.value_or(row.created_at)));
    map.append("attempt", row.number_of_try);
    map.append("retry_of", row.retry_of.value);
    bool const decided = row.state == RunState::finishing;
    map.append("status", decided ? name_of(row.outcome) : name_of(row.state));
    map.append("reason", name_of(row.reason));
    map.append("failed_step", row.failed_step);
    return map;
}

Json const* RunValues::make_env() const {
    if (env_) return &*env_;
    if (env_error_) return nullptr;
    JsonMap map;
    for (flow::NamedTemplate const& entry : run_.plan->env) {
        Result<std::string> value = entry.value.eval_text(*this);
        if (!value) {
            env_error_ = value.error();
            return nullptr;
        }
        map.set(entry.name, std::move(*value));
    }
    env_ = Json(std::move(map));
    return &*env_;
}

bool RunValues::status(std::string_view name) const {
    if (name == "always") return true;
    flow::Section const section = index_ ? plan_of(run_, *index_).section : flow::Section::steps;
    bool const stopping = is_being_stopped(run_, section);
    if (name == "cancelled") return stopping;
    if (name == "success") return !index_ || !needs_ended_badly(run_, *index_);
    if (name == "failure") return index_ && !stopping && needs_failed(run_, *index_);
    return false;
}

bool needs_ended_badly(Run const& run, flow::StepIndex index) {
    for (flow::StepIndex need : run.plan->steps[index].needs)
        if (ended_badly(run.plan->steps[need], run.steps[need])) return true;
    return false;
}

bool needs_failed(Run const& run, flow::StepIndex index) {
    // Skipped steps hand on why they were skipped. A visit a step: diamonds would make a plain recursion exponential.
    std::vector<bool> seen(run.steps.size());
    std::vector<flow::StepIndex> open{index};
    while (!open.empty()) {
        flow::StepIndex const at = open.back();
        open.pop_back();
        for (flow::StepIndex need : run.plan->steps[at].needs) {
            if (seen[need]) continue;
            seen[need] = true;
            StepRow const& row = run.steps[need];
            bool const failed = row.state == StepState::failed || row.state == StepState::lost;
            if (failed && !run.plan->steps[need].continue_on_error) return true;
            if (row.state == StepState::skipped && row.reason == Reason::upstream) open.push_back(need);
        }
    }
    return false;
}

bool is_being_stopped(Run const& run, flow::Section section) {
    return section == flow::Section::steps ? run.row.state == RunState::stopping : run.row.stop_handlers;
}

Json values_read(cel::Program const& program, cel::Activation const& values) {
    constexpr std::size_t text_max = 200;
    JsonMap map;
    for (std::string const& path : program.reads()) {
        std::size_t const dot = path.find('.');
        Json const* root = values.variable(std::string_view(path).substr(0, dot));
        Json const* found = dot == std::string::npos ? root : at_path(root, std::string_view(path).substr(dot + 1));
        if (found == nullptr) continue;
        std::string text = found->is_string() ? found->as_string() : std::string();
        if (text.size() > text_max) map.set(path, std::string(take_characters(text, text_max)) + "…");
        else if (found->is_list() || found->is_map()) map.set(path, std::string(take_characters(dump_json(*found), text_max)));
        else map.set(path, *found);
    }
    return map;
}

void note_step_seen(Run& run, flow::StepIndex index) {
    if (run.steps_seen) run.steps_seen->as_map().set(run.steps[index].id, step_value(run, index));
}

}  // namespace pawl
