// How a run's steps are decided, begun and ended.
#include <algorithm>

#include "daemon/core/context.h"
#include "daemon/core/machine.h"
#include "daemon/core/prepare.h"
#include "daemon/core/spec.h"
#include "daemon/core/work_spec.h"

namespace pawl {

using flow::Section;
using flow::StepIndex;
using flow::StepPlan;

void Machine::decide(StepIndex index) {
    StepPlan const& plan = plan_.steps[index];
    StepRow& row = run_.steps[index];
    if (row.state != StepState::pending) return;
    for (StepIndex need : plan.needs)
        if (!is_final(run_.steps[need].state)) return;

    bool const stopping = is_being_stopped(run_, plan.section);
    bool const asks_status = plan.condition && plan.condition->calls_status_function();
    // Stopped handlers have no say, and a cancel with `now` starts nothing at all.
    bool const runs_while_stopping = asks_status && plan.section == Section::steps && !run_.row.stop_handlers;
    if (stopping && !runs_while_stopping) return finish(index, StepState::skipped, Reason::cancelled, "the run was being stopped");
    if (!asks_status && needs_ended_badly(run_, index))
        return finish(index, StepState::skipped, Reason::upstream, "a step it needs ended badly");
    if (is_switched_off(index)) return finish(index, StepState::skipped, Reason::switched, "the switch before it went another way");
    if (plan.condition) {
        RunValues const values(run_, now_, index);
        Result<bool> const holds = plan.condition->eval_bool(values);
        JsonMap explain;
        explain.append("if", values_read(*plan.condition, values));
        row.explain = Json(std::move(explain));
        if (!holds) return fail(index, Reason::expression_error, described(holds.error()));
        if (!*holds) {
            if (stopping) return finish(index, StepState::skipped, Reason::cancelled, "the run was being stopped");
            return finish(index, StepState::skipped, Reason::condition, "its `if` is false");
        }
    }
    begin(index);
}

void Machine::begin(StepIndex index) {
    if (has_items(index)) return expand(index);
    begin_action(index);
}

void Machine::begin_action(StepIndex index) {
    StepRow& row = run_.steps[index];
    StepPlan const& plan = plan_of(index);
    if (plan.is_process() || plan.is_work()) return begin_command(index);
    row.started_at = now_;
    if (std::holds_alternative<flow::SetAction>(plan.action)) {
        Result<Json> outputs = evaluate_set(run_, index, now_);
        if (!outputs) return fail(index, Reason::expression_error, described(outputs.error()));
        row.outputs = std::move(*outputs);
        return finish(index, StepState::succeeded, Reason::none, "");
    }
    if (std::holds_alternative<flow::SwitchAction>(plan.action)) return choose_arm(index);
    if (std::holds_alternative<flow::ApproveAction>(plan.action)) return begin_approval(index);
    if (std::holds_alternative<flow::WorkflowAction>(plan.action)) return begin_child(index);
    begin_wait(index);
}

void Machine::begin_wait(StepIndex index) {
    StepRow& row = run_.steps[index];
    Result<UtcTime> const until = evaluate_wait(run_, index, now_);
    if (!until) return fail(index, Reason::expression_error, described(until.error()));
    set_state(row, StepState::waiting);
    set_due(row, *until);
    touch(index);
    JsonMap data;
    data.append("due", format_utc(*until));
    journal_step(index, "step.waiting", 0, std::move(data));
}

void Machine::choose_arm(StepIndex index) {
    Result<std::int64_t> const arm = evaluate_switch(run_, index, now_);
    note_values_of_arms(run_, index, now_);
    if (!arm) return fail(index, Reason::expression_error, described(arm.error()));
    run_.steps[index].outputs = Json(JsonMap{{"arm", *arm}});
    finish(index, StepState::succeeded, Reason::none, "");
}

/// A switch before it took an arm that does not lead here. One that did not come to choose is judged like any other need.
bool Machine::is_switched_off(StepIndex index) const {
    for (StepIndex const before : plan_.steps[index].switches) {
        StepRow const& choice = run_.steps[before];
        if (choice.state != StepState::succeeded) continue;
        Json const* const arm = choice.outputs.find("arm");
        ASSERT(arm != nullptr && arm->is_int());
        if (arm->as_int() < 0) return true;
        auto const& arms = std::get<flow::SwitchAction>(plan_.steps[before].action).arms;
        std::vector<StepIndex> const& taken = arms.at(static_cast<std::size_t>(arm->as_int())).steps;
        if (std::ranges::find(taken, index) == taken.end()) return true;
    }
    return false;
}

void Machine::begin_approval(StepIndex index) {
    auto const& plan = std::get<flow::ApproveAction>(plan_of(index).action);
    StepRow& row = run_.steps[index];
    Result<std::string> prompt = evaluate_prompt(run_, index, now_);
    if (!prompt) return fail(index, Reason::expression_error, described(prompt.error()));
    set_state(row, StepState::waiting);
    row.reason = Reason::approval;
    row.message = std::move(*prompt);
    if (plan.timeout) set_due(row, now_ + *plan.timeout);
    touch(index);
    JsonMap data{{"reason", name_of(row.reason)}, {"message", row.message}};
    if (row.due) data.append("due", format_utc(*row.due));
    journal_step(index, "step.waiting", 0, std::move(data));
}

void Machine::settle_approval(StepIndex index, bool approved, std::string by, std::string comment) {
    run_.steps[index].outputs = Json(JsonMap{{"approved", approved}, {"by", by}, {"comment", comment}});
    if (approved) return finish(index, StepState::succeeded, Reason::none, "");
    std::string message = by.empty() ? "nobody answered in time" : "rejected by " + by;
    if (!by.empty() && !comment.empty()) message += ": " + comment;
    fail(index, Reason::rejected, std::move(message));
}

void Machine::on(RunApproval const& answer) {
    StepRow const& row = run_.steps[answer.step];
    if (row.state != StepState::waiting || row.reason != Reason::approval) return;
    settle_approval(answer.step, answer.approved, answer.by, answer.comment);
    advance();
}

void Machine::begin_command(StepIndex index) {
    bool const is_work = plan_of(index).is_work();
    Result<LaunchSpec> const spec = is_work ? freeze_work(run_, index, surroundings_, now_) : freeze_spec(run_, index, surroundings_, now_);
    if (!spec) return fail(index, Reason::expression_error, described(spec.error()));
    run_.steps[index].spec = encode_spec(*spec);
    queue(index);
}

void Machine::queue(StepIndex index) {
    StepRow& row = run_.steps[index];
    set_state(row, StepState::queued);
    row.reason = Reason::none;
    set_due(row, std::nullopt);
    row.queued_at = now_;
    touch(index);
    effects_.emplace_back(WantSlot{index});
}

void Machine::finish(StepIndex index, StepState state, Reason reason, std::string message) {
    StepRow& row = run_.steps[index];
    bool const had_begun = row.state != StepState::pending;
    set_state(row, state);
    row.reason = reason;
    row.message = std::move(message);
    row.ended_at = now_;
    set_due(row, std::nullopt);
    touch(index);
    JsonMap data;
    if (reason != Reason::none) data.append("reason", name_of(reason));
    if (row.exit_code) data.append("exit_code", *row.exit_code);
    if (row.signal != 0) data.append("signal", row.signal);
    if (!row.message.empty()) data.append("message", row.message);
    journal_step(index, "step." + std::string(name_of(state)), row.attempts, std::move(data));
    if (row.item_of) return item_ended(index, had_begun);
    note_step_seen(run_, index);
    if (state == StepState::failed || state == StepState::lost) count_failure(index);
    for (StepIndex dependent : plan_.steps[index].dependents) to_decide_.push_back(dependent);
}

/// The first failure that counts names the run's.
void Machine::count_failure(StepIndex index) {
    StepPlan const& plan = plan_.steps[index];
    bool const is_step = plan.section == Section::steps;
    bool const counts = !plan.continue_on_error && (is_step || run_.row.outcome == RunState::succeeded);  // a handler spoils a success, nothing else
    if (!counts || !run_.row.failed_step.empty()) return;
    run_.row.failed_step = run_.steps[index].id;
    run_.row.message = run_.steps[index].message;
}

/// Whatever it is doing, unless it has ended: attempts are stopped by their own rows.
void Machine::stop_step(StepIndex index, bool now) {
    StepRow& row = run_.steps[index];
    if (row.child && (row.state == StepState::waiting || row.state == StepState::stopping)) return stop_child(index, now);
    if (run_.items.contains(index) && row.state == StepState::running) {
        set_state(row, StepState::stopping);
        touch(index);
        journal_step(index, "step.stopping");
    }
    if (row.item_of && row.state == StepState::pending)
        return finish(index, StepState::skipped, Reason::cancelled, "its step was being stopped");
    bool const being_swept = row.state == StepState::waiting && !row.due && row.reason != Reason::approval && row.reason != Reason::child;
    if (row.state == StepState::queued) effects_.emplace_back(DropSlot{index});
    if (row.state == StepState::queued || (row.state == StepState::waiting && !being_swept))
        finish(index, StepState::cancelled, Reason::cancelled, "stopped on request");
}

void Machine::stop_steps(bool now, Section first, Section last) {
    for (std::size_t i = 0; i < run_.steps.size(); ++i) {
        auto const index = static_cast<StepIndex>(i);
        Section const section = plan_of(index).section;
        if (section >= first && section <= last) stop_step(index, now);
    }
    for (AttemptRow& attempt : run_.attempts) stop_attempt(attempt, now);
}

}  // namespace pawl
