// The durable side: one SQLite file, one connection that writes, on a thread of its own (group commit), and read-only ones beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "daemon/core/records.h"

namespace pawl {

/// Everything the engine keeps in memory, read once at start-up. Cost depends on what is live, not on history.
struct StoredState {
    std::int64_t last_workflow = 0, last_version = 0, last_run = 0, last_attempt = 0;
    std::int64_t fence = 0;
    std::uint32_t epoch = 0;             ///< newest epoch of slot tables
    std::uint64_t batch = 0;             ///< number of the last committed batch
    std::string instance_id;             ///< 32 hexadecimal digits, made with the database
    bool was_clean = true;               ///< the last daemon closed the store
    std::vector<WorkflowRow> workflows;  ///< all, removed ones too
    std::vector<VersionRow> active_versions;  ///< the active version of each workflow, without its model
    std::vector<StoredRun> runs;
    std::vector<AnswerRow> answers;      ///< the newest 10,000 of the last 24 hours; older ones are deleted
};

/// The one exception of pawl: nobody close to a refusing database can help. Caught only where a batch is committed, which rolls back.
struct StoreFailure : std::runtime_error {
    StoreFailure(int code_, std::string const& what_) : std::runtime_error(what_), code(code_) {}
    int code;  ///< SQLite's extended result code
};

/// The rows, synchronously: used by the Writer on its thread, and directly by the simulator with ":memory:".
class Store {
public:
    struct Options {
        std::string path;                ///< ":memory:" for tests
        std::string vfs;                 ///< empty: SQLite's own; the fault harness names its own
        bool full_sync = true;           ///< `synchronous` for durability full; false only in the control of the power-loss harness
    };
    /// Opens or creates; runs the migrations. Refuses a damaged file, one of a newer schema, one that is not ours (code::corrupt, conflict).
    static Result<std::unique_ptr<Store>> open(Options options);
    virtual ~Store() = default;

    /// Applies the batches in one transaction. Throws StoreFailure; then nothing of them is stored. A run row whose version does not follow
    /// the stored one throws FenceLost. Synchronous FULL when one of the batches wants it.
    virtual void commit(std::vector<Batch> const& batches) = 0;
    virtual StoredState load() = 0;
    /// Number of the last batch in the file: after a commit whose outcome is unknown.
    virtual std::uint64_t committed_batch() = 0;
    virtual void checkpoint() = 0;
    /// Marks the store clean and closes it; nothing may be called afterwards.
    virtual void close() = 0;
};

/// The stored rows are not those this daemon left: another one has taken over. There is no way on but to end.
struct FenceLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace pawl
