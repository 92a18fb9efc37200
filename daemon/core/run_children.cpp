// Steps with `uses: workflow/NAME`: a run of another workflow, which this one waits for and takes along when it is stopped.
#include "daemon/core/machine.h"
#include "daemon/core/prepare.h"

namespace pawl {

using flow::StepIndex;

/// The run is made when the plan of its workflow is at hand; its inputs are computed then.
void Machine::begin_child(StepIndex index) {
    StepRow& row = run_.steps[index];
    set_state(row, StepState::waiting);
    row.reason = Reason::child;
    touch(index);
    effects_.emplace_back(WantChild{index});
}

void Machine::on(RunChildReady const& ready) {
    if (!waits_for_child(run_.steps[ready.step])) return;
    Result<Json> inputs = evaluate_child_inputs(run_, ready.step, now_);
    if (inputs) {
        effects_.emplace_back(StartChild{ready.step, std::move(*inputs)});
        return;
    }
    fail(ready.step, Reason::expression_error, described(inputs.error()));
    advance();
}

void Machine::on(RunChildStarted const& started) {
    StepRow& row = run_.steps[started.step];
    row.child = started.child;
    touch(started.step);
    journal_step(started.step, "step.waiting", 0, JsonMap{{"reason", name_of(Reason::child)}, {"run", started.child.value}});
    show_activity();
}

void Machine::on(RunChildRefused const& refused) {
    if (!waits_for_child(run_.steps[refused.step])) return;
    if (refused.reason == Reason::condition) finish(refused.step, StepState::skipped, Reason::child, refused.message);
    else fail(refused.step, refused.reason, refused.message);
    advance();
}

void Machine::on(RunChildEnded const& ended) {
    StepRow& row = run_.steps[ended.step];
    bool const is_awaited = (row.state == StepState::waiting || row.state == StepState::stopping) && row.child == ended.child;
    if (!is_awaited) return;
    std::string const name = "run " + std::to_string(ended.child.value);
    std::string const why = ended.message.empty() ? "" : ": " + ended.message;
    row.outputs = ended.outputs;
    switch (ended.state) {
    case RunState::succeeded: finish(ended.step, StepState::succeeded, Reason::none, ""); break;
    case RunState::skipped: finish(ended.step, StepState::skipped, Reason::child, name + " was skipped" + why); break;
    case RunState::cancelled:
        if (row.state == StepState::stopping) finish(ended.step, StepState::cancelled, Reason::cancelled, "stopped on request");
        else fail(ended.step, Reason::cancelled, name + " was cancelled");  // by somebody else: what it was to do is not done
        break;
    default: fail(ended.step, Reason::child, name + " failed" + why); break;
    }
    advance();
}

/// It ends when its run has; until then the step is stopping.
void Machine::stop_child(StepIndex index, bool now) {
    StepRow& row = run_.steps[index];
    bool const again = row.state == StepState::stopping;
    if (again && !now) return;
    if (!again) {
        set_state(row, StepState::stopping);
        touch(index);
        journal_step(index, "step.stopping");
    }
    effects_.emplace_back(StopChild{row.child, now});
}

}  // namespace pawl
