// One run: its rows, and the machine that moves it on. Decides, and asks; performs nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/flow/plan.h"
#include "daemon/core/effect.h"
#include "daemon/core/records.h"

namespace pawl {

/// What a step's environment gets from the daemon, and what names its attempts. Set once at start-up.
struct Surroundings {
    std::vector<std::string> env;   ///< NAME=value: PATH HOME USER LOGNAME SHELL LANG TMPDIR
    std::string instance;           ///< of the store: part of every attempt's cookie
    std::int64_t fence = 0;         ///< of this daemon's lease
    std::uint64_t log_head_max = 50u << 20;
    std::uint64_t log_tail_max = 1u << 20;
};

/// Rows that differ from the stored ones; the engine turns them into a batch.
struct RunChanges {
    bool row = false, data = false;
    std::vector<flow::StepIndex> steps;
    std::vector<AttemptRow> attempts;
    std::vector<JournalRow> journal;
    bool empty() const { return !row && !data && steps.empty() && attempts.empty() && journal.empty(); }
};

/// The items of a step with `matrix` or `foreach`: rows that lie side by side behind those of the plan. The counts follow from them.
struct Items {
    std::size_t first = 0, count = 0;
    std::size_t next = 0;            ///< row of the first that may still be pending
    std::size_t open = 0;            ///< not ended
    std::size_t begun = 0;           ///< of these, those that have begun
    bool has_bad = false;            ///< one failed or was lost
};

/// A run that has not ended. `steps` has a row for each step of the plan, by index, and behind them those of items.
struct Run {
    RunRow row;
    RunDataRow data;
    std::vector<StepRow> steps;
    std::vector<AttemptRow> attempts;       ///< live ones, and lost ones whose sweep is due
    std::shared_ptr<flow::Plan const> plan;
    std::string workflow;                   ///< name
    int version_number = 0;
    std::string root;                       ///< where steps run that name no `dir`
    RunChanges changes;
    Json resolved;                          ///< until it is stored: the step that was settled by hand when this run was made
    std::optional<Json> steps_seen;         ///< the variable `steps`, kept while the run is busy
    // Follow from the rows (count_rows), and are kept because a step may have ten thousand items.
    std::map<flow::StepIndex, Items> items; ///< by step
    std::set<std::pair<UtcTime, flow::StepIndex>> timers;  ///< when waiting steps go on
    std::size_t busy = 0;                   ///< steps and items that are queued, running or stopping; the steps of items do not count
};

/// Makes what follows from the rows, after they were read or carried over.
void count_rows(Run& run);
/// The step of the plan that a row executes: its own, or that of the item's step.
inline flow::StepPlan const& plan_of(Run const& run, flow::StepIndex row) {
    return run.plan->steps[run.steps[row].item_of.value_or(row)];
}

// What the world tells a run.
struct RunAdmitted {};                      ///< its concurrency group lets it begin
struct SlotGranted {
    flow::StepIndex step = 0;
    AttemptId attempt;
    SlotRef slot;
};
struct RunAttemptEnded {
    AttemptId attempt;
    AttemptEnd end;
};
struct RunAttemptSwept {
    AttemptId attempt;
};
struct RunCancel {
    bool now = false;
    Reason reason = Reason::cancelled;      ///< or superseded
};
struct RunRefused {                         ///< may not begin: ends as failed
    Reason reason = Reason::concurrency;
    std::string message;
};
struct RunApproval {                        ///< a person answered
    flow::StepIndex step = 0;
    bool approved = false;
    std::string by, comment;
};
struct RunTime {};
using RunEvent = std::variant<RunAdmitted, SlotGranted, RunAttemptEnded, RunAttemptSwept, RunCancel, RunRefused, RunApproval, RunTime>;

// What it asks for.
struct WantSlot {
    flow::StepIndex step = 0;
};
struct DropSlot {                           ///< it no longer wants one
    flow::StepIndex step = 0;
};
struct RunEnded {};
using RunEffect = std::variant<WantSlot, DropSlot, Launch, StopAttempt, SweepAttempt, RunEnded>;

/// Any event is legal in any state, because recovery may report one end twice and people cancel at any moment: what no longer fits
/// changes nothing. Throws nothing.
void step(Run& run, RunEvent const& event, Surroundings const& surroundings, UtcTime now, std::vector<RunEffect>& effects);

/// When the run wants RunTime; `never` if it waits for no clock.
UtcTime next_deadline(Run const& run);

/// Computes `vars` and the group of a new run, whose inputs and event are set. A failure ends the run when it is admitted.
Status prepare_new_run(Run& run, UtcTime now);

/// Adds a journal row and marks the run's row as changed.
void record(Run& run, UtcTime now, std::string kind, std::string step_id, int attempt, Json data);

}  // namespace pawl
