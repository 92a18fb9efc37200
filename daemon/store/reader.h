// Long reads: lists, details, journals, stored sources. A read-only connection on a worker thread; reading never writes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "common/base/error_codes.h"
#include "common/base/json.h"
#include "daemon/core/records.h"
#include "daemon/store/store.h"

namespace pawl {

/// A page of a list, by key and never by offset. `after`: the `next` of the page before; empty: the first.
struct ListQuery {
    std::string filter;      ///< CEL over the fields of an item; empty: all. Comparable parts become SQL, the rest is evaluated here
    int limit = 100;         ///< 1 to 1,000
    std::string after;
    std::string workflow;    ///< runs: only of this workflow
    bool live = false;       ///< runs: only those that have not ended
    bool oldest_first = false;  ///< default: newest first
};

/// The text of one stored version, enough to load its plan.
struct StoredSource {
    VersionRow version;
    std::string workflow;    ///< name
    std::string file, text;
};

/// An active version, and the text it came from.
struct ActiveSource {
    std::string workflow, hash;
    int document = 0;
    std::size_t sharing = 0;  ///< active versions of the same text, this one included
};

/// All methods answer in the shapes of the API (wire/api.h names them); errors are code::not_found or invalid_request (filter).
class Reader {
public:
    static Result<std::unique_ptr<Reader>> open(std::string const& path);
    virtual ~Reader() = default;
    virtual Result<Json> list_runs(ListQuery const& query) = 0;
    virtual Result<Json> list_workflows(ListQuery const& query) = 0;
    virtual Result<Json> list_versions(std::string const& workflow, ListQuery const& query) = 0;
    virtual Result<Json> list_audit(ListQuery const& query) = 0;
    virtual Result<Json> run(RunId id) = 0;                               ///< with steps and all attempts
    virtual Result<RunId> last_run() = 0;
    virtual Result<Json> workflow(std::string const& name, int number) = 0;  ///< 0: the active version; with its model and source
    virtual Result<std::unordered_map<std::string, std::string>> active_hashes() = 0;  ///< of the workflows that are not removed, by name
    /// Of the active versions, by the hash of their text; of several with one text, one.
    virtual Result<std::unordered_map<std::string, ActiveSource>> active_sources() = 0;
    /// Of the active versions whose steps start runs of other workflows: the names of these, separated by spaces.
    virtual Result<std::map<VersionId, std::string>> active_uses() { return std::map<VersionId, std::string>(); }
    /// Journal rows of a run with seq > `after`, oldest first, at most `limit`; an empty list when there is nothing newer.
    virtual Result<std::vector<JournalRow>> journal(RunId id, std::int64_t after, int limit) = 0;
    virtual Result<StoredSource> source(VersionId version) = 0;
    /// Version `number` of a workflow that is not removed: to start a run of a version that is not the active one.
    virtual Result<StoredSource> source_of(std::string const& workflow, int number) {
        return Error{code::not_found, "version " + std::to_string(number) + " of '" + workflow + "' is not at hand", std::nullopt, "", Severity::error, {}, {}};
    }
    /// The newest version of a workflow with this model, source and folder: a file that is run again unchanged needs no other.
    virtual std::optional<VersionRow> same_version(std::string const&, std::string const&, std::string const&, std::string const&) { return std::nullopt; }
    virtual Result<StoredRun> stored_run(RunId id) = 0;                   ///< an ended run too: what `retry` and `resolve` carry over
    virtual Result<Json> counts() = 0;                                    ///< {"runs": {state: n}, "workflows": n} for `status`
    virtual Status check() = 0;                                           ///< PRAGMA quick_check, after an unclean end
};

/// One thread that runs reads in order. `done` is called on that thread; the receiver only posts.
class ReadWorker {
public:
    ReadWorker(std::string path);
    ~ReadWorker();  ///< drops what waits, joins
    ReadWorker(ReadWorker&&) = delete;
    void run(std::function<void(Reader&)> job);
    std::size_t waiting() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace pawl
