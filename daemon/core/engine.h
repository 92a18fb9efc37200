// The engine: all live runs, the workflows, the queues. Hears events, decides, and hands out one batch and the effects that may follow
// its commit. Deterministic: no clock, no randomness, no thread, no file.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/core/effect.h"
#include "daemon/core/event.h"
#include "daemon/core/queue.h"
#include "daemon/core/records.h"
#include "daemon/core/run.h"

namespace pawl {

/// All the engine keeps in memory, as it stood in the last commit.
struct EngineState {
    std::int64_t last_workflow = 0, last_version = 0, last_run = 0, last_attempt = 0;
    std::uint64_t batch = 0;
    std::vector<WorkflowRow> workflows;
    std::vector<VersionRow> active_versions;
    std::vector<AnswerRow> answers;
};

struct EngineOptions {
    Surroundings surroundings;
    int attempts_max = 64;                        ///< running at once
    std::size_t runs_max = 20'000;                ///< live at once; more are refused
    std::function<SlotRef()> allot;               ///< the next slot of the slot table
};

/// What one turn decided. Effects may be performed once every batch up to `batch.number` is committed; an empty batch has number 0.
struct Decided {
    Batch batch;
    std::vector<Effect> effects;
    bool empty() const { return batch.empty() && effects.empty(); }
};

class Engine {
public:
    Engine(EngineOptions options, EngineState state);

    // Start-up, in this order, before any event.
    /// A run that had not ended. A null plan (a stored version that no longer loads) leaves the run alone and is counted.
    void restore(StoredRun stored, std::shared_ptr<flow::Plan const> plan, VersionRow const& version, std::string workflow);
    std::vector<AttemptRow> live_attempts() const;
    /// What a live attempt was launched with, when something is to be done at its end.
    std::optional<LaunchSpec> spec_of(AttemptRow const& attempt) const;
    /// How an end will be judged; decides nothing.
    bool succeeds(AttemptId attempt, AttemptEnd const& end) const;
    void recover(AttemptId attempt, Verdict const& verdict, UtcTime now);
    /// After all verdicts: queued steps and runs go on, sweeps are repeated.
    void resume(UtcTime now);

    void apply(Event const& event, UtcTime now);
    /// Gives slots to waiting steps, then all that was decided since the last call.
    Decided take(UtcTime now);
    UtcTime next_deadline() const { return deadlines_.empty() ? never : deadlines_.begin()->first; }

    std::optional<VersionRow> active_version(std::string_view workflow) const;
    struct Counts {
        std::size_t runs_live = 0, runs_queued = 0, runs_running = 0, runs_waiting = 0;
        std::size_t attempts_live = 0, attempts_max = 0, steps_queued = 0, workflows = 0, unloadable = 0;
        bool draining = false, degraded = false;
        std::string degraded_reason;
    };
    Counts counts() const;

private:
    struct Entry {
        Run run;
        UtcTime deadline = never;  ///< as entered in deadlines_
    };
    struct Outcome {
        int status = 200;
        Json body;
        std::string object;                       ///< for the audit row: "run/812"
        std::optional<Error> refused;
        Diagnostics diagnostics;
    };
    struct Catalogued {
        WorkflowRow row;
        VersionRow active;
    };

    void on(Command const& command);
    void on(AttemptEnded const& ended);
    void on(AttemptSwept const& swept);
    void on(PlanLoaded const& loaded);
    void on(Refused const& refused);
    void on(TimePassed const&);
    void on(StoreDegraded const& degraded);

    Outcome perform(Deploy const& deploy, Identity const& who);
    Outcome perform(RemoveWorkflow const& removal, Identity const& who);
    Outcome perform(RollBack const& back, Identity const& who);
    Outcome perform(StartRun const& start, Identity const& who);
    Outcome perform(CancelRun const& cancel, Identity const& who);
    Outcome perform(RetryRun const& retry, Identity const& who);
    Outcome perform(ResolveStep const& resolve, Identity const& who);
    Outcome perform(AnswerApproval const& answer, Identity const& who);
    Outcome perform(Drain const& drain, Identity const& who);
    Outcome perform(Stop const& stop, Identity const& who);
    Outcome perform(Forgotten const& forgotten, Identity const& who);
    Outcome perform(Unprepared const& unprepared, Identity const& who);
    Outcome start_again(RetryRun const& retry, Identity const& who, std::function<Status(Run&)> const& carry);
    bool answer_again(Command const& command);
    void answer(Command const& command, Outcome const& outcome);
    std::optional<Error> refusal(CommandBody const& body) const;

    JsonMap deploy_workflow(flow::LoadedFile const& file, flow::LoadedWorkflow const& workflow, Deploy const& deploy, Identity const& who);
    JsonMap retire(std::string const& name, bool dry_run);
    /// The active workflows of the deployed folder that none of its files has any more.
    std::vector<std::string> gone_from(Deploy const& deploy) const;
    std::optional<Error> staleness(Deploy const& deploy) const;
    std::optional<Error> still_needed(Deploy const& deploy) const;
    VersionRow store_version(WorkflowId workflow, int number, flow::LoadedWorkflow const& loaded, std::string const& file,
                             std::string const& text, std::string const& root, Identity const& who, bool transient);
    VersionRow store_transient(flow::LoadedWorkflow const& loaded, StartRun::Transient const& from, std::string const& root, Identity const& who);
    Entry& new_run(std::shared_ptr<flow::Plan const> plan, VersionRow const& version, std::string workflow, Identity const& who);
    /// Enters the run into its group and lets it begin, wait or be refused. Empty: it was not made (`skip`, `reject`).
    std::optional<Error> admit(Entry& entry);
    void insert(Entry& entry);
    void tell(Entry& entry, RunEvent const& event);
    void after(Entry& entry, std::vector<RunEffect>& effects);
    void run_ended(Entry& entry);
    // Runs that steps of other runs start.
    Json pin(flow::Plan const& plan, std::map<std::string, VersionRow> const& own) const;
    void want_child(Run const& run, flow::StepIndex step);
    void start_child(Entry& parent, StartChild const& start);
    Status fill_child(Run& child, Run const& parent, flow::StepIndex step, Json const& inputs);
    std::optional<RunChildRefused> refusal_of_child(Run const& parent, flow::StepIndex step, Run const& child) const;
    void tell_parent(Run const& child);
    void tell_later();
    std::optional<std::pair<std::string, std::string>> first_left_alone(std::set<std::string> const& gone, std::map<std::string, std::string> const& fresh_uses) const;
    void admit_next(std::string const& group);
    void give_slots();
    /// A run that lives, or has ended in this turn.
    Entry const& entry_of(RunId id) const;
    /// Why there is no such live run.
    Error not_live(RunId id) const;
    Outcome summary(RunId id, int status) const;
    SlotQueue::Entry slot_entry(Run const& run, flow::StepIndex step) const;
    GroupQueue::Entry group_entry(Run const& run) const;
    void collect(Entry& entry);

    EngineOptions options_;
    UtcTime now_{};
    std::int64_t last_workflow_, last_version_, last_run_, last_attempt_;
    std::uint64_t last_batch_;
    std::map<std::string, Catalogued, std::less<>> workflows_;
    std::map<RunId, std::unique_ptr<Entry>> runs_;
    std::unordered_map<AttemptId, RunId> attempts_;   ///< live ones and those being swept; for look-ups only
    std::set<AttemptId> live_;                        ///< attempts that hold a slot
    SlotQueue slots_;
    GroupQueue groups_;
    std::set<std::pair<UtcTime, RunId>> deadlines_;
    std::map<std::string, AnswerRow, std::less<>> answers_;  ///< by uid and key
    std::vector<std::string> answer_order_;           ///< oldest first, from answer_first_ on
    std::size_t answer_first_ = 0;
    std::map<RunId, RunId> settled_;                  ///< by resolves since the start: rows that a command read may be older
    std::map<std::pair<VersionId, RunId>, std::vector<std::pair<RunId, flow::StepIndex>>> waiting_for_plan_;  ///< steps that are to start runs
    PlanLoaded const* loaded_ = nullptr;              ///< while those are told
    std::deque<std::pair<RunId, RunEvent>> later_;    ///< what runs have to tell each other
    bool draining_ = false, degraded_ = false;
    std::string degraded_reason_;
    std::size_t unloadable_ = 0;
    // Decided since the last take().
    std::set<RunId> changed_;
    std::vector<std::unique_ptr<Entry>> ended_;       ///< their last rows are still to be handed out
    std::vector<Row> rows_;
    std::vector<Effect> effects_;
    std::uint32_t epoch_ = 0;                         ///< newest epoch that was allotted from
};

}  // namespace pawl
