#include "tests/sim/record.h"

#include <algorithm>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/core/run_json.h"

namespace pawl::sim {
namespace {

std::string named(RunId run) { return "run " + std::to_string(run.value); }

}  // namespace

void Record::committed(Batch const& batch) {
    for (Row const& row : batch.rows) {
        if (auto const* run = std::get_if<RunRow>(&row)) {
            StoredRun& stored = runs_[run->id];
            bool const was_final = stored.run.version != 0 && is_final(stored.run.state);
            if (was_final) violations.push_back({"terminal_is_final", named(run->id) + " changed after its end"});
            stored.run = *run;
        } else if (auto const* data = std::get_if<RunDataRow>(&row)) {
            runs_[data->run].data = *data;
        } else if (auto const* step = std::get_if<StepRow>(&row)) {
            StoredRun& stored = runs_[step->run];
            if (stored.steps.size() <= step->step) stored.steps.resize(step->step + std::size_t{1});
            bool const changed = stored.steps[step->step].state != step->state && is_final(stored.steps[step->step].state);
            if (changed) violations.push_back({"terminal_is_final", named(step->run) + " step " + step->id + " changed after its end"});
            stored.steps[step->step] = *step;
        } else if (auto const* attempt = std::get_if<AttemptRow>(&row)) {
            attempts_[attempt->id] = *attempt;
        } else if (auto const* journal = std::get_if<JournalRow>(&row)) {
            journals_[journal->run].push_back(*journal);
        } else if (auto const* version = std::get_if<VersionRow>(&row)) {
            versions_[version->id] = *version;
        } else if (auto const* workflow = std::get_if<WorkflowRow>(&row)) {
            names_[workflow->id] = workflow->name;
        } else if (auto const* source = std::get_if<SourceRow>(&row)) {
            sources_[source->hash] = *source;
        }
    }
}

void Record::acknowledged(RunId run) {
    if (!runs_.contains(run)) violations.push_back({"no_reply_before_commit", named(run) + " was acknowledged and is not stored"});
    acknowledged_.push_back(run);
}

Result<StoredSource> Record::source(VersionId id) const {
    auto const version = versions_.find(id);
    if (version == versions_.end()) return Error{.code = code::not_found, .message = "no such version", .where = {}, .hint = {}};
    SourceRow const& source = sources_.at(version->second.source_hash);
    return StoredSource{version->second, names_.at(version->second.workflow), source.file, source.text};
}

StoredRun const* Record::run(RunId id) const {
    auto const found = runs_.find(id);
    return found == runs_.end() ? nullptr : &found->second;
}

bool Record::stop_requested(AttemptId attempt) const {
    auto const found = attempts_.find(attempt);
    return found != attempts_.end() && found->second.stop_requested;
}

void Record::check(World const& world) {
    for (auto const& [id, run] : runs_) {
        check_journal(run);
        check_family(run);
        if (!is_final(run.run.state)) violations.push_back({"liveness", named(id) + " is " + std::string(name_of(run.run.state)) + " for ever"});
        if (is_final(run.run.state) && world.anything_of(id)) violations.push_back({"nothing_left", named(id) + " has ended, its processes have not"});
    }
    for (RunId id : acknowledged_)
        if (!runs_.contains(id)) violations.push_back({"acknowledged_is_kept", named(id) + " was acknowledged and is gone"});
    for (RunId id : cancelled_) {
        StoredRun const* stored = run(id);
        bool const heard = stored != nullptr && (stored->run.cancel_requested || stored->run.stop_handlers);
        if (!heard) violations.push_back({"acknowledged_is_kept", "the cancel of " + named(id) + " was acknowledged and is forgotten"});
    }
    check_statuses(world);
}

/// Sequence numbers without a gap; one beginning, one end; nothing follows the end of a step or of the run.
void Record::check_journal(StoredRun const& run) {
    static std::set<std::string_view> const ends{"run.succeeded", "run.failed", "run.cancelled", "run.skipped"};
    std::set<std::string> ended_steps;
    std::int64_t expected = 1;
    bool ended = false;
    for (JournalRow const& row : journals_[run.run.id]) {
        if (row.seq != expected++) return violations.push_back({"journal", named(run.run.id) + " has a gap or a double in its journal"});
        if (ended) violations.push_back({"journal", named(run.run.id) + " goes on after its end: " + row.kind});
        if (ends.contains(row.kind)) ended = true;
        if (!row.step.empty() && ended_steps.contains(row.step))
            violations.push_back({"journal", named(run.run.id) + " step " + row.step + " goes on after its end: " + row.kind});
        bool const end_of_step = row.kind == "step.succeeded" || row.kind == "step.failed" || row.kind == "step.lost" ||
                                 row.kind == "step.cancelled" || row.kind == "step.skipped";
        if (end_of_step) ended_steps.insert(row.step);
    }
    if (run.run.journal + 1 != expected) violations.push_back({"journal", named(run.run.id) + " has lost journal rows"});
}

/// Who started whom is told by both, one run for one step; the step ended as its run, and took it along when it was stopped.
void Record::check_family(StoredRun const& run) {
    RunRow const& child = run.run;
    if (child.parent) {
        StoredRun const* parent = this->run(child.parent);
        bool const is_known = parent != nullptr && parent->steps.size() > child.parent_step && parent->steps[child.parent_step].child == child.id;
        if (!is_known) violations.push_back({"one_run_a_step", named(child.id) + " was started by a step that does not know it"});
    }
    for (StepRow const& step : run.steps) {
        if (!step.child || step.carried) continue;
        StoredRun const* started = this->run(step.child);
        if (started == nullptr || started->run.parent != child.id || started->run.parent_step != step.step) {
            violations.push_back({"one_run_a_step", named(child.id) + " step " + step.id + " waits for a run that is not its own"});
            continue;
        }
        bool const succeeded = started->run.state == RunState::succeeded;
        if (is_final(step.state) && (!is_final(started->run.state) || succeeded != (step.state == StepState::succeeded)))
            violations.push_back({"ends_as_its_run", named(child.id) + " step " + step.id + " did not end as run " + std::to_string(step.child.value)});
        bool const was_stopped = std::ranges::any_of(journals_[child.id], [&](JournalRow const& row) { return row.kind == "step.stopping" && row.step == step.id; });
        bool const heard = started->run.cancel_requested || started->run.stop_handlers || started->run.state == RunState::cancelled;
        if (was_stopped && !heard) violations.push_back({"cancel_goes_down", named(step.child) + " was not cancelled with run " + std::to_string(child.id.value)});
    }
}

/// What the world knows of an exit stands in the row: no status is lost, none is made up.
void Record::check_statuses(World const& world) {
    for (auto const& [id, row] : attempts_) {
        Process const* process = world.process_of(id);
        if (process == nullptr || !process->over || !is_final(row.state)) continue;
        bool const known = process->end.kind == EndKind::exited;
        if (known && row.exit_code != process->end.exit_code)
            violations.push_back({"exit_status", "attempt " + std::to_string(id.value) + " ended with " +
                                                     std::to_string(process->end.exit_code) + ", which its row does not say"});
        bool const guessed = process->lost && row.state != AttemptState::lost && row.state != AttemptState::interrupted;
        if (guessed) violations.push_back({"exit_status", "attempt " + std::to_string(id.value) + " was lost, its row says otherwise"});
    }
}

std::string Record::hash() const {
    std::string text;
    for (auto const& [id, rows] : journals_)
        for (JournalRow const& row : rows) text += std::to_string(id.value) + dump_json(journal_json(row)) + "\n";
    return sha256_hex(text);
}

}  // namespace pawl::sim
