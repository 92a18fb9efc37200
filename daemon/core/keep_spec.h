// What is to be done beside an attempt: files that are kept when it has ended, and what tells that it need not run. Part of the frozen launch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"

namespace pawl {


/// Globs below the folder of the launch. What they match is kept when the attempt has ended, well or not.
struct ArtifactsOrder {
    enum class Missing : std::uint8_t { fail, warn, ignore };
    std::vector<std::string> paths;
    std::optional<Duration> keep;       ///< none: as long as the run
    Missing if_missing = Missing::fail; ///< only after a success
    bool operator==(ArtifactsOrder const&) const = default;
};

/// The attempt need not run when an earlier one with the same parts and files succeeded and what it made is still there.
struct CacheOrder {
    std::string workflow;
    std::vector<std::string> files, produces;                ///< globs below the folder of the launch
    std::vector<std::pair<std::string, std::string>> parts;  ///< what else decides, for people ("env.DEBUG") → its SHA-256
    std::optional<Duration> max_age;
    bool look = true;                                        ///< false: run in any case, and remember the result
    bool operator==(CacheOrder const&) const = default;
};

/// Of the row `step`, which may be an item's: "build[eu]".
struct KeepOrder {
    std::string step;
    std::optional<ArtifactsOrder> artifacts;
    std::optional<CacheOrder> cache;
    bool empty() const { return !artifacts && !cache; }
    bool operator==(KeepOrder const&) const = default;
};

Json keep_json(KeepOrder const& order);
KeepOrder read_keep(Json const& json);

}  // namespace pawl
