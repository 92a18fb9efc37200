#include "daemon/core/run.h"

#include <algorithm>

#include "common/base/crash_point.h"
#include "daemon/core/context.h"
#include "daemon/core/machine.h"
#include "daemon/core/prepare.h"

namespace pawl {

using flow::Section;
using flow::StepIndex;

std::string described(Error const& error) {
    std::string text;
    if (error.where && error.where->line != 0)
        text = error.where->file.text() + ":" + std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + ": ";
    return text + error.message;
}

// ---- bookkeeping

namespace {

/// Queued, running or stopping. A step with items is busy through these.
bool is_busy(Run const& run, StepRow const& row) {
    bool const active = row.state == StepState::queued || row.state == StepState::running || row.state == StepState::stopping;
    return active && !run.items.contains(row.step);
}

}  // namespace

void Machine::set_state(StepRow& row, StepState state) {
    bool const was_busy = is_busy(run_, row);
    row.state = state;
    if (was_busy) --run_.busy;
    if (is_busy(run_, row)) ++run_.busy;
}

void Machine::set_due(StepRow& row, std::optional<UtcTime> due) {
    if (row.due) run_.timers.erase({*row.due, row.step});
    row.due = due;
    if (due) run_.timers.insert({*due, row.step});
}

bool Machine::is_stopping(StepIndex index) const {
    std::optional<StepIndex> const parent = run_.steps[index].item_of;
    return is_being_stopped(run_, plan_of(index).section) || (parent && run_.steps[*parent].state == StepState::stopping);
}

void Machine::touch(StepIndex index) {
    run_.changes.row = true;
    if (std::ranges::find(run_.changes.steps, index) == run_.changes.steps.end()) run_.changes.steps.push_back(index);
}

void Machine::touch(AttemptRow const& attempt) {
    run_.changes.row = true;
    for (AttemptRow& changed : run_.changes.attempts) {
        if (changed.id != attempt.id) continue;
        changed = attempt;
        return;
    }
    run_.changes.attempts.push_back(attempt);
}

void Machine::journal_step(StepIndex index, std::string_view what, int attempt, JsonMap data) {
    record(run_, now_, std::string(what), run_.steps[index].id, attempt, data.empty() ? Json() : Json(std::move(data)));
}

void Machine::journal_run() {
    JsonMap data;
    if (run_.row.reason != Reason::none) data.append("reason", name_of(run_.row.reason));
    if (!run_.row.failed_step.empty()) data.append("failed_step", run_.row.failed_step);
    if (!run_.row.message.empty()) data.append("message", run_.row.message);
    if (run_.row.state == RunState::finishing) data.append("outcome", name_of(run_.row.outcome));
    record(run_, now_, "run." + std::string(name_of(run_.row.state)), "", 0, data.empty() ? Json() : Json(std::move(data)));
}

AttemptRow* Machine::find(AttemptId id) {
    auto const found = std::ranges::find(run_.attempts, id, &AttemptRow::id);
    return found == run_.attempts.end() ? nullptr : &*found;
}

// ---- the run

void Machine::on(RunAdmitted const&) {
    if (run_.row.state != RunState::queued) return;
    run_.row.started_at = now_;
    if (!run_.row.message.empty()) return end(RunState::failed, Reason::expression_error);  // prepare_new_run failed
    if (plan_.condition) {
        RunValues const values(run_, now_);
        Result<bool> const holds = plan_.condition->eval_bool(values);
        if (!holds) {
            run_.row.message = described(holds.error());
            return end(RunState::failed, Reason::expression_error);
        }
        if (!*holds) {
            run_.row.message = "its `if` is false";
            return end(RunState::skipped, Reason::condition);
        }
    }
    if (plan_.timeout) run_.row.deadline = now_ + *plan_.timeout;
    run_.row.state = RunState::running;
    record(run_, now_, "run.started", "", 0, Json());
    begin_section(Section::steps);
    advance();
}

void Machine::on(RunCancel const& cancel) {
    if (is_final(run_.row.state)) return;
    if (run_.row.state == RunState::queued) {
        run_.row.cancel_requested = true;
        run_.row.message = cancel.reason == Reason::superseded ? "a newer run took its place" : "cancelled before it began";
        return end(RunState::cancelled, cancel.reason);
    }
    bool const stops_already = run_.row.state == RunState::stopping || run_.row.state == RunState::finishing;
    if (cancel.reason == Reason::superseded && stops_already) return;  // who takes its place waits for its handlers
    stop(cancel.reason, cancel.now);
    advance();
}

void Machine::on(RunRefused const& refused) {
    if (run_.row.state != RunState::queued) return;
    run_.row.message = refused.message;
    end(RunState::failed, refused.reason);
}

void Machine::stop(Reason reason, bool now) {
    run_.changes.row = true;
    if (run_.row.state == RunState::finishing) {
        run_.row.stop_handlers = true;
        return stop_steps(now, Section::undo, Section::finally);
    }
    bool const first = run_.row.state != RunState::stopping;
    if (reason != Reason::timeout) run_.row.cancel_requested = true;
    if (now) run_.row.stop_handlers = true;
    if (first) {
        run_.row.state = RunState::stopping;
        run_.row.reason = reason;
        journal_run();
    }
    stop_steps(now, Section::steps, Section::steps);
}

void Machine::on(RunTime const&) {
    bool const active = run_.row.state == RunState::running || run_.row.state == RunState::waiting;
    if (active && run_.row.deadline && *run_.row.deadline <= now_) {
        run_.row.message = "the run did not end within " + format_duration(*plan_.timeout);
        stop(Reason::timeout, false);
    }
    while (!run_.timers.empty() && run_.timers.begin()->first <= now_) {
        StepIndex const index = run_.timers.begin()->second;
        flow::Action const& action = plan_of(index).action;
        if (std::holds_alternative<flow::WaitAction>(action)) finish(index, StepState::succeeded, Reason::none, "");
        else if (auto const* gate = std::get_if<flow::ApproveAction>(&action)) settle_approval(index, gate->approve_on_timeout, "", "no answer in time");
        else queue(index);
    }
    advance();
}

void Machine::begin_section(Section section) {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
        if (plan_.steps[i].section == section) to_decide_.push_back(static_cast<StepIndex>(i));
}

bool Machine::section_ended(Section section) const {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
        if (plan_.steps[i].section == section && !is_final(run_.steps[i].state)) return false;
    return true;
}

/// Decides what has become decidable, until nothing has; then moves the run on if all its steps have ended.
void Machine::advance() {
    for (;;) {
        for (std::size_t i = 0; i < to_decide_.size(); ++i) decide(to_decide_[i]);  // grows meanwhile; first come, first begun
        to_decide_.clear();
        if (tend_items()) continue;
        RunState const state = run_.row.state;
        if (is_final(state) || state == RunState::queued) return;
        if (state == RunState::finishing) {
            next_handlers();
        } else if (section_ended(Section::steps)) {
            finish_steps();
        }
        if (to_decide_.empty() && to_tend_.empty()) break;
    }
    show_activity();
}

/// All steps have ended: the status is fixed, the handlers follow.
void Machine::finish_steps() {
    RunRow& row = run_.row;
    if (row.cancel_requested) {
        row.outcome = RunState::cancelled;
        if (row.reason == Reason::none || row.reason == Reason::timeout) row.reason = Reason::cancelled;
    } else if (row.reason == Reason::timeout) {
        row.outcome = RunState::failed;
    } else if (!row.failed_step.empty()) {
        row.outcome = RunState::failed;
        row.reason = run_.steps[*plan_.find(row.failed_step)].reason;
    } else {
        row.outcome = RunState::succeeded;
        row.reason = Reason::none;
        Result<Json> outputs = evaluate_run_outputs(run_, now_);
        if (outputs) {
            run_.data.outputs = std::move(*outputs);
            run_.changes.data = true;
        } else {
            row.outcome = RunState::failed;
            row.reason = Reason::expression_error;
            row.message = described(outputs.error());
        }
    }
    row.state = RunState::finishing;
    bool const has_handlers = plan_.steps.size() > 0 && plan_.steps.back().section != Section::steps;
    if (has_handlers && !row.stop_handlers) journal_run();
    next_handlers();
}

/// It succeeded, or items of it did.
bool Machine::has_something_to_undo(StepIndex undone) const {
    auto const items = run_.items.find(undone);
    if (items == run_.items.end()) return run_.steps[undone].state == StepState::succeeded;
    for (std::size_t i = 0; i < items->second.count; ++i)
        if (run_.steps[items->second.first + i].state == StepState::succeeded) return true;
    return false;
}

/// Takes back, one after the other, what succeeded; the last that ended first. True while something is left to do.
bool Machine::undo_next() {
    std::optional<StepIndex> next;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
        if (!plan_.steps[i].undoes || is_final(run_.steps[i].state)) continue;
        if (run_.steps[i].state != StepState::pending) return true;  // under way
        StepIndex const undone = *plan_.steps[i].undoes;
        if (!has_something_to_undo(undone)) continue;
        bool const later = !next || run_.steps[undone].ended_at >= run_.steps[*plan_.steps[*next].undoes].ended_at;
        if (later) next = static_cast<StepIndex>(i);
    }
    if (next) to_decide_.push_back(*next);
    return next.has_value();
}

/// After a failure or a cancel first `undo`; then the fitting one of on_success, on_failure, on_cancel, then finally; then the end.
void Machine::next_handlers() {
    RunRow& row = run_.row;
    if (row.outcome != RunState::succeeded && undo_next()) return;
    Section const fitting = row.outcome == RunState::succeeded ? Section::on_success
                            : row.outcome == RunState::failed  ? Section::on_failure
                                                               : Section::on_cancel;
    for (Section section : {fitting, Section::finally}) {
        if (section_ended(section)) continue;
        bool begun = false;
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            if (plan_.steps[i].section == section && run_.steps[i].state != StepState::pending) begun = true;
        if (!begun) begin_section(section);
        return;
    }
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
        if (run_.steps[i].state == StepState::pending)
            finish(static_cast<StepIndex>(i), StepState::skipped, Reason::condition, "the run did not end in the way it handles");
    to_decide_.clear();
    bool handler_failed = false;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
        bool const bad = run_.steps[i].state == StepState::failed || run_.steps[i].state == StepState::lost;
        if (bad && plan_.steps[i].section != Section::steps && !plan_.steps[i].continue_on_error) handler_failed = true;
    }
    if (handler_failed && row.outcome == RunState::succeeded) return end(RunState::failed, Reason::handler);
    end(row.outcome, row.reason);
}

void Machine::end(RunState state, Reason reason) {
    run_.row.state = state;
    run_.row.reason = reason;
    run_.row.ended_at = now_;
    for (std::size_t i = 0; i < run_.steps.size(); ++i) {
        if (is_final(run_.steps[i].state)) continue;
        Reason const why = state == RunState::skipped ? Reason::condition : Reason::cancelled;
        finish(static_cast<StepIndex>(i), StepState::skipped, why, "the run ended before it began");
    }
    to_decide_.clear();
    journal_run();
    effects_.emplace_back(RunEnded{});
}

/// running ⇄ waiting: does anything run or queue, or do only timers and sweeps?
void Machine::show_activity() {
    RunState& state = run_.row.state;
    if (state != RunState::running && state != RunState::waiting) return;
    bool const busy = run_.busy > 0;
    RunState const now = busy ? RunState::running : RunState::waiting;
    if (!busy) run_.steps_seen.reset();  // it may wait for days
    if (now == state) return;
    state = now;
    journal_run();
}

void record(Run& run, UtcTime now, std::string kind, std::string step_id, int attempt, Json data) {
    run.changes.row = true;
    run.changes.journal.push_back(JournalRow{.run = run.row.id, .seq = ++run.row.journal, .at = now, .kind = std::move(kind),
                                             .step = std::move(step_id), .attempt = attempt, .data = std::move(data)});
}

Status prepare_new_run(Run& run, UtcTime now) {
    RunValues const values(run, now);
    JsonMap vars;
    run.data.vars = Json(JsonMap{});
    for (flow::NamedTemplate const& entry : run.plan->vars) {
        Result<Json> value = entry.value.eval(values);
        if (!value) {
            run.row.message = described(value.error());
            return value.error();
        }
        run.data.vars.as_map().append(entry.name, std::move(*value));
    }
    if (!run.plan->concurrency) return Done{};
    Result<std::string> group = run.plan->concurrency->group.eval_text(values);
    if (!group) {
        run.row.message = described(group.error());
        return group.error();
    }
    run.row.group = std::move(*group);
    return Done{};
}

void step(Run& run, RunEvent const& event, Surroundings const& surroundings, UtcTime now, std::vector<RunEffect>& effects) {
    Machine machine(run, surroundings, now, effects);
    std::visit([&machine](auto const& what) { machine.on(what); }, event);
}

UtcTime next_deadline(Run const& run) {
    UtcTime earliest = never;
    bool const active = run.row.state == RunState::running || run.row.state == RunState::waiting;
    if (active && run.row.deadline) earliest = *run.row.deadline;
    if (!run.timers.empty()) earliest = std::min(earliest, run.timers.begin()->first);
    return earliest;
}

void count_rows(Run& run) {
    run.items.clear();
    run.timers.clear();
    run.busy = 0;
    for (StepRow const& row : run.steps) {
        if (!row.item_of) continue;
        Items& items = run.items[*row.item_of];
        if (items.count++ == 0) items.first = items.next = row.step;
        if (row.state == StepState::failed || row.state == StepState::lost) items.has_bad = true;
        if (is_final(row.state)) continue;
        ++items.open;
        if (row.state != StepState::pending || PAWL_MUTANT("items_forgotten")) ++items.begun;
    }
    for (StepRow const& row : run.steps) {
        if (is_busy(run, row)) ++run.busy;
        if (row.state == StepState::waiting && row.due) run.timers.insert({*row.due, row.step});
    }
}

}  // namespace pawl
