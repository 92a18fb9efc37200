// The Reader on SQLite. Its methods are spread over reader_runs.cpp, reader_workflows.cpp and reader.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "daemon/store/database.h"
#include "daemon/store/page.h"
#include "daemon/store/reader.h"

namespace pawl {

/// Opens the file when it is first asked, so that a ReadWorker always has a reader to hand out.
class SqliteReader final : public Reader {
public:
    explicit SqliteReader(std::string path) : path_(std::move(path)) {}
    Status connect();

    Result<Json> list_runs(ListQuery const& query) override;
    Result<Json> list_workflows(ListQuery const& query) override;
    Result<Json> list_versions(std::string const& workflow, ListQuery const& query) override;
    Result<Json> list_audit(ListQuery const& query) override;
    Result<Json> run(RunId id) override;
    Result<RunId> last_run() override;
    Result<Json> workflow(std::string const& name, int number) override;
    Result<std::unordered_map<std::string, std::string>> active_hashes() override;
    Result<std::unordered_map<std::string, ActiveSource>> active_sources() override;
    Result<std::map<VersionId, std::string>> active_uses() override;
    Result<std::vector<JournalRow>> journal(RunId id, std::int64_t after, int limit) override;
    Result<StoredSource> source(VersionId version) override;
    Result<StoredSource> source_of(std::string const& workflow, int number) override;
    std::optional<VersionRow> same_version(std::string const& workflow, std::string const& hash, std::string const& source_hash,
                                           std::string const& root) override;
    Result<StoredRun> stored_run(RunId id) override;
    Result<Json> counts() override;
    Status check() override;

private:
    /// What the lists show of a run's version.
    struct VersionInfo {
        std::string workflow;
        int number = 0;
        Json labels;
    };
    VersionInfo const& version_info(RunRow const& run);
    Json summary(RunRow const& run, UtcTime now);
    RunId settled_in(RunRow const& run);
    JsonList steps_of(RunId id, Json const& model, UtcTime now);
    StoredSource stored_source(Statement const& statement);
    Result<WorkflowRow> find_workflow(std::string const& name);
    Json workflow_item(WorkflowRow const& workflow, VersionRow const& version, Json const& model, std::int64_t live);
    class RunFields;

    /// Runs a read in one snapshot; what SQLite refuses becomes an Error.
    template <class Read>
    auto answer(Read read) -> decltype(read());

    std::string const path_;
    std::unique_ptr<Database> database_;
    std::unordered_map<std::int64_t, VersionInfo> versions_;  ///< by id; versions never change
};

Error reading_failed(StoreFailure const& failure, std::string const& path);

template <class Read>
auto SqliteReader::answer(Read read) -> decltype(read()) {
    if (auto connected = connect(); !connected) return connected.error();
    try {
        Snapshot const snapshot(*database_);
        return read();
    } catch (StoreFailure const& failure) {
        return reading_failed(failure, path_);
    }
}

}  // namespace pawl
