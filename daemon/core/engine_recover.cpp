// Start-up: from stored rows to an engine that goes on, whatever the last daemon was doing.
#include <algorithm>

#include "common/base/crash_point.h"
#include "daemon/core/engine.h"
#include "daemon/core/prepare.h"
#include "daemon/core/retry.h"
#include "daemon/core/spec.h"

namespace pawl {

void Engine::restore(StoredRun stored, std::shared_ptr<flow::Plan const> plan, VersionRow const& version, std::string workflow) {
    bool const fits = plan && stored.steps.size() >= plan->steps.size();
    if (!fits) {
        ++unloadable_;
        return;
    }
    auto entry = std::make_unique<Entry>();
    Run& run = entry->run;
    run.row = std::move(stored.run);
    run.data = std::move(stored.data);
    run.steps = std::move(stored.steps);
    run.attempts = std::move(stored.attempts);
    run.plan = std::move(plan);
    run.workflow = std::move(workflow);
    run.version_number = version.number;
    run.root = version.root;
    count_rows(run);
    for (AttemptRow const& attempt : run.attempts) {
        attempts_[attempt.id] = run.row.id;
        if (!is_final(attempt.state)) live_.insert(attempt.id);
    }
    if (!run.row.group.empty()) {
        if (run.row.state == RunState::queued) groups_.enqueue(run.row.group, group_entry(run));
        else groups_.begin(run.row.group, run.row.id);
    }
    for (StepRow const& row : run.steps)
        if (row.state == StepState::queued) slots_.add(slot_entry(run, row.step));
    entry->deadline = pawl::next_deadline(run);
    if (entry->deadline != never) deadlines_.insert({entry->deadline, run.row.id});
    RunId const id = run.row.id;
    runs_[id] = std::move(entry);
}

std::vector<AttemptRow> Engine::live_attempts() const {
    std::vector<AttemptRow> live;
    for (auto const& [id, entry] : runs_)
        for (AttemptRow const& attempt : entry->run.attempts)
            if (!is_final(attempt.state)) live.push_back(attempt);
    return live;
}

std::optional<LaunchSpec> Engine::spec_of(AttemptRow const& attempt) const {
    Run const& run = runs_.at(attempt.run)->run;
    Result<LaunchSpec> spec = decode_spec(run.steps[attempt.step].spec);
    if (!spec || spec->keep.empty()) return std::nullopt;
    return spec_of_attempt(std::move(*spec), run, attempt);
}

bool Engine::succeeds(AttemptId attempt, AttemptEnd const& end) const {
    auto const found = attempts_.find(attempt);
    auto const entry = found == attempts_.end() ? runs_.end() : runs_.find(found->second);
    if (entry == runs_.end()) return false;
    Run const& run = entry->second->run;
    auto const row = std::ranges::find(run.attempts, attempt, &AttemptRow::id);
    return row != run.attempts.end() && judge(plan_of(run, row->step), end).succeeded;
}

void Engine::recover(AttemptId id, Verdict const& verdict, UtcTime now) {
    now_ = now;
    auto const found = attempts_.find(id);
    if (found == attempts_.end()) return;
    Run& run = runs_.at(found->second)->run;
    auto const attempt = std::find_if(run.attempts.begin(), run.attempts.end(), [id](AttemptRow const& row) { return row.id == id; });
    if (attempt == run.attempts.end() || is_final(attempt->state)) return;
    bool const stop = attempt->stop_requested && !PAWL_MUTANT("stop_forgotten");
    switch (verdict.kind) {
    case VerdictKind::never_started: {
        if (stop) {
            effects_.emplace_back(StopAttempt{id, attempt->slot});  // revoked: it must not start any more
            return;
        }
        if (PAWL_MUTANT("outbox_not_replayed")) return;
        Result<LaunchSpec> spec = decode_spec(run.steps[attempt->step].spec);
        if (!spec) return on(AttemptEnded{id, AttemptEnd{.kind = EndKind::lost}});
        if (PAWL_MUTANT("launch_not_idempotent")) attempt->slot = options_.allot();
        effects_.emplace_back(Launch{id, run.row.id, attempt->slot, spec_of_attempt(std::move(*spec), run, *attempt)});
        return;
    }
    case VerdictKind::alive:
        effects_.emplace_back(AdoptAttempt{id, run.row.id, attempt->slot});
        if (stop) effects_.emplace_back(StopAttempt{id, attempt->slot});
        return;
    case VerdictKind::ended: return on(AttemptEnded{id, verdict.end});
    case VerdictKind::lost: return on(AttemptEnded{id, AttemptEnd{.kind = EndKind::lost}});
    }
}

void Engine::resume(UtcTime now) {
    now_ = now;
    std::set<AttemptId> asked;  // found lost in this start
    for (Effect const& effect : effects_)
        if (auto const* sweep = std::get_if<SweepAttempt>(&effect)) asked.insert(sweep->attempt);
    std::vector<std::string> groups;
    for (auto const& [id, entry] : runs_) {
        for (AttemptRow const& attempt : entry->run.attempts)
            if (attempt.sweep_due && !asked.contains(attempt.id)) effects_.emplace_back(SweepAttempt{attempt.id, attempt.slot, attempt.cookie});
        if (entry->run.row.state == RunState::queued && !entry->run.row.group.empty()) groups.push_back(entry->run.row.group);
    }
    for (auto const& [id, entry] : runs_)
        for (StepRow const& row : entry->run.steps)
            if (waits_for_child(row) && !PAWL_MUTANT("child_forgotten")) want_child(entry->run, row.step);
    for (std::string const& group : groups) admit_next(group);
    std::vector<RunId> ungrouped;
    for (auto const& [id, entry] : runs_)
        if (entry->run.row.state == RunState::queued && entry->run.row.group.empty()) ungrouped.push_back(id);
    for (RunId id : ungrouped) tell(*runs_.at(id), RunAdmitted{});
    tell_later();
}

}  // namespace pawl
