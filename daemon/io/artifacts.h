// The files that attempts leave behind, below <state>/runs/<run>/artifacts-<attempt>/: the bytes under numbers, their names in a manifest, which is
// written last. So no name of a step's ever becomes a path of ours.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "daemon/core/keep_spec.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

struct ArtifactLimits {
    std::size_t files_max = 10'000;               ///< of an attempt
    std::uint64_t run_bytes_max = 1u << 30;       ///< of all attempts of a run
};

struct Artifact {
    std::string path;                             ///< relative to the step's folder, as it was
    std::uint64_t bytes = 0;
    std::string sha256;
    std::uint32_t mode = 0;                       ///< permissions
};
/// What one attempt left behind.
struct Manifest {
    AttemptId attempt;
    std::string step;                             ///< "build", "build[eu]"
    int number = 0;                               ///< of the attempt within the step
    UtcTime at{};
    std::optional<UtcTime> until;                 ///< removed then
    std::vector<Artifact> files;
};
Json artifact_json(RunId run, Manifest const& manifest, Artifact const& artifact);

/// Collecting belongs to one thread; reading to any.
class Artifacts {
public:
    static Result<Artifacts> open(int state_folder, ArtifactLimits limits = {});

    struct Collected {
        std::string problem;                      ///< not empty: what was promised was not kept
        std::string note;                         ///< for people
    };
    struct Origin {
        RunId run;
        AttemptId attempt;
        std::string step;
        int number = 1;
        std::string dir;                          ///< where the globs begin
        bool succeeded = true;                    ///< otherwise what is missing is no problem
    };
    /// Keeps what the globs match, on disk when it returns. Repeated, after a crash, it keeps what was kept before.
    Collected collect(Origin const& origin, ArtifactsOrder const& order, UtcTime now);
    /// Removes what was kept for a time that is over.
    void remove_expired(UtcTime now) const;

    /// By attempt, oldest first.
    std::vector<Manifest> of_run(RunId run) const;
    std::optional<Manifest> of_attempt(RunId run, AttemptId attempt) const;
    /// The bytes of the n-th file of the manifest; none: errno tells.
    UniqueFd open_bytes(RunId run, AttemptId attempt, std::size_t n) const;

private:
    Artifacts(UniqueFd runs, UniqueFd expiring, ArtifactLimits limits) : runs_(std::move(runs)), expiring_(std::move(expiring)), limits_(limits) {}
    std::uint64_t bytes_of(RunId run);
    Result<std::vector<Artifact>> copy_all(int from, int to, std::vector<std::string> const& paths, std::uint64_t bytes_left, std::vector<std::string>& vanished) const;
    Result<Manifest> keep(Origin const& origin, ArtifactsOrder const& order, std::vector<std::string> const& paths, int from, UtcTime now, std::vector<std::string>& vanished);
    Status write_manifest(RunId run, Manifest const& manifest) const;

    UniqueFd runs_, expiring_;
    ArtifactLimits limits_;
    std::map<RunId, std::uint64_t> bytes_;        ///< of runs that were asked for; emptied when it grows
};

}  // namespace pawl
