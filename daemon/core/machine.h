// The machine behind step() of run.h: moves one run on by one event, and lives for that event only. Its parts lie in run.cpp (the run),
// run_steps.cpp, run_attempts.cpp and run_items.cpp (steps with matrix or foreach).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/run.h"

namespace pawl {

/// An error as one sentence that begins with its place.
std::string described(Error const& error);

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
    // Steps. `index`: of a row, which is a step of the plan or, behind those, an item of one.
    void decide(flow::StepIndex index);
    void begin(flow::StepIndex index);
    void begin_action(flow::StepIndex index);
    void begin_command(flow::StepIndex index);
    void begin_wait(flow::StepIndex index);
    void begin_approval(flow::StepIndex index);
    void choose_arm(flow::StepIndex index);
    bool is_switched_off(flow::StepIndex index) const;
    void settle_approval(flow::StepIndex index, bool approved, std::string by, std::string comment);
    void queue(flow::StepIndex index);
    void finish(flow::StepIndex index, StepState state, Reason reason, std::string message);
    void fail(flow::StepIndex index, Reason reason, std::string message) { finish(index, StepState::failed, reason, std::move(message)); }
    void count_failure(flow::StepIndex index);
    void stop_step(flow::StepIndex index);
    void stop_steps(bool now, flow::Section first, flow::Section last);
    // Attempts.
    void settle_attempt(AttemptRow& attempt, AttemptEnd const& end);
    void settle_known(flow::StepIndex index, AttemptRow const& attempt, AttemptEnd const& end);
    void settle_lost(flow::StepIndex index, AttemptRow& attempt);
    void after_loss(flow::StepIndex index);
    bool wait_for_retry(flow::StepIndex index, AttemptRow const& attempt);
    void stop_attempt(AttemptRow& attempt, bool now);
    // Items.
    bool has_items(flow::StepIndex index) const;
    void expand(flow::StepIndex index);
    bool tend_items();
    void begin_items(flow::StepIndex parent);
    void settle_items(flow::StepIndex parent);
    void item_ended(flow::StepIndex index, bool had_begun);
    void stop_items(flow::StepIndex parent);
    // The run.
    void stop(Reason reason, bool now);
    void advance();
    void begin_section(flow::Section section);
    bool section_ended(flow::Section section) const;
    void finish_steps();
    bool undo_next();
    bool has_something_to_undo(flow::StepIndex undone) const;
    void next_handlers();
    void end(RunState state, Reason reason);
    void show_activity();

    flow::StepPlan const& plan_of(flow::StepIndex index) const { return pawl::plan_of(run_, index); }
    /// The run, or the step whose item it is, is being stopped.
    bool is_stopping(flow::StepIndex index) const;
    void set_state(StepRow& row, StepState state);
    void set_due(StepRow& row, std::optional<UtcTime> due);
    void touch(flow::StepIndex index);
    void touch(AttemptRow const& attempt);
    void journal_step(flow::StepIndex index, std::string_view what, int attempt = 0, JsonMap data = {});
    void journal_run();
    AttemptRow* find(AttemptId id);
    void forget(AttemptId id) { std::erase_if(run_.attempts, [id](AttemptRow const& row) { return row.id == id; }); }

    Run& run_;
    flow::Plan const& plan_;
    Surroundings const& surroundings_;
    UtcTime now_;
    std::vector<RunEffect>& effects_;
    std::vector<flow::StepIndex> to_decide_;  ///< pending steps, one of whose needs has ended
    std::vector<flow::StepIndex> to_tend_;    ///< steps whose items have moved
};

}  // namespace pawl
