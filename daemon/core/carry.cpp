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

/// The items of a step lie behind the plan's steps, those of one step side by side.
std::vector<StepRow> items_of_step(StoredRun const& ended, std::size_t step) {
    std::vector<StepRow> items;
    for (StepRow const& row : ended.steps)
        if (row.item_of == step) items.push_back(row);
    return items;
}

/// Items of a step that is carried over, or of one that runs again: what succeeded (and what nobody has settled) stays, the rest is
/// made anew from the same values.
void carry_items(Run& fresh, StoredRun const& ended, std::size_t step, bool runs_again, bool keeps_lost) {
    for (StepRow& row : items_of_step(ended, step)) {
        bool const stays = !runs_again || row.state == StepState::succeeded || (keeps_lost && row.state == StepState::lost);
        StepRow carried{.run = fresh.row.id, .id = row.id, .item_of = row.item_of, .item_number = row.item_number, .item = row.item};
        if (stays) carried = std::move(row);
        carried.run = fresh.row.id;
        carried.step = static_cast<StepIndex>(fresh.steps.size());
        carried.carried = stays;
        carried.spec.clear();
        fresh.steps.push_back(std::move(carried));
    }
}

/// Nothing before it is done again, so it would run for the same items.
bool keeps_its_items(flow::Plan const& plan, std::vector<bool> const& again, std::size_t step) {
    if (!plan.steps[step].fan_out) return false;
    std::vector<bool> seen(again.size());
    std::vector<StepIndex> open(plan.steps[step].needs);
    while (!open.empty()) {
        StepIndex const at = open.back();
        open.pop_back();
        if (seen[at]) continue;
        if (again[at]) return false;
        seen[at] = true;
        open.insert(open.end(), plan.steps[at].needs.begin(), plan.steps[at].needs.end());
    }
    return true;
}

/// What was taken back has to be done again.
void run_undone_again(flow::Plan const& plan, StoredRun const& ended, std::vector<bool>& again) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        bool const was_undone = plan.steps[i].undoes && ended.steps[i].state != StepState::skipped;
        if (was_undone) run_again_from(plan, *plan.steps[i].undoes, again);
    }
}

bool is_handler(flow::Plan const& plan, std::size_t index) { return plan.steps[index].section != flow::Section::steps; }

/// Settled as failed: it is not made anew.
void keep_failed_item(Run& fresh, StepRow const& settled) {
    auto const row = std::ranges::find(fresh.steps, settled.id, &StepRow::id);
    if (row == fresh.steps.end()) return;
    StepIndex const place = row->step;
    *row = settled;
    row->run = fresh.row.id;
    row->step = place;
    row->carried = true;
    row->spec.clear();
    count_rows(fresh);
}

/// `whole`: steps whose items are all made anew.
void carry_all(Run& fresh, StoredRun const& ended, std::vector<bool> const& again, std::vector<bool> const& whole, bool keeps_lost) {
    flow::Plan const& plan = *fresh.plan;
    carry_values(fresh, ended);
    for (std::size_t i = 0; i < again.size(); ++i)
        if (!again[i] && !is_handler(plan, i)) carry_step(fresh, ended, i);
    for (std::size_t i = 0; i < again.size(); ++i) {
        if (is_handler(plan, i) || (again[i] && (whole[i] || !keeps_its_items(plan, again, i)))) continue;
        carry_items(fresh, ended, i, again[i], keeps_lost);
    }
    count_rows(fresh);
}

}  // namespace

Status carry_over(Run& fresh, StoredRun const& ended, std::string_view from) {
    flow::Plan const& plan = *fresh.plan;
    std::vector<bool> again(plan.steps.size());
    for (std::size_t i = 0; i < again.size(); ++i) again[i] = !is_handler(plan, i) && ended.steps[i].state != StepState::succeeded;
    std::vector<bool> whole(again.size());
    run_undone_again(plan, ended, whole);
    if (!from.empty()) {
        std::optional<StepIndex> const index = plan.find(from);
        if (!index || is_handler(plan, *index)) return no_such_step(from);
        run_again_from(plan, *index, whole);
    }
    for (std::size_t i = 0; i < again.size(); ++i) again[i] = again[i] || whole[i];
    bool any = false;
    for (std::size_t i = 0; i < again.size(); ++i) any = any || again[i];
    auto const went_wrong = [](StepRow const& step) { return step.state != StepState::succeeded && step.state != StepState::skipped; };
    if (from.empty() && ended.run.state == RunState::succeeded && std::ranges::none_of(ended.steps, went_wrong)) any = false;
    if (!any)
        return conflict("nothing failed in run " + std::to_string(ended.run.id.value),
                        "use --from STEP: pawl retry " + std::to_string(ended.run.id.value) + " --from STEP");
    carry_all(fresh, ended, again, whole, false);
    return Done{};
}

Status carry_over_resolved(Run& fresh, StoredRun const& ended, std::string_view step, ResolveStep::As as, std::string_view comment) {
    flow::Plan const& plan = *fresh.plan;
    auto const row = std::ranges::find(ended.steps, step, &StepRow::id);
    if (row == ended.steps.end()) return no_such_step(step);
    StepIndex const index = row->item_of.value_or(row->step);  // of an item: its step goes on with it
    if (row->state != StepState::lost)
        return conflict("step '" + std::string(step) + "' is " + std::string(name_of(row->state)) + ", not lost",
                        "only a lost step can be resolved; pawl retry starts the run again");
    if (is_handler(plan, index)) return conflict("'" + std::string(step) + "' is a handler", "handlers are not carried over");
    if (!row->item_of && plan.steps[index].fan_out) return conflict("'" + std::string(step) + "' has items", "name the lost one: pawl inspect shows them");
    std::vector<bool> again(plan.steps.size()), whole(plan.steps.size());
    for (std::size_t i = 0; i < again.size(); ++i) {
        StepState const state = ended.steps[i].state;
        again[i] = !is_handler(plan, i) && state != StepState::succeeded && state != StepState::lost;
    }
    run_undone_again(plan, ended, whole);
    if (as == ResolveStep::As::retry && !row->item_of) run_again_from(plan, index, whole);
    if (row->item_of) run_again_from(plan, index, again);
    for (std::size_t i = 0; i < again.size(); ++i) again[i] = again[i] || whole[i];
    StoredRun settled{.run = ended.run, .data = ended.data, .steps = ended.steps};
    StepRow& named = settled.steps[row->step];
    if (as != ResolveStep::As::retry) {
        named.state = as == ResolveStep::As::success ? StepState::succeeded : StepState::failed;
        named.reason = Reason::resolved;
        named.message = "resolved by hand" + (comment.empty() ? std::string() : ": " + std::string(comment));
    } else if (named.item_of) {
        named.state = StepState::failed;  // anything but lost: it runs again
    }
    carry_all(fresh, settled, again, whole, true);
    if (row->item_of && as == ResolveStep::As::failed) keep_failed_item(fresh, named);
    return Done{};
}

}  // namespace pawl
