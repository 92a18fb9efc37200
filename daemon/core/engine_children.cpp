// Runs that are started by steps of other runs: which version they are of, how they are made, and what their ends tell their parents.
#include <algorithm>
#include <deque>

#include "common/base/crash_point.h"
#include "common/base/text.h"
#include "common/flow/interface.h"
#include "common/flow/sub_workflow.h"
#include "daemon/core/carry.h"
#include "daemon/core/engine.h"
#include "daemon/core/keep.h"

namespace pawl {
namespace {

/// The CloudEvent behind a run that a step started.
Json call_event(Run const& parent, flow::StepIndex step, RunId child, UtcTime now) {
    JsonMap data{{"run", parent.row.id.value}, {"workflow", parent.workflow}, {"step", parent.steps[step].id}};
    JsonMap event{{"specversion", "1.0"}, {"id", "run-" + std::to_string(child.value)}, {"source", "pawl"}, {"type", "workflow.call"}};
    event.append("time", format_utc(now));
    event.append("data", std::move(data));
    return event;
}

}  // namespace

/// The active versions of all workflows that a plan leads to: a run goes on with those, whatever is deployed meanwhile. `own`: versions
/// made for this run alone, which go first.
Json Engine::pin(flow::Plan const& plan, std::map<std::string, VersionRow> const& own) const {
    JsonMap pinned;
    std::vector<std::string> const used = flow::used_workflows(plan);
    std::deque<std::string> open(used.begin(), used.end());
    while (!open.empty()) {
        std::string const name = std::move(open.front());
        open.pop_front();
        if (pinned.find(name) != nullptr) continue;
        auto const mine = own.find(name);
        std::optional<VersionRow> const version = mine != own.end() ? mine->second : active_version(name);
        if (!version) continue;  // the step that uses it tells
        pinned.append(name, version->id.value);
        for (std::string_view const next : flow::words(version->uses)) open.emplace_back(next);
    }
    return pinned.empty() ? Json() : Json(std::move(pinned));
}

/// The run that a step waits for is made when its plan is at hand.
void Engine::want_child(Run const& run, flow::StepIndex step) {
    auto const& action = std::get<flow::WorkflowAction>(plan_of(run, step).action);
    VersionId const version{run.data.pinned.is_map() ? run.data.pinned.number(action.workflow) : 0};
    if (!version) {
        later_.emplace_back(run.row.id, RunChildRefused{step, Reason::child, "there was no workflow '" + action.workflow + "' when the run was made"});
        return;
    }
    RunId const former = run.steps[step].former_child;
    std::vector<std::pair<RunId, flow::StepIndex>>& waiting = waiting_for_plan_[{version, former}];
    std::pair const who{run.row.id, step};
    if (std::ranges::find(waiting, who) != waiting.end()) return;  // recovery let it begin, and then found it waiting
    if (waiting.empty()) effects_.emplace_back(LoadPlan{version, former});
    waiting.push_back(who);
}

void Engine::on(PlanLoaded const& loaded) {
    auto const found = waiting_for_plan_.extract({loaded.version.id, loaded.former_id});
    if (found.empty()) return;  // told before
    loaded_ = &loaded;
    for (auto const& [id, step] : found.mapped()) {
        auto const run = runs_.find(id);
        if (run == runs_.end()) continue;
        if (loaded.plan) tell(*run->second, RunChildReady{step});
        else tell(*run->second, RunChildRefused{step, Reason::child, loaded.message});
    }
    loaded_ = nullptr;
}

/// What forbids a run below this one; its group is known.
std::optional<RunChildRefused> Engine::refusal_of_child(Run const& parent, flow::StepIndex step, Run const& child) const {
    int depth = 0;
    for (Run const* above = &parent; above != nullptr; ++depth) {
        if (!child.row.group.empty() && above->row.group == child.row.group)
            return RunChildRefused{step, Reason::concurrency, "its group '" + child.row.group + "' is that of run " + std::to_string(above->row.id.value) + ", which waits for it: it would never begin"};
        auto const next = runs_.find(above->row.parent);
        above = next == runs_.end() ? nullptr : &next->second->run;
    }
    if (depth > flow::sub_workflow_depth_max)
        return RunChildRefused{step, Reason::limit, "workflows that use each other are at most " + std::to_string(flow::sub_workflow_depth_max) + " deep"};
    return std::nullopt;
}

/// What the run begins with: the given inputs, or all that the run before it has achieved.
Status Engine::fill_child(Run& child, Run const& parent, flow::StepIndex step, Json const& inputs) {
    StoredRun const* former = loaded_->former.get();
    bool const goes_on = former != nullptr && is_final(former->run.state) && former->run.workflow_version == child.row.workflow_version && former->run.state != RunState::succeeded;
    if (goes_on && carry_over(child, *former, "")) {
        if (!child.data.vars.is_map() || child.data.vars.as_map().size() != child.plan->vars.size()) (void)prepare_new_run(child, now_);
        return Done{};
    }
    flow::Bound bound = flow::bind_inputs(child.plan->inputs, inputs);
    if (has_errors(bound.diagnostics)) return bound.diagnostics.front();
    child.data.inputs = std::move(bound.values);
    child.data.event = call_event(parent, step, child.row.id, now_);
    if (parent.data.event.flag(no_cache_attribute)) child.data.event.set(std::string(no_cache_attribute), true);
    (void)prepare_new_run(child, now_);  // a failure is in the run's message and ends it when it is admitted
    return Done{};
}

void Engine::start_child(Entry& parent, StartChild const& start) {
    ASSERT(loaded_ != nullptr);
    RunId const id = parent.run.row.id;
    auto const refuse = [&](Reason reason, std::string message) { later_.emplace_back(id, RunChildRefused{start.step, reason, std::move(message)}); };
    if (runs_.size() >= options_.runs_max) return refuse(Reason::limit, "there are " + std::to_string(runs_.size()) + " live runs, which is the limit");
    Identity const who{.uid = parent.run.row.uid};
    Entry& child = new_run(loaded_->plan, loaded_->version, loaded_->workflow, who);
    RunId const child_id = child.run.row.id;
    child.run.row.parent = id;
    child.run.row.parent_step = start.step;
    child.run.data.pinned = parent.run.data.pinned;
    auto const discard = [&] {
        runs_.erase(child_id);
        --last_run_;
    };
    if (Status const filled = fill_child(child.run, parent.run, start.step, start.inputs); !filled) {
        discard();
        return refuse(Reason::child, "workflow '" + loaded_->workflow + "' does not take this: " + filled.error().message);
    }
    if (std::optional<RunChildRefused> refused = refusal_of_child(parent.run, start.step, child.run)) {
        discard();
        later_.emplace_back(id, std::move(*refused));
        return;
    }
    std::optional<Error> const refused = admit(child);
    if (!refused) return tell(parent, RunChildStarted{start.step, child_id});  // at once: a cancel that is told later must find it
    bool const skips = child.run.plan->concurrency->on_conflict == flow::OnConflict::skip;
    discard();
    refuse(skips ? Reason::condition : Reason::concurrency, refused->message);
}

/// An ended run tells the one whose step started it.
void Engine::tell_parent(Run const& child) {
    if (!child.row.parent || PAWL_MUTANT("child_end_untold")) return;
    bool const was_lost = child.row.reason == Reason::lost && !child.row.failed_step.empty();
    std::string message = was_lost ? "its step '" + child.row.failed_step + "' was lost: " + child.row.message : child.row.message;
    later_.emplace_back(child.row.parent, RunChildEnded{child.row.parent_step, child.row.id, child.row.state, std::move(message), child.data.outputs});
}

/// Runs speak to each other when the one that spoke is done, still in the same turn: what belongs together is stored together.
void Engine::tell_later() {
    while (!later_.empty()) {
        auto const [id, event] = std::move(later_.front());
        later_.pop_front();
        if (auto const found = runs_.find(id); found != runs_.end()) tell(*found->second, event);
    }
}

/// Active workflows that a change of the catalogue would leave without one that they use: {user, used}.
std::optional<std::pair<std::string, std::string>> Engine::first_left_alone(std::set<std::string> const& gone, std::map<std::string, std::string> const& fresh_uses) const {
    for (auto const& [name, entry] : workflows_) {
        if (!entry.row.active || gone.contains(name)) continue;
        auto const fresh = fresh_uses.find(name);
        for (std::string_view const used : flow::words(fresh == fresh_uses.end() ? std::string_view(entry.active.uses) : std::string_view(fresh->second)))
            if (gone.contains(std::string(used))) return std::pair{name, std::string(used)};
    }
    return std::nullopt;
}

}  // namespace pawl
