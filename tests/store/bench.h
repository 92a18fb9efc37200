// A state folder of its own for each test, and short ways to make rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/records.h"
#include "daemon/store/reader.h"
#include "daemon/store/store.h"

namespace pawl::test {

using namespace std::chrono_literals;

/// A folder that is there for the test and gone behind it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    std::string path(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline UtcTime const start = *parse_utc("2026-03-01T12:00:00.123456Z");

RunRow queued_run(std::int64_t id, std::int64_t workflow = 1);
/// The same run, one version on.
RunRow moved(RunRow run, RunState to);
JournalRow journal_row(RunRow const& run, std::int64_t seq, std::string kind = "run.queued");

/// A store in a folder, batch after batch, and a reader beside it.
class StoreBench {
public:
    StoreBench();
    Store& store() { return *store_; }
    Reader& reader() { return *reader_; }
    std::string path() const { return folder_.path("pawl.db"); }
    /// Commits one batch.
    void commit(std::vector<Row> rows, flow::Durability durability = flow::Durability::full);
    std::uint64_t batch() const { return batch_; }
    /// As after kill -9: opened again without having been closed.
    void reopen();
    void close() { store_->close(); }

    /// A workflow with its active version, `labels` and two steps.
    void deploy(std::int64_t id, std::string const& name, std::string const& team = "ops");

private:
    Folder folder_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Reader> reader_;
    std::uint64_t batch_ = 0;
};

}  // namespace pawl::test
