// The seam behind which attempts are executed: local shims first; containers, SSH and Slurm are further implementations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "daemon/core/keep_spec.h"

namespace pawl {

/// Where an attempt's exit record lies: a slot of a slot table. Never used twice.
struct SlotRef {
    std::uint32_t epoch = 0;
    std::uint32_t slot = 0;
    bool operator==(SlotRef const&) const = default;
};

/// All a shim needs to start and bound one attempt; complete, nothing is taken from the daemon's environment.
struct LaunchSpec {
    std::vector<std::string> argv;
    std::vector<std::string> env;                              ///< NAME=value
    std::string dir;                                           ///< absolute
    std::vector<std::pair<std::string, std::string>> files;    ///< environment name → content, written 0400 for this attempt
    std::optional<Duration> timeout;
    int stop_signal = 15;
    Duration grace = std::chrono::seconds(10);
    std::uint64_t log_head_max = 50u << 20;
    std::uint64_t log_tail_max = 1u << 20;
    std::string event_json;                                    ///< becomes the file $PAWL_EVENT, written once a run
    std::uint32_t step = 0;                                    ///< index in the plan: names $PAWL_STATE_DIR, kept over the attempts of the step
    std::string work;                                          ///< not empty: a request (work_spec.h) that a worker of the daemon performs; no argv then
    KeepOrder keep;                                            ///< artifacts and cache
};

enum class EndKind : std::uint8_t { exited, signalled, timed_out, stopped, start_failed, lost, interrupted };

/// How an attempt ended, read from its record; `lost`: there is none.
struct AttemptEnd {
    EndKind kind = EndKind::lost;
    int exit_code = 0;
    int signal = 0;
    int error_number = 0;          ///< start_failed: errno
    std::string failed_call;       ///< start_failed: "chdir", "execve", …
    UtcTime ended_at{};
    Duration ran{}, cpu{};
    std::uint32_t max_rss_kib = 0;
    bool killed = false;           ///< grace ran out
    bool log_cut = false;
    bool leftovers = false;        ///< descendants were left and killed
    bool stuck = false;            ///< something survived KILL
    std::string outputs;           ///< bytes of $PAWL_OUTPUT, at most 64 KiB + 1 (one more tells that it was too long)
    std::string not_kept;          ///< not empty: artifacts that were promised are not there, although the program succeeded
    std::string note;              ///< for people, whatever the end
    Json cache;                    ///< of a step with `cache`: {"hit": …} and why; null when nobody looked
};

enum class VerdictKind : std::uint8_t { never_started, alive, ended, lost };
struct Verdict {
    VerdictKind kind = VerdictKind::lost;
    AttemptEnd end;                ///< of `ended`
};

/// Launches, adopts, stops. Idempotent throughout: a launch repeated after a crash runs nothing twice. Called on the loop's thread.
class Attempts {
public:
    virtual ~Attempts() = default;
    /// The next slot; cheap but for a new table every 16,383 slots.
    virtual SlotRef allot() = 0;
    /// The rows that launch it are on their way to the disk: what takes time and starts nothing may be done meanwhile. No launch may follow.
    virtual void prepare(AttemptId, RunId, LaunchSpec const&) {}
    /// After a restart, before classify(): what launch() was told about this attempt.
    virtual void remember(AttemptId, RunId, LaunchSpec const&) {}
    /// Adds to the environment of `spec` what only the executor knows: the paths in PAWL_OUTPUT, PAWL_EVENT, PAWL_STATE_DIR and in the
    /// names of `files`. The end is reported through AttemptEvents, a failure to start too (EndKind::start_failed).
    virtual void launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) = 0;
    /// After `stopping` was committed; again after a restart. A launch that has not happened yet is revoked.
    virtual void stop(AttemptId attempt, SlotRef slot, bool now = false) = 0;  ///< `now`: KILL without grace
    virtual Verdict classify(AttemptId attempt, RunId run, SlotRef slot) = 0;
    /// Watches an attempt that classify() called alive.
    virtual void adopt(AttemptId attempt, RunId run, SlotRef slot) = 0;
    /// After a loss: ends whatever the attempt left behind, then reports `swept`. `cookie` is the value of PAWL_ATTEMPT.
    virtual void sweep(AttemptId attempt, SlotRef slot, std::string const& cookie) = 0;
};

/// Hears what Attempts has to tell; only posts to the inbox.
class AttemptEvents {
public:
    virtual ~AttemptEvents() = default;
    virtual void ended(AttemptId attempt, AttemptEnd const& end) = 0;
    virtual void swept(AttemptId attempt) = 0;
};

}  // namespace pawl
