#include "daemon/core/engine.h"

#include <algorithm>

#include "common/base/crash_point.h"

namespace pawl {

Engine::Engine(EngineOptions options, EngineState state)
    : options_(std::move(options)), last_workflow_(state.last_workflow), last_version_(state.last_version), last_run_(state.last_run),
      last_attempt_(state.last_attempt), last_batch_(state.batch) {
    for (WorkflowRow const& row : state.workflows) workflows_[row.name] = Catalogued{row, {}};
    std::unordered_map<VersionId, VersionRow*> versions;
    for (VersionRow& version : state.active_versions) versions[version.id] = &version;
    for (auto& [name, entry] : workflows_)
        if (auto const found = versions.find(entry.row.active); found != versions.end()) entry.active = std::move(*found->second);
    std::ranges::sort(state.answers, {}, &AnswerRow::at);
    for (AnswerRow& row : state.answers) {
        std::string key = std::to_string(row.uid) + "/" + row.key;
        answer_order_.push_back(key);
        answers_[std::move(key)] = std::move(row);
    }
}

// ---- events

void Engine::apply(Event const& event, UtcTime now) {
    now_ = now;
    std::visit([this](auto const& what) { on(what); }, event);
    tell_later();
}

void Engine::on(AttemptEnded const& ended) {
    auto const found = attempts_.find(ended.attempt);
    if (found == attempts_.end()) return;  // told before
    auto const run = runs_.find(found->second);
    if (run == runs_.end()) return;
    Entry& entry = *run->second;
    live_.erase(ended.attempt);
    tell(entry, RunAttemptEnded{ended.attempt, ended.end});
}

void Engine::on(AttemptSwept const& swept) {
    auto const found = attempts_.find(swept.attempt);
    if (found == attempts_.end()) return;
    tell(*runs_.at(found->second), RunAttemptSwept{swept.attempt});
}

void Engine::on(Refused const& refused) {
    rows_.emplace_back(AuditRow{.at = now_, .uid = refused.who.uid, .gid = refused.who.gid, .pid = refused.who.pid, .via = refused.via,
                                .action = refused.action, .object = refused.object, .outcome = std::string(refused.code.name)});
}

void Engine::on(TimePassed const&) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
        Entry& entry = *runs_.at(deadlines_.begin()->second);
        deadlines_.erase(deadlines_.begin());
        entry.deadline = never;
        tell(entry, RunTime{});
    }
}

void Engine::on(StoreDegraded const& degraded) {
    degraded_ = degraded.on;
    degraded_reason_ = degraded.reason;
}

// ---- runs

void Engine::tell(Entry& entry, RunEvent const& event) {
    std::vector<RunEffect> effects;
    step(entry.run, event, options_.surroundings, now_, effects);
    after(entry, effects);
}

/// Does what the run asks for inside the engine, and keeps the rest for the world.
void Engine::after(Entry& entry, std::vector<RunEffect>& effects) {
    Run& run = entry.run;
    if (!run.changes.empty()) changed_.insert(run.row.id);
    for (AttemptRow const& attempt : run.changes.attempts)
        if (is_final(attempt.state) && !attempt.sweep_due && !PAWL_MUTANT("stale_exit_accepted")) attempts_.erase(attempt.id);
    bool ended = false;
    for (RunEffect& effect : effects) {
        if (auto const* want = std::get_if<WantSlot>(&effect)) slots_.add(slot_entry(run, want->step));
        else if (auto const* drop = std::get_if<DropSlot>(&effect)) slots_.remove(slot_entry(run, drop->step));
        else if (auto* launch = std::get_if<Launch>(&effect)) effects_.emplace_back(std::move(*launch));
        else if (auto* stop = std::get_if<StopAttempt>(&effect)) effects_.emplace_back(std::move(*stop));
        else if (auto* sweep = std::get_if<SweepAttempt>(&effect)) effects_.emplace_back(std::move(*sweep));
        else if (auto const* child = std::get_if<WantChild>(&effect)) want_child(run, child->step);
        else if (auto const* start = std::get_if<StartChild>(&effect)) start_child(entry, *start);
        else if (auto const* cancel = std::get_if<StopChild>(&effect); cancel != nullptr && !PAWL_MUTANT("child_not_cancelled")) later_.emplace_back(cancel->child, RunCancel{cancel->now, Reason::cancelled});
        else if (std::holds_alternative<RunEnded>(effect)) ended = true;
    }
    if (ended) return run_ended(entry);
    UtcTime const deadline = pawl::next_deadline(run);
    if (deadline == entry.deadline) return;
    if (entry.deadline != never) deadlines_.erase({entry.deadline, run.row.id});
    if (deadline != never) deadlines_.insert({deadline, run.row.id});
    entry.deadline = deadline;
}

void Engine::run_ended(Entry& entry) {
    RunId const id = entry.run.row.id;
    if (entry.deadline != never) deadlines_.erase({entry.deadline, id});
    entry.deadline = never;
    tell_parent(entry.run);
    std::string const group = entry.run.row.group;
    if (!group.empty()) groups_.leave(group, group_entry(entry.run));
    auto const found = runs_.find(id);
    ASSERT(found != runs_.end());
    ended_.push_back(std::move(found->second));
    runs_.erase(found);
    changed_.erase(id);
    if (!group.empty()) admit_next(group);
}

void Engine::admit_next(std::string const& name) {
    for (;;) {
        GroupQueue::Group& group = groups_.group(name);
        if (group.queued.empty()) break;
        GroupQueue::Entry const first = *group.queued.begin();
        Entry& entry = *runs_.at(first.run);
        auto const limit = static_cast<std::size_t>(entry.run.plan->concurrency->limit);
        if (group.begun.size() >= limit) break;
        group.queued.erase(first);
        group.begun.insert(first.run);
        tell(entry, RunAdmitted{});
    }
    groups_.leave(name, {});  // forgets an empty group
}

SlotQueue::Entry Engine::slot_entry(Run const& run, flow::StepIndex index) const {
    return {QueueOrder::of(run.row.priority, run.steps[index].queued_at.value_or(run.row.created_at)), run.row.id, index};
}

GroupQueue::Entry Engine::group_entry(Run const& run) const {
    return {QueueOrder::of(run.row.priority, run.row.created_at), run.row.id};
}

void Engine::give_slots() {
    if (draining_ || degraded_) return;
    while (live_.size() < static_cast<std::size_t>(options_.attempts_max)) {
        std::optional<SlotQueue::Entry> const next = slots_.next();
        if (!next) return;
        slots_.remove(*next);
        Entry& entry = *runs_.at(next->run);
        AttemptId const attempt{++last_attempt_};
        SlotRef const slot = options_.allot();
        if (slot.epoch != epoch_) {
            epoch_ = slot.epoch;
            rows_.emplace_back(MetaRow{"epoch", std::int64_t{slot.epoch}});
        }
        attempts_[attempt] = next->run;
        live_.insert(attempt);
        tell(entry, SlotGranted{next->step, attempt, slot});
    }
}

// ---- what was decided

void Engine::collect(Entry& entry) {
    Run& run = entry.run;
    RunChanges changes = std::exchange(run.changes, {});
    bool const inserted = run.row.version == 0;
    ++run.row.version;
    rows_.emplace_back(run.row);
    if (changes.data || inserted) rows_.emplace_back(run.data);
    for (flow::StepIndex index : changes.steps) {
        rows_.emplace_back(run.steps[index]);
        bool const over = is_final(run.steps[index].state);
        if (over) run.steps[index].spec.clear();  // stored; an empty one leaves it alone
    }
    for (AttemptRow& attempt : changes.attempts) rows_.emplace_back(std::move(attempt));
    for (JournalRow& journal : changes.journal) rows_.emplace_back(std::move(journal));
    effects_.emplace_back(RunChanged{run.row.id, is_final(run.row.state)});
}

Decided Engine::take(UtcTime now) {
    now_ = now;
    give_slots();
    bool full = false;
    auto const add = [&](Entry& entry) {
        if (entry.run.changes.empty()) return;
        if (entry.run.row.durability == flow::Durability::full) full = true;
        collect(entry);
    };
    // Commands' own rows (audit, answers, versions) are there already: people's acknowledgements are always durable in full.
    if (!rows_.empty()) full = true;
    for (std::unique_ptr<Entry> const& entry : ended_) add(*entry);
    for (RunId id : changed_) add(*runs_.at(id));
    ended_.clear();
    changed_.clear();
    Decided decided;
    decided.batch.rows = std::exchange(rows_, {});
    decided.batch.durability = full ? flow::Durability::full : flow::Durability::normal;
    if (!decided.batch.rows.empty()) decided.batch.number = ++last_batch_;
    decided.effects = std::exchange(effects_, {});
    return decided;
}

Engine::Entry const& Engine::entry_of(RunId id) const {
    if (auto const found = runs_.find(id); found != runs_.end()) return *found->second;
    auto const ended = std::ranges::find_if(ended_, [id](auto const& entry) { return entry->run.row.id == id; });
    ASSERT(ended != ended_.end());
    return **ended;
}

std::optional<VersionRow> Engine::active_version(std::string_view workflow) const {
    auto const found = workflows_.find(workflow);
    if (found == workflows_.end() || !found->second.row.active) return std::nullopt;
    return found->second.active;
}

Engine::Counts Engine::counts() const {
    Counts counts{.runs_live = runs_.size(), .attempts_live = live_.size(), .attempts_max = static_cast<std::size_t>(options_.attempts_max),
                  .steps_queued = slots_.size(), .unloadable = unloadable_, .draining = draining_, .degraded = degraded_,
                  .degraded_reason = degraded_reason_};
    for (auto const& [id, entry] : runs_) {
        if (entry->run.row.state == RunState::queued) ++counts.runs_queued;
        else if (entry->run.row.state == RunState::waiting) ++counts.runs_waiting;
        else ++counts.runs_running;
    }
    for (auto const& [name, entry] : workflows_)
        if (entry.row.active) ++counts.workflows;
    return counts;
}

}  // namespace pawl
