// What steps with `cache` gave, below <state>/cache/<scope>/<key>.json: a scope for each step (or item) of a workflow, a key for all that decided the
// result. An entry is one file, written whole or not at all; its use is counted by the length of a file beside it, which may be lost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "daemon/core/keep_spec.h"
#include "daemon/io/hash_memo.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

struct CacheLimits {
    std::size_t files_max = 20'000;               ///< that one step reads, or makes
    std::size_t entries_max = 10'000;
    std::uint64_t bytes_max = 256u << 20;         ///< of all entries; those not used for longest go first
};

struct CachedFile {
    std::string path, sha256;
    bool operator==(CachedFile const&) const = default;
};

struct CacheEntry {
    std::string workflow, step, key;
    RunId run;                                    ///< that made it
    int attempt = 0;
    UtcTime at{};
    std::string outputs;                          ///< bytes of $PAWL_OUTPUT
    std::vector<std::pair<std::string, std::string>> parts;
    std::vector<CachedFile> files, produces;
    // Of the files around it:
    UtcTime used_at{};
    std::int64_t hits = 0;
    std::uint64_t bytes = 0;
};
Json cache_entry_json(CacheEntry const& entry);

class StepCache {
public:
    static Result<StepCache> open(int state_folder, CacheLimits limits = {});

    struct Found {
        std::optional<CacheEntry> entry;          ///< a hit
        std::string key;
        std::vector<CachedFile> files;            ///< as they were when it was looked
        Json explain;                             ///< {"hit": true, "run": …} or {"hit": false, "why": […]}
        std::string problem;                      ///< not empty: there is no key, so nothing can be remembered either
    };
    Found look(KeepOrder const& order, std::string const& dir, UtcTime now) const;

    struct Origin {
        RunId run;
        int attempt = 1;
        std::string dir;
        std::string key;                          ///< as it was before the step ran
        std::vector<CachedFile> files;
        std::string outputs;
    };
    /// After a success. Empty, or why nothing was remembered. `keep` belongs to one thread; the rest to any.
    std::string remember(KeepOrder const& order, Origin const& origin, UtcTime now);

    struct Filter {
        std::string workflow, step, key;          ///< empty: all; `step` without an item means all of its items
    };
    std::vector<CacheEntry> list(Filter const& filter) const;
    std::size_t remove(Filter const& filter) const;

private:
    StepCache(UniqueFd folder, CacheLimits limits) : folder_(std::move(folder)), limits_(limits) {}
    std::optional<CacheEntry> read(std::string const& scope, std::string const& key) const;
    std::optional<CacheEntry> newest(std::string const& scope) const;
    void count_use(std::string const& path) const;
    void trim();

    Result<std::vector<CachedFile>> hash_files(std::string const& dir, std::vector<std::string> const& globs, std::vector<std::string> const& but,
                                              std::vector<std::string>& unmatched) const;
    std::string damage_of(std::string const& dir, std::vector<CachedFile> const& made) const;

    UniqueFd folder_;
    CacheLimits limits_;
    std::unique_ptr<HashMemo> memo_ = std::make_unique<HashMemo>();
    std::size_t writes_ = 0;                      ///< since the last trim
};

}  // namespace pawl
