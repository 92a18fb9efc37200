#include "daemon/core/run.h"

#include <algorithm>

#include "common/base/crash_point.h"
#include "daemon/core/context.h"
#include "daemon/core/prepare.h"
#include "daemon/core/retry.h"
#include "daemon/core/spec.h"
#include "daemon/core/work_spec.h"

namespace pawl {
namespace {

using flow::Section;
using flow::StepIndex;
using flow::StepPlan;

constexpr int losses_max = 3;  ///< launches that may follow a loss

std::string described(Error const& error) {
    std::string text;
    if (error.where && error.where->line != 0)
        text = error.where->file.text() + ":" + std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + ": ";
    return text + error.message;
}

/// Moves one run on by one event. Lives for that event only.
class Machine {
public:
    Machine(Run& run, Surroundings const& surroundings, UtcTime now, std::vector<RunEffect>& effects)
        : run_(run), plan_(*run.plan), surroundings_(surroundings), now_(now), effects_(effects) {}

    void on(RunAdmitted const&);
    void on(SlotGranted const&);
    void on(RunAttemptEnded const&);
    void on(RunAttemptSwept const&);
    void on(RunCancel const&);
    void on(RunRefused const&);
    void on(RunApproval const&);
    void on(RunTime const&);

private:
    // Steps.
    void decide(StepIndex index);
    void begin(StepIndex index);
    void begin_command(StepIndex index);
    void begin_wait(StepIndex index);
    void begin_approval(StepIndex index);
    void choose_arm(StepIndex index);
    bool is_switched_off(StepIndex index) const;
    void settle_approval(StepIndex index, bool approved, std::string by, std::string comment);
    void queue(StepIndex index);
    void finish(StepIndex index, StepState state, Reason reason, std::string message);
    void fail(StepIndex index, Reason reason, std::string message) { finish(index, StepState::failed, reason, std::move(message)); }
    void settle_attempt(AttemptRow& attempt, AttemptEnd const& end);
    void settle_known(StepIndex index, AttemptRow const& attempt, AttemptEnd const& end);
    void settle_lost(StepIndex index, AttemptRow& attempt);
    void after_loss(StepIndex index);
    bool wait_for_retry(StepIndex index, AttemptRow const& attempt);
    void stop_steps(bool now, Section first, Section last);
    void stop_attempt(AttemptRow& attempt, bool now);
    // The run.
    void stop(Reason reason, bool now);
    void advance();
    void begin_section(Section section);
    bool section_ended(Section section) const;
    void finish_steps();
    bool undo_next();
    void next_handlers();
    void end(RunState state, Reason reason);
    void show_activity();

    void touch(StepIndex index);
    void touch(AttemptRow const& attempt);
    void journal_step(StepIndex index, std::string_view what, int attempt = 0, JsonMap data = {});
    void journal_run();
    AttemptRow* find(AttemptId id);
    void forget(AttemptId id) { std::erase_if(run_.attempts, [id](AttemptRow const& row) { return row.id == id; }); }

    Run& run_;
    flow::Plan const& plan_;
    Surroundings const& surroundings_;
    UtcTime now_;
    std::vector<RunEffect>& effects_;
    std::vector<StepIndex> to_decide_;  ///< pending steps, one of whose needs has ended
};

// ---- bookkeeping

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

// ---- steps

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
    StepRow& row = run_.steps[index];
    StepPlan const& plan = plan_.steps[index];
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
    begin_wait(index);
}

void Machine::begin_wait(StepIndex index) {
    StepRow& row = run_.steps[index];
    Result<UtcTime> const until = evaluate_wait(run_, index, now_);
    if (!until) return fail(index, Reason::expression_error, described(until.error()));
    row.state = StepState::waiting;
    row.due = *until;
    touch(index);
    JsonMap data;
    data.append("due", format_utc(*until));
    journal_step(index, "step.waiting", 0, std::move(data));
}

void Machine::choose_arm(StepIndex index) {
    Result<std::int64_t> const arm = evaluate_switch(run_, index, now_);
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
    auto const& plan = std::get<flow::ApproveAction>(plan_.steps[index].action);
    StepRow& row = run_.steps[index];
    Result<std::string> prompt = evaluate_prompt(run_, index, now_);
    if (!prompt) return fail(index, Reason::expression_error, described(prompt.error()));
    row.state = StepState::waiting;
    row.reason = Reason::approval;
    row.message = std::move(*prompt);
    if (plan.timeout) row.due = now_ + *plan.timeout;
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
    bool const is_work = plan_.steps[index].is_work();
    Result<LaunchSpec> const spec = is_work ? freeze_work(run_, index, surroundings_, now_) : freeze_spec(run_, index, surroundings_, now_);
    if (!spec) return fail(index, Reason::expression_error, described(spec.error()));
    run_.steps[index].spec = encode_spec(*spec);
    queue(index);
}

void Machine::queue(StepIndex index) {
    StepRow& row = run_.steps[index];
    row.state = StepState::queued;
    row.reason = Reason::none;
    row.due.reset();
    row.queued_at = now_;
    touch(index);
    effects_.emplace_back(WantSlot{index});
}

void Machine::finish(StepIndex index, StepState state, Reason reason, std::string message) {
    StepRow& row = run_.steps[index];
    row.state = state;
    row.reason = reason;
    row.message = std::move(message);
    row.ended_at = now_;
    row.due.reset();
    touch(index);
    JsonMap data;
    if (reason != Reason::none) data.append("reason", name_of(reason));
    if (row.exit_code) data.append("exit_code", *row.exit_code);
    if (row.signal != 0) data.append("signal", row.signal);
    if (!row.message.empty()) data.append("message", row.message);
    journal_step(index, "step." + std::string(name_of(state)), row.attempts, std::move(data));
    note_step_seen(run_, index);

    bool const bad = (state == StepState::failed || state == StepState::lost) && !plan_.steps[index].continue_on_error;
    bool const is_step = plan_.steps[index].section == Section::steps;
    bool const counts = bad && (is_step || run_.row.outcome == RunState::succeeded);  // a handler spoils a success, nothing else
    if (counts && run_.row.failed_step.empty()) {
        run_.row.failed_step = row.id;
        run_.row.message = row.message;
    }
    for (StepIndex dependent : plan_.steps[index].dependents) to_decide_.push_back(dependent);
}

void Machine::on(SlotGranted const& granted) {
    StepRow& row = run_.steps[granted.step];
    ASSERT(row.state == StepState::queued);
    bool const first = row.attempts == 0;
    bool const after_loss = row.losses > 0 && plan_.steps[granted.step].on_crash == flow::OnCrash::resume;
    row.state = StepState::running;
    ++row.attempts;
    if (!row.started_at) row.started_at = now_;
    AttemptRow attempt{.id = granted.attempt, .run = run_.row.id, .step = granted.step, .number = row.attempts, .slot = granted.slot,
                       .fence = surroundings_.fence, .resumed = after_loss, .launched_at = now_};
    attempt.cookie = surroundings_.instance.substr(0, 12) + "-" + std::to_string(surroundings_.fence) + "-" +
                     std::to_string(granted.attempt.value);
    Result<LaunchSpec> spec = decode_spec(row.spec);
    ASSERT(spec);
    touch(granted.step);
    touch(attempt);
    run_.attempts.push_back(attempt);
    journal_step(granted.step, first ? "step.started" : "attempt.launched", attempt.number);
    effects_.emplace_back(Launch{attempt.id, run_.row.id, attempt.slot, spec_of_attempt(std::move(*spec), run_, attempt)});
    show_activity();
}

void Machine::on(RunAttemptEnded const& ended) {
    AttemptRow* attempt = find(ended.attempt);
    if (attempt == nullptr && PAWL_MUTANT("stale_exit_accepted") && !run_.attempts.empty()) attempt = &run_.attempts.front();
    bool const stale = attempt == nullptr || is_final(attempt->state);
    if (stale) return;  // decided already: recovery and a late report may both tell it
    settle_attempt(*attempt, ended.end);
    advance();
}

void Machine::settle_attempt(AttemptRow& attempt, AttemptEnd const& end) {
    StepIndex const index = attempt.step;
    StepRow& row = run_.steps[index];
    attempt.ended_at = end.ended_at == UtcTime{} ? now_ : end.ended_at;
    attempt.ran = end.ran;
    attempt.cpu = end.cpu;
    attempt.max_rss_kib = end.max_rss_kib;
    attempt.log_cut = end.log_cut;
    // Who asked for a TERM is known here alone: whoever reads the record after a restart cannot tell our stop from the host's.
    bool const was_terminated = end.kind == EndKind::stopped || end.kind == EndKind::interrupted;
    if (end.kind == EndKind::lost || (was_terminated && !attempt.stop_requested)) {
        // A TERM that nobody asked for: the host goes down. That is no failure of the step.
        attempt.reason = end.kind == EndKind::lost ? Reason::lost : Reason::interrupted;
        return settle_lost(index, attempt);
    }
    if (end.kind == EndKind::exited && plan_.steps[index].is_process()) attempt.exit_code = end.exit_code;
    if (end.kind == EndKind::signalled) attempt.signal = end.signal;
    row.exit_code = attempt.exit_code;  // what an earlier attempt left there is over
    row.signal = attempt.signal;
    settle_known(index, attempt, end);
    forget(attempt.id);
}

void Machine::settle_known(StepIndex index, AttemptRow const& ended, AttemptEnd const& end) {
    AttemptRow attempt = ended;  // the row in the run is forgotten by the caller
    StepRow& row = run_.steps[index];
    Judgement verdict = judge(plan_.steps[index], end);
    row.outputs = std::move(verdict.outputs);
    if (end.kind == EndKind::start_failed)
        if (Result<LaunchSpec> const spec = decode_spec(row.spec)) verdict.message = start_failure(end, *spec);
    if (attempt.stop_requested && !verdict.succeeded) {
        attempt.state = AttemptState::cancelled;
        attempt.reason = Reason::cancelled;
        touch(attempt);
        return finish(index, StepState::cancelled, Reason::cancelled, "stopped on request");
    }
    attempt.state = verdict.succeeded ? AttemptState::succeeded : AttemptState::failed;
    attempt.reason = verdict.reason;
    attempt.message = verdict.message;
    touch(attempt);
    if (verdict.succeeded) return finish(index, StepState::succeeded, Reason::none, "");
    if (verdict.may_retry && wait_for_retry(index, attempt)) return;
    fail(index, verdict.reason, std::move(verdict.message));
}

bool Machine::wait_for_retry(StepIndex index, AttemptRow const& attempt) {
    StepPlan const& plan = plan_.steps[index];
    StepRow& row = run_.steps[index];
    int const failures = row.attempts - row.losses;
    if (failures >= plan.retry.max_attempts || is_being_stopped(run_, plan.section)) return false;
    if (plan.retry.condition) {
        RunValues values(run_, now_, index);
        values.set_step(failed_attempt_value(attempt, row.outputs));
        Result<bool> const wanted = plan.retry.condition->eval_bool(values);
        JsonMap explain = row.explain.is_map() ? row.explain.as_map() : JsonMap{};
        explain.set("retry.if", values_read(*plan.retry.condition, values));
        row.explain = Json(std::move(explain));
        if (!wanted) {
            fail(index, Reason::expression_error, described(wanted.error()));
            return true;
        }
        if (!*wanted) return false;
    }
    row.state = StepState::waiting;
    row.reason = attempt.reason;
    row.message = attempt.message;
    row.due = now_ + retry_delay(plan.retry, failures);
    touch(index);
    JsonMap data;
    data.append("reason", name_of(attempt.reason));
    if (attempt.exit_code) data.append("exit_code", *attempt.exit_code);
    if (!attempt.message.empty()) data.append("message", attempt.message);
    data.append("due", format_utc(*row.due));
    data.append("max_attempts", plan.retry.max_attempts);
    journal_step(index, "step.waiting", attempt.number, std::move(data));
    return true;
}

void Machine::settle_lost(StepIndex index, AttemptRow& attempt) {
    StepRow& row = run_.steps[index];
    attempt.state = attempt.reason == Reason::lost ? AttemptState::lost : AttemptState::interrupted;
    attempt.message = attempt.reason == Reason::lost ? (plan_.steps[index].is_work() ? "the daemon ended while it was under way: nobody knows how it went"
                                                                                            : "its supervisor ended without a record: nobody knows how it went")
                                                      : "stopped from outside, not by pawl: nobody knows how far it got";
    attempt.sweep_due = true;
    touch(attempt);
    ++row.losses;
    row.state = StepState::waiting;  // until what it left behind is gone
    row.reason = attempt.reason;
    row.message = attempt.message;
    touch(index);
    JsonMap data;
    data.append("reason", name_of(attempt.reason));
    journal_step(index, "attempt.lost", attempt.number, std::move(data));
    effects_.emplace_back(SweepAttempt{attempt.id, attempt.slot, attempt.cookie});
}

void Machine::on(RunAttemptSwept const& swept) {
    AttemptRow* attempt = find(swept.attempt);
    if (attempt == nullptr || !attempt->sweep_due) return;
    attempt->sweep_due = false;
    touch(*attempt);
    StepIndex const index = attempt->step;
    forget(swept.attempt);
    after_loss(index);
    advance();
}

void Machine::after_loss(StepIndex index) {
    StepPlan const& plan = plan_.steps[index];
    StepRow& row = run_.steps[index];
    bool const again = plan.on_crash != flow::OnCrash::fail && row.losses <= losses_max;
    bool const stopping = is_being_stopped(run_, plan.section);
    if (again && stopping) return finish(index, StepState::cancelled, Reason::cancelled, "stopped on request");
    if (again) return queue(index);
    Reason const reason = row.losses > losses_max ? Reason::limit : row.reason;
    std::string message = row.message;
    finish(index, StepState::lost, reason, std::move(message));
}

void Machine::stop_attempt(AttemptRow& attempt, bool now) {
    if (is_final(attempt.state)) return;
    bool const again = attempt.stop_requested && !now;
    if (again) return;
    attempt.stop_requested = true;
    attempt.state = AttemptState::stopping;
    touch(attempt);
    StepRow& row = run_.steps[attempt.step];
    if (row.state != StepState::stopping) {
        row.state = StepState::stopping;
        touch(attempt.step);
        journal_step(attempt.step, "step.stopping", attempt.number);
    }
    effects_.emplace_back(StopAttempt{attempt.id, attempt.slot, now});
}

void Machine::stop_steps(bool now, Section first, Section last) {
    for (std::size_t i = 0; i < run_.steps.size(); ++i) {
        auto const index = static_cast<StepIndex>(i);
        Section const section = plan_.steps[index].section;
        if (section < first || section > last) continue;
        StepRow& row = run_.steps[index];
        bool const being_swept = row.state == StepState::waiting && !row.due && row.reason != Reason::approval;
        if (row.state == StepState::queued) effects_.emplace_back(DropSlot{index});
        if (row.state == StepState::queued || (row.state == StepState::waiting && !being_swept))
            finish(index, StepState::cancelled, Reason::cancelled, "stopped on request");
    }
    for (AttemptRow& attempt : run_.attempts) stop_attempt(attempt, now);
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
    for (std::size_t i = 0; i < run_.steps.size(); ++i) {
        auto const index = static_cast<StepIndex>(i);
        StepRow& row = run_.steps[index];
        if (row.state != StepState::waiting || !row.due || *row.due > now_) continue;
        flow::Action const& action = plan_.steps[index].action;
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
        RunState const state = run_.row.state;
        if (is_final(state) || state == RunState::queued) return;
        if (state == RunState::finishing) {
            next_handlers();
        } else if (section_ended(Section::steps)) {
            finish_steps();
        }
        if (to_decide_.empty()) break;
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

/// Takes back, one after the other, what succeeded; the last that ended first. True while something is left to do.
bool Machine::undo_next() {
    std::optional<StepIndex> next;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
        if (!plan_.steps[i].undoes || is_final(run_.steps[i].state)) continue;
        if (run_.steps[i].state != StepState::pending) return true;  // under way
        StepIndex const undone = *plan_.steps[i].undoes;
        if (run_.steps[undone].state != StepState::succeeded) continue;
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
    bool const busy = std::ranges::any_of(run_.steps, [](StepRow const& row) {
        return row.state == StepState::queued || row.state == StepState::running || row.state == StepState::stopping;
    });
    RunState const now = busy ? RunState::running : RunState::waiting;
    if (!busy) run_.steps_seen.reset();  // it may wait for days
    if (now == state) return;
    state = now;
    journal_run();
}

}  // namespace

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
    for (StepRow const& row : run.steps)
        if (row.state == StepState::waiting && row.due) earliest = std::min(earliest, *row.due);
    return earliest;
}

}  // namespace pawl
