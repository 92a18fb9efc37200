// Steps with `matrix` or `foreach`: one row an item, begun side by side up to max_parallel, and the step ends when all of them have.
#include <algorithm>
#include <limits>

#include "daemon/core/items.h"
#include "daemon/core/machine.h"

namespace pawl {

using flow::StepIndex;
using flow::StepPlan;

namespace {

/// Programs beyond these wait for no slot yet: a frozen launch for each of ten thousand items would only fill the memory.
constexpr std::size_t programs_ahead_max = 256;
constexpr std::size_t rows_max = 60'000;
static_assert(rows_max < std::numeric_limits<StepIndex>::max());

bool ended_badly(StepState state) { return state == StepState::failed || state == StepState::lost; }

/// The first of the worst: failed before lost before cancelled.
/// Its run was skipped: there was nothing to do for it, and nothing went wrong.
bool was_let_go(StepRow const& row) { return row.state == StepState::skipped && row.reason == Reason::child; }

StepRow const* worst_of(std::vector<StepRow> const& rows, Items const& items) {
    for (StepState const state : {StepState::failed, StepState::lost, StepState::cancelled, StepState::skipped})
        for (std::size_t i = items.first; i < items.first + items.count; ++i)
            if (rows[i].state == state && !was_let_go(rows[i])) return &rows[i];
    return nullptr;
}

std::string summary_of(std::vector<StepRow> const& rows, Items const& items, StepRow const& worst) {
    std::size_t bad = 0;
    for (std::size_t i = items.first; i < items.first + items.count; ++i) bad += ended_badly(rows[i].state) ? 1 : 0;
    if (bad == 0) return "stopped on request";
    return std::to_string(bad) + " of " + std::to_string(items.count) + " items ended badly, first " + worst.id + ": " + worst.message;
}

}  // namespace

bool Machine::has_items(StepIndex index) const {
    StepPlan const& plan = plan_of(index);
    if (run_.steps[index].item_of) return false;
    return plan.fan_out || (plan.undoes && plan_.steps[*plan.undoes].fan_out);
}

/// Makes a row for each item, unless an earlier run's were carried over.
void Machine::expand(StepIndex index) {
    run_.steps[index].started_at = now_;
    if (!run_.items.contains(index)) {
        Result<std::vector<Item>> items = items_of(run_, index, now_);
        if (!items) return fail(index, Reason::expression_error, described(items.error()));
        if (items->empty()) return finish(index, StepState::skipped, Reason::no_items, "there is no item to run for");
        if (run_.steps.size() + items->size() > rows_max)
            return fail(index, Reason::limit, "a run has at most 60,000 steps and items, and these " + std::to_string(items->size()) + " are too many");
        Items& rows = run_.items[index];
        rows = {.first = run_.steps.size(), .count = items->size(), .next = run_.steps.size(), .open = items->size()};
        for (Item& item : *items) {
            auto const row = static_cast<StepIndex>(run_.steps.size());
            run_.steps.push_back(StepRow{.run = run_.row.id, .step = row, .id = std::move(item.name), .item_of = index,
                                         .item_number = item.number, .item = std::move(item.value)});
            touch(row);
        }
    }
    set_state(run_.steps[index], StepState::running);
    touch(index);
    journal_step(index, "step.started", 0, JsonMap{{"items", static_cast<std::int64_t>(run_.items.at(index).count)}});
    to_tend_.push_back(index);
}

/// Begins what may begin now and ends steps whose items have ended. True when something has moved.
bool Machine::tend_items() {
    if (to_tend_.empty()) return false;
    std::vector<StepIndex> const parents = std::exchange(to_tend_, {});
    for (StepIndex const parent : parents) {
        StepState const state = run_.steps[parent].state;
        if (state != StepState::running && state != StepState::stopping) continue;
        bool const fails_fast = plan_.steps[parent].fan_out && plan_.steps[parent].fan_out->fail_fast;
        if (state == StepState::running && fails_fast && run_.items.at(parent).has_bad) stop_items(parent);
        if (run_.steps[parent].state == StepState::running) begin_items(parent);
        if (run_.items.at(parent).open == 0) settle_items(parent);
    }
    return true;
}

void Machine::begin_items(StepIndex parent) {
    StepPlan const& plan = plan_.steps[parent];
    std::size_t most = std::numeric_limits<std::size_t>::max();
    if (plan.undoes) most = 1;  // taken back one after the other
    else if (plan.fan_out->max_parallel) most = static_cast<std::size_t>(*plan.fan_out->max_parallel);
    bool const is_heavy = plan.is_process() || plan.is_work() || std::holds_alternative<flow::WorkflowAction>(plan.action);
    if (is_heavy) most = std::min(most, programs_ahead_max);
    Items& items = run_.items.at(parent);
    while (items.next < items.first + items.count && items.begun < most && run_.steps[parent].state == StepState::running) {
        auto const index = static_cast<StepIndex>(items.next++);
        if (run_.steps[index].state != StepState::pending) continue;
        ++items.begun;
        begin_action(index);
    }
}

void Machine::item_ended(StepIndex index, bool had_begun) {
    StepRow const& row = run_.steps[index];
    StepIndex const parent = *row.item_of;
    Items& items = run_.items.at(parent);
    --items.open;
    if (had_begun || items.next > index) --items.begun;
    if (ended_badly(row.state)) items.has_bad = true;
    to_tend_.push_back(parent);
}

/// fail_fast: the others are stopped as by a cancel.
void Machine::stop_items(StepIndex parent) {
    Items const items = run_.items.at(parent);
    set_state(run_.steps[parent], StepState::stopping);
    touch(parent);
    journal_step(parent, "step.stopping");
    for (std::size_t i = items.first; i < items.first + items.count; ++i) stop_step(static_cast<StepIndex>(i), false);
    for (AttemptRow& attempt : run_.attempts)
        if (run_.steps[attempt.step].item_of == parent) stop_attempt(attempt, false);
}

void Machine::settle_items(StepIndex parent) {
    Items const& items = run_.items.at(parent);
    StepRow const* const worst = worst_of(run_.steps, items);
    auto const first = run_.steps.begin() + static_cast<std::ptrdiff_t>(items.first);
    bool const all_let_go = std::all_of(first, first + static_cast<std::ptrdiff_t>(items.count), was_let_go);
    if (worst == nullptr && all_let_go) return finish(parent, StepState::skipped, Reason::child, "the runs of all its items were skipped");
    if (worst == nullptr) return finish(parent, StepState::succeeded, Reason::none, "");
    bool const bad = ended_badly(worst->state);
    StepState const state = bad ? worst->state : StepState::cancelled;
    finish(parent, state, bad ? Reason::items : Reason::cancelled, summary_of(run_.steps, items, *worst));
}

}  // namespace pawl
