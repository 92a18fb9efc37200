#include "daemon/store/stored_runs.h"

#include <string>

#include "daemon/store/columns.h"

namespace pawl {
namespace {

std::string select(std::string_view columns, std::string_view rest) { return "SELECT " + std::string(columns) + " " + std::string(rest); }

// INDEXED BY: a plan that walks history is an error rather than slow. The conditions are those of the partial indexes, literally.
constexpr std::string_view unfinished_ids = R"(
    SELECT id FROM run INDEXED BY run_live WHERE state < 5
    UNION
    SELECT run FROM attempt INDEXED BY attempt_live WHERE state < 2 OR sweep_due = 1
    ORDER BY 1)";

}  // namespace

StoredRuns::StoredRuns(Database& database)
    : unfinished_(database.prepare(unfinished_ids)),
      run_(database.prepare(select(columns::run, "FROM run WHERE id = ?"))),
      data_(database.prepare(select(columns::run_data, "FROM run_data WHERE run = ?"))),
      steps_(database.prepare(select(columns::step, "FROM step WHERE key >= ?1 << 16 AND key < (?1 + 1) << 16 ORDER BY key"))),
      attempts_(database.prepare(select(
          columns::attempt, "FROM attempt INDEXED BY attempt_live WHERE run = ?1 AND (state < 2 OR sweep_due = 1) ORDER BY id"))) {}

std::optional<StoredRun> StoredRuns::find(RunId id) {
    StoredRun run;
    run_.with(id);
    if (!run_.next()) return std::nullopt;
    run.run = columns::read<RunRow>(run_);
    run_.rewind();
    fill(run);
    return run;
}

void StoredRuns::fill(StoredRun& run) {
    RunId const id = run.run.id;
    run.data.run = id;
    data_.with(id);
    if (data_.next()) run.data = columns::read<RunDataRow>(data_);
    data_.rewind();
    steps_.with(id);
    while (steps_.next()) run.steps.push_back(columns::read<StepRow>(steps_));
    attempts_.with(id);
    while (attempts_.next()) run.attempts.push_back(columns::read<AttemptRow>(attempts_));
}

std::vector<StoredRun> StoredRuns::unfinished() {
    std::vector<RunId> ids;
    unfinished_.with();
    while (unfinished_.next()) ids.push_back(RunId{unfinished_.integer(0)});
    std::vector<StoredRun> runs;
    runs.reserve(ids.size());
    for (RunId id : ids)
        if (auto run = find(id)) runs.push_back(*std::move(run));
    return runs;
}

}  // namespace pawl
