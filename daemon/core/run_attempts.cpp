// What becomes of a step's attempts: launched, ended, lost, swept, stopped, and the next one.
#include <algorithm>

#include "common/base/crash_point.h"
#include "daemon/core/context.h"
#include "daemon/core/machine.h"
#include "daemon/core/prepare.h"
#include "daemon/core/retry.h"
#include "daemon/core/spec.h"

namespace pawl {

using flow::Section;
using flow::StepIndex;
using flow::StepPlan;

namespace {

constexpr int losses_max = 3;  ///< launches that may follow a loss

}  // namespace

void Machine::on(SlotGranted const& granted) {
    StepRow& row = run_.steps[granted.step];
    ASSERT(row.state == StepState::queued);
    bool const first = row.attempts == 0;
    bool const after_loss = row.losses > 0 && plan_of(granted.step).on_crash == flow::OnCrash::resume;
    set_state(row, StepState::running);
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
    if (end.kind == EndKind::exited && plan_of(index).is_process()) attempt.exit_code = end.exit_code;
    if (end.kind == EndKind::signalled) attempt.signal = end.signal;
    row.exit_code = attempt.exit_code;  // what an earlier attempt left there is over
    row.signal = attempt.signal;
    settle_known(index, attempt, end);
    forget(attempt.id);
}

void Machine::settle_known(StepIndex index, AttemptRow const& ended, AttemptEnd const& end) {
    AttemptRow attempt = ended;  // the row in the run is forgotten by the caller
    StepRow& row = run_.steps[index];
    Judgement verdict = judge(plan_of(index), end);
    row.outputs = std::move(verdict.outputs);
    if (!end.cache.is_null()) {
        JsonMap explain = row.explain.is_map() ? row.explain.as_map() : JsonMap{};
        explain.set("cache", end.cache);
        row.explain = Json(std::move(explain));
    }
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
    attempt.message = verdict.message.empty() ? end.note : verdict.message;
    touch(attempt);
    if (verdict.succeeded) return finish(index, StepState::succeeded, Reason::none, end.note);
    if (verdict.may_retry && wait_for_retry(index, attempt)) return;
    fail(index, verdict.reason, std::move(verdict.message));
}

bool Machine::wait_for_retry(StepIndex index, AttemptRow const& attempt) {
    StepPlan const& plan = plan_of(index);
    StepRow& row = run_.steps[index];
    int const failures = row.attempts - row.losses;
    if (failures >= plan.retry.max_attempts || is_stopping(index)) return false;
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
    set_state(row, StepState::waiting);
    row.reason = attempt.reason;
    row.message = attempt.message;
    set_due(row, now_ + retry_delay(plan.retry, failures));
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
    bool const by_daemon = plan_of(index).is_work();
    attempt.message = attempt.reason != Reason::lost ? "stopped from outside, not by pawl: nobody knows how far it got"
                      : by_daemon                    ? "the daemon ended while it was under way: nobody knows how it went"
                                                     : "its supervisor ended without a record: nobody knows how it went";
    attempt.sweep_due = true;
    touch(attempt);
    ++row.losses;
    set_state(row, StepState::waiting);  // until what it left behind is gone
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
    StepPlan const& plan = plan_of(index);
    StepRow& row = run_.steps[index];
    bool const again = plan.on_crash != flow::OnCrash::fail && row.losses <= losses_max;
    bool const stopping = is_stopping(index);
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
        set_state(row, StepState::stopping);
        touch(attempt.step);
        journal_step(attempt.step, "step.stopping", attempt.number);
    }
    effects_.emplace_back(StopAttempt{attempt.id, attempt.slot, now});
}

}  // namespace pawl
