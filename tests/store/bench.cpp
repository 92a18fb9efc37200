#include "tests/store/bench.h"

#include <unistd.h>

#include <atomic>

namespace pawl::test {

Folder::Folder() {
    static std::atomic<int> folders{0};
    path_ = std::filesystem::temp_directory_path() / ("pawl-store-" + std::to_string(getpid()) + "-" + std::to_string(++folders));
    std::filesystem::create_directories(path_);
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

RunRow queued_run(std::int64_t id, std::int64_t workflow) {
    RunRow run;
    run.id = RunId{id};
    run.version = 1;
    run.workflow = WorkflowId{workflow};
    run.workflow_version = VersionId{workflow};
    run.created_at = start + std::chrono::seconds(id);
    return run;
}

RunRow moved(RunRow run, RunState to) {
    ++run.version;
    run.state = to;
    if (!run.started_at) run.started_at = run.created_at + 1s;
    if (is_final(to)) run.ended_at = *run.started_at + 90s;
    return run;
}

JournalRow journal_row(RunRow const& run, std::int64_t seq, std::string kind) {
    JournalRow row;
    row.run = run.id;
    row.seq = seq;
    row.at = start;
    row.kind = std::move(kind);
    return row;
}

StoreBench::StoreBench() {
    reopen();
    reader_ = *Reader::open(path());
}

void StoreBench::reopen() {
    store_.reset();
    store_ = *Store::open({.path = path()});
    batch_ = store_->committed_batch();
}

void StoreBench::commit(std::vector<Row> rows, flow::Durability durability) {
    store_->commit({Batch{.number = ++batch_, .rows = std::move(rows), .durability = durability}});
}

void StoreBench::deploy(std::int64_t id, std::string const& name, std::string const& team) {
    Json const model = JsonMap{
        {"name", name},
        {"description", "does " + name},
        {"labels", JsonMap{{"team", team}}},
        {"steps", JsonList{JsonMap{{"id", "build"}}, JsonMap{{"id", "test"}}}},
        {"finally", JsonList{JsonMap{{"id", "clean"}}}},
    };
    VersionRow version;
    version.id = VersionId{id};
    version.workflow = WorkflowId{id};
    version.number = 1;
    version.hash = "model-" + name;
    version.model = dump_json(model);
    version.source_hash = "text-" + name;
    version.root = "/srv";
    version.created_at = start;
    version.uid = 1000;
    commit({SourceRow{version.source_hash, name + ".yaml", "name: " + name + "\n"}, version,
            WorkflowRow{WorkflowId{id}, name, version.id, 1, start}});
}

}  // namespace pawl::test
