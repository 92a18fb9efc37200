// What has been committed and acknowledged, kept beside the store by the simulation, and the checkers over it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/records.h"
#include "daemon/store/reader.h"
#include "tests/sim/world.h"

namespace pawl::sim {

class Record {
public:
    void committed(Batch const& batch);
    /// A client was told that its run exists. Checked at once: no reply before its commit.
    void acknowledged(RunId run);
    void cancel_acknowledged(RunId run) { cancelled_.push_back(run); }

    bool knows_attempt(AttemptId attempt) const { return attempts_.contains(attempt); }
    std::map<RunId, StoredRun> const& runs() const { return runs_; }
    Result<StoredSource> source(VersionId version) const;
    StoredRun const* run(RunId id) const;
    bool stop_requested(AttemptId attempt) const;

    /// All that must hold at the end: journals, acknowledgements, statuses, nothing alive.
    void check(World const& world);
    std::string hash() const;

    std::vector<Violation> violations;

private:
    void check_journal(StoredRun const& run);
    void check_statuses(World const& world);
    void check_family(StoredRun const& run);

    std::map<RunId, StoredRun> runs_;                   ///< attempts: every one there was
    std::map<AttemptId, AttemptRow> attempts_;
    std::map<RunId, std::vector<JournalRow>> journals_;
    std::map<VersionId, VersionRow> versions_;
    std::map<WorkflowId, std::string> names_;
    std::map<std::string, SourceRow> sources_;
    std::vector<RunId> acknowledged_, cancelled_;
};

}  // namespace pawl::sim
