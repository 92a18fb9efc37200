#include "daemon/recovery.h"

#include <map>

#include "common/base/crash_point.h"
#include "common/flow/load.h"

namespace pawl {

std::int64_t take_over(Store& store, StoredState& state) {
    ++state.fence;
    ++state.batch;
    Batch batch{.number = state.batch, .rows = {MetaRow{"fence", state.fence}}, .durability = flow::Durability::full};
    store.commit({batch});
    PAWL_CRASH_POINT("recover.fenced");
    return state.fence;
}

std::vector<RunId> restore_runs(Engine& engine, std::vector<StoredRun> runs, SourceOf const& source_of) {
    struct Loaded {
        VersionRow version;
        std::string workflow;
        std::shared_ptr<flow::Plan const> plan;
    };
    std::map<VersionId, Loaded> versions;
    std::vector<RunId> left;
    for (StoredRun& run : runs) {
        VersionId const id = run.run.workflow_version;
        if (!versions.contains(id)) {
            Loaded loaded;
            if (Result<StoredSource> source = source_of(id)) {
                loaded.version = source->version;
                loaded.workflow = source->workflow;
                loaded.plan = flow::load_plan(source->file, source->text, static_cast<std::size_t>(source->version.document), source->version.model);
            }
            versions[id] = std::move(loaded);
        }
        Loaded const& loaded = versions[id];
        if (!loaded.plan) left.push_back(run.run.id);
        engine.restore(std::move(run), loaded.plan, loaded.version, loaded.workflow);
    }
    return left;
}

void recover_attempts(Engine& engine, Attempts& attempts, UtcTime now) {
    for (AttemptRow const& attempt : engine.live_attempts()) {
        if (std::optional<LaunchSpec> const spec = engine.spec_of(attempt)) attempts.remember(attempt.id, attempt.run, *spec);
        engine.recover(attempt.id, attempts.classify(attempt.id, attempt.run, attempt.slot), now);
    }
    PAWL_CRASH_POINT("recover.classified");
    engine.resume(now);
}

}  // namespace pawl
