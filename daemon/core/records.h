// The durable rows, as plain values: what the core decides and the store keeps. States, reasons and their spelling live here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "common/flow/plan.h"
#include "daemon/core/attempts.h"

namespace pawl {

/// The numbers are stored: append only. `waiting`: no attempt lives, a timer or a retry delay runs.
enum class RunState : std::uint8_t { queued, running, waiting, stopping, finishing, succeeded, failed, cancelled, skipped };
enum class StepState : std::uint8_t { pending, queued, running, waiting, stopping, succeeded, failed, lost, cancelled, skipped };
/// `launching`: claimed a slot; whether it runs is read from the slot. All others are final.
enum class AttemptState : std::uint8_t { launching, stopping, succeeded, failed, lost, cancelled, interrupted };
/// Why a state was reached. The numbers are stored: append only.
enum class Reason : std::uint8_t {
    none, exit, signal, timeout, bad_output, expression_error, start_failed, handler, concurrency,  // failed
    condition, upstream, cancelled, superseded,                                                      // skipped or cancelled
    lost, interrupted, resolved, limit,
    approval, rejected, switched,  // waits for an answer; the answer was no; the switch went another way
    no_items, items,              // there was no item to run for; items of it ended badly
    child,                        // waits for the run it started, or ended as that did
    http, sql                      // failed: a request, a query
};

bool is_final(RunState state);
bool is_final(StepState state);
bool is_final(AttemptState state);
std::string_view name_of(RunState state);
std::string_view name_of(StepState state);
std::string_view name_of(AttemptState state);
std::string_view name_of(Reason reason);  ///< empty for none
std::optional<RunState> run_state_named(std::string_view name);

/// One execution of one version.
struct RunRow {
    RunId id;
    std::int64_t version = 0;        ///< compare-and-set: 1 inserts, n replaces n-1
    std::int64_t journal = 0;        ///< sequence number of its newest journal row
    WorkflowId workflow;
    VersionId workflow_version;
    RunState state = RunState::queued;
    Reason reason = Reason::none;
    RunState outcome = RunState::queued;  ///< while finishing: the status that is already fixed
    std::string failed_step;         ///< id of the first step that counts as failed
    std::string message;             ///< one sentence for people when an error ended it
    int priority = 0;
    std::string group;               ///< concurrency group, evaluated; empty: none
    bool cancel_requested = false;   ///< before all steps had ended
    bool stop_handlers = false;      ///< cancelled (again) while finishing
    UtcTime created_at{};
    std::optional<UtcTime> started_at, ended_at;
    std::optional<UtcTime> deadline; ///< the workflow's timeout
    int number_of_try = 1;           ///< `run.attempt`
    RunId retry_of;
    RunId parent;                    ///< of a sub-workflow: the run whose step started it
    flow::StepIndex parent_step = 0; ///< row of that step
    std::uint32_t uid = 0;           ///< who started it
    flow::Durability durability = flow::Durability::full;
};

/// The larger values of a run: written when it is made, and again (all of them) when its vars or outputs are known.
struct RunDataRow {
    RunId run;
    Json inputs, vars, event, outputs;  ///< event: the CloudEvent behind this run
    Json pinned;                     ///< {workflow: id of its version}, of all that it uses, directly and through others; null: none
};

/// One step of a run, or one item of a step with `matrix` or `foreach`. The key is (run, step): the index of the step in the plan; items
/// have numbers behind those of the plan.
struct StepRow {
    RunId run;
    flow::StepIndex step = 0;
    std::string id;                  ///< the step's id, so that readers need no plan; of items "upload[eu]"
    std::optional<flow::StepIndex> item_of;  ///< of an item: its step
    int item_number = 0;             ///< of an item: its place in the list, from 0
    Json item;                       ///< of an item: the value of `item`, or the map `matrix`
    StepState state = StepState::pending;
    Reason reason = Reason::none;
    std::string message;             ///< what went wrong, one sentence for people
    std::optional<int> exit_code;
    int signal = 0;
    int attempts = 0;                ///< launched so far
    int losses = 0;                  ///< launches that were lost; their own limit is 3
    bool carried = false;            ///< taken over from the run this one retries
    Json outputs;                    ///< null until it has any
    Json explain;                    ///< values behind its decision, for `pawl why`: {"if": {path: value, …}}
    std::string spec;                ///< the frozen launch specification; written once: an empty one leaves the stored one alone
    std::optional<UtcTime> queued_at, started_at, ended_at;
    std::optional<UtcTime> due;      ///< waiting: when it goes on
    RunId child;                     ///< of `uses: workflow/NAME`: the run it started
    RunId former_child;              ///< of a run that goes on from another one: the run this step started there, from which its own goes on
};

/// One try of a step: its row in state `launching` is the outbox entry of its launch.
struct AttemptRow {
    AttemptId id;
    RunId run;
    flow::StepIndex step = 0;
    int number = 1;                  ///< 1, 2, … within the step
    AttemptState state = AttemptState::launching;
    Reason reason = Reason::none;
    SlotRef slot;
    std::int64_t fence = 0;          ///< lease of the daemon that launched it
    bool resumed = false;            ///< PAWL_RESUME=1
    bool stop_requested = false;
    bool sweep_due = false;          ///< lost, and what it left behind is not known to be gone
    std::string cookie;              ///< PAWL_ATTEMPT: a random id by which left-over processes are found
    std::optional<int> exit_code;
    int signal = 0;
    std::string message;
    UtcTime launched_at{};
    std::optional<UtcTime> ended_at;
    Duration ran{}, cpu{};
    std::uint32_t max_rss_kib = 0;
    bool log_cut = false;
};

/// What happened, for people, replay and audit. The key is (run, seq); seq counts 1, 2, … without a gap.
struct JournalRow {
    RunId run;
    std::int64_t seq = 0;
    UtcTime at{};
    std::string kind;                ///< "run.queued", "step.started", "attempt.lost", …: run|step|attempt, a dot, the state or event
    std::string step;                ///< id, empty for the run itself
    int attempt = 0;                 ///< number within the step, 0: none
    Json data;                       ///< reason, exit_code, message …; null when there is nothing to add
};

/// The text of a deployed file, kept once by its hash.
struct SourceRow {
    std::string hash;                ///< SHA-256 of the text
    std::string file;
    std::string text;
};
struct WorkflowRow {
    WorkflowId id;
    std::string name;
    VersionId active;                ///< 0: removed
    int last_number = 0;             ///< of its newest version
    UtcTime updated_at{};
};
/// Immutable. The key is id; (workflow, number) is unique. Models and texts are kept once by their hashes.
struct VersionRow {
    VersionId id;
    WorkflowId workflow;
    int number = 0;                  ///< 1, 2, …
    std::string hash;                ///< of the model
    std::string model;               ///< canonical JSON
    std::string source_hash;
    int document = 0;
    std::string root;                ///< the project's folder: where steps run that name no `dir`
    UtcTime created_at{};
    std::uint32_t uid = 0;
    bool transient = false;          ///< made for one run by `exec` or `run --local`; not listed
    std::string uses;                ///< names of the workflows its steps use, with spaces between
};

/// Who did what. In the transaction of the command it belongs to.
struct AuditRow {
    UtcTime at{};
    std::uint32_t uid = 0, gid = 0;
    std::int32_t pid = 0;
    std::string via;                 ///< "socket", "local"
    std::string action;              ///< "run.start", "deploy", …
    std::string object;              ///< "workflow/nightly-backup", "run/812"
    std::string outcome;             ///< "accepted", or an error code
};

/// An answer kept under its Idempotency-Key, so that a client whose reply was lost repeats safely.
struct AnswerRow {
    std::string key;
    std::uint32_t uid = 0;
    std::string request_hash;
    int status = 200;
    std::string body;
    UtcTime at{};
};

/// A number of the daemon itself: "fence", "epoch", "last_run" … The key is name.
struct MetaRow {
    std::string name;
    std::int64_t value = 0;
};

using Row = std::variant<RunRow, RunDataRow, StepRow, AttemptRow, JournalRow, SourceRow, WorkflowRow, VersionRow, AuditRow, AnswerRow, MetaRow>;

/// What one turn wants stored, all or nothing, in this order. A run row is a compare-and-set on its version, and every change of a run's
/// other rows comes with its run row, so that it guards them too; they replace earlier rows of the same key. Journal rows are unique.
struct Batch {
    std::uint64_t number = 0;        ///< 1, 2, … without a gap, over the life of the store: tells whether an unknown commit happened
    std::vector<Row> rows;
    flow::Durability durability = flow::Durability::normal;  ///< full as soon as one row wants it
    bool empty() const { return rows.empty(); }
};

/// A run with all that belongs to it, as it stood in a commit.
struct StoredRun {
    RunRow run;
    RunDataRow data;
    std::vector<StepRow> steps;          ///< by index; all of them
    std::vector<AttemptRow> attempts;    ///< the live ones (launching, stopping) and those with sweep_due
    RunId settled_in;                    ///< the run that went on after a step was settled by hand; 0: none
};

}  // namespace pawl
