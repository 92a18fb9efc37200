// One run: its rows, and the machine that moves it on. Decides, and asks; performs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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

/// A run that has not ended. `steps` has a row for each step of the plan, by index.
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
};

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
