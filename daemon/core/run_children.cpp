// Steps with `uses: workflow/NAME`: a run of another workflow, which this one waits for and takes along when it is stopped.
#include "daemon/core/machine.h"
#include "daemon/core/prepare.h"

namespace pawl {

using flow::StepIndex;

namespace {

bool is_of(StepRow const& row, RunId child) {
    return (row.state == StepState::waiting || row.state == StepState::stopping) && row.child == child;
}

}  // namespace

void Machine::begin_child(StepIndex index) {
    auto const& action = std::get<flow::WorkflowAction>(plan_of(index).action);
    Result<Json> inputs = evaluate_child_inputs(run_, index, now_);
    if (!inputs) return fail(index, Reason::expression_error, described(inputs.error()));
    StepRow& row = run_.steps[index];
    set_state(row, StepState::waiting);
    row.reason = Reason::child;
    touch(index);
    effects_.emplace_back(StartChild{index, action.workflow, std::move(*inputs)});
}

void Machine::on(RunChildStarted const& started) {
    StepRow& row = run_.steps[started.step];
    if (row.state != StepState::waiting || row.reason != Reason::child || row.child) return;
    row.child = started.child;
    touch(started.step);
    journal_step(started.step, "step.waiting", 0, JsonMap{{"reason", name_of(Reason::child)}, {"run", started.child.value}});
    show_activity();
}

void Machine::on(RunChildRefused const& refused) {
    StepRow const& row = run_.steps[refused.step];
    if (row.state != StepState::waiting || row.reason != Reason::child || row.child) return;
    if (refused.reason == Reason::child) finish(refused.step, StepState::skipped, Reason::child, refused.message);
    else fail(refused.step, refused.reason, refused.message);
    advance();
}

void Machine::on(RunChildEnded const& ended) {
    StepRow& row = run_.steps[ended.step];
    if (!is_of(row, ended.child)) return;
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

}  // namespace pawl
