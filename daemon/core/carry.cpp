#include "daemon/core/carry.h"

#include <algorithm>
#include <vector>

#include "common/base/error_codes.h"

namespace pawl {
namespace {

using flow::StepIndex;

void carry_values(Run& fresh, StoredRun const& ended) {
    fresh.row.retry_of = ended.run.id;
    fresh.row.number_of_try = ended.run.number_of_try + 1;
    fresh.row.group = ended.run.group;
    fresh.data.inputs = ended.data.inputs;
    fresh.data.vars = ended.data.vars;
    fresh.data.event = ended.data.event;
}

/// Marks the step and all that depend on it. Others that did not succeed are marked by the caller, without those behind them: what
/// succeeded behind a step that was skipped or forgiven is not done twice.
void run_again_from(flow::Plan const& plan, StepIndex from, std::vector<bool>& again) {
    std::vector<bool> seen(again.size());
    std::vector<StepIndex> open{from};
    while (!open.empty()) {
        StepIndex const at = open.back();
        open.pop_back();
        if (seen[at]) continue;
        seen[at] = again[at] = true;
        open.insert(open.end(), plan.steps[at].dependents.begin(), plan.steps[at].dependents.end());
    }
}

void carry_step(Run& fresh, StoredRun const& ended, std::size_t index) {
    StepRow row = ended.steps[index];
    row.run = fresh.row.id;
    row.carried = true;
    row.spec.clear();
    bool const bad = row.state == StepState::failed || row.state == StepState::lost;
    if (bad && fresh.row.failed_step.empty() && !fresh.plan->steps[index].continue_on_error) fresh.row.failed_step = row.id;
    fresh.steps[index] = std::move(row);
}

Error conflict(std::string message, std::string hint) {
    return Error{.code = code::conflict, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

Error no_such_step(std::string_view step) {
    return Error{.code = code::not_found, .message = "the run has no step '" + std::string(step) + "'", .where = {},
                 .hint = "pawl inspect shows its steps"};
}

/// What was taken back has to be done again.
void run_undone_again(flow::Plan const& plan, StoredRun const& ended, std::vector<bool>& again) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        bool const was_undone = plan.steps[i].undoes && ended.steps[i].state != StepState::skipped;
        if (was_undone) run_again_from(plan, *plan.steps[i].undoes, again);
    }
}

bool is_handler(flow::Plan const& plan, std::size_t index) { return plan.steps[index].section != flow::Section::steps; }

}  // namespace

Status carry_over(Run& fresh, StoredRun const& ended, std::string_view from) {
    flow::Plan const& plan = *fresh.plan;
    std::vector<bool> again(plan.steps.size());
    for (std::size_t i = 0; i < again.size(); ++i) again[i] = !is_handler(plan, i) && ended.steps[i].state != StepState::succeeded;
    run_undone_again(plan, ended, again);
    if (!from.empty()) {
        std::optional<StepIndex> const index = plan.find(from);
        if (!index || is_handler(plan, *index)) return no_such_step(from);
        run_again_from(plan, *index, again);
    }
    bool any = false;
    for (std::size_t i = 0; i < again.size(); ++i) any = any || again[i];
    auto const went_wrong = [](StepRow const& step) { return step.state != StepState::succeeded && step.state != StepState::skipped; };
    if (from.empty() && ended.run.state == RunState::succeeded && std::ranges::none_of(ended.steps, went_wrong)) any = false;
    if (!any)
        return conflict("nothing failed in run " + std::to_string(ended.run.id.value),
                        "use --from STEP: pawl retry " + std::to_string(ended.run.id.value) + " --from STEP");
    carry_values(fresh, ended);
    for (std::size_t i = 0; i < again.size(); ++i)
        if (!again[i] && !is_handler(plan, i)) carry_step(fresh, ended, i);
    return Done{};
}

Status carry_over_resolved(Run& fresh, StoredRun const& ended, std::string_view step, ResolveStep::As as, std::string_view comment) {
    flow::Plan const& plan = *fresh.plan;
    std::optional<StepIndex> const index = plan.find(step);
    if (!index) return no_such_step(step);
    if (ended.steps[*index].state != StepState::lost)
        return conflict("step '" + std::string(step) + "' is " + std::string(name_of(ended.steps[*index].state)) + ", not lost",
                        "only a lost step can be resolved; pawl retry starts the run again");
    if (is_handler(plan, *index)) return conflict("'" + std::string(step) + "' is a handler", "handlers are not carried over");
    std::vector<bool> again(plan.steps.size());
    for (std::size_t i = 0; i < again.size(); ++i) {
        StepState const state = ended.steps[i].state;
        again[i] = !is_handler(plan, i) && state != StepState::succeeded && state != StepState::lost;
    }
    run_undone_again(plan, ended, again);
    if (as == ResolveStep::As::retry) run_again_from(plan, *index, again);
    carry_values(fresh, ended);
    for (std::size_t i = 0; i < again.size(); ++i) {
        if (again[i] || is_handler(plan, i)) continue;
        if (i == *index) {
            StoredRun settled{.run = ended.run, .steps = ended.steps};
            StepRow& row = settled.steps[i];
            row.state = as == ResolveStep::As::success ? StepState::succeeded : StepState::failed;
            row.reason = Reason::resolved;
            row.message = "resolved by hand" + (comment.empty() ? std::string() : ": " + std::string(comment));
            carry_step(fresh, settled, i);
        } else {
            carry_step(fresh, ended, i);
        }
    }
    return Done{};
}

}  // namespace pawl
