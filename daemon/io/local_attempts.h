// Attempts on this machine, each in the hands of a pawl-shim that outlives the daemon. Lock and record of its slot tell what became of one:
// no heartbeat, no pid file, no time-out takes part.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "daemon/core/attempts.h"
#include "daemon/io/cgroup.h"
#include "daemon/io/run_files.h"
#include "daemon/io/shim_pool.h"
#include "daemon/io/slot_table.h"
#include "daemon/io/sweep.h"
#include "daemon/io/work.h"

namespace pawl {

struct LocalAttemptsOptions {
    int state_folder = -1;         ///< borrowed; must stay open
    std::string state_path;        ///< absolute path of that folder: steps see it in their environment
    std::uint32_t epoch = 1;       ///< of this daemon's first table: newer than all before. An older number than a table on disk is raised
    std::string shim_path;         ///< absolute path of pawl-shim
    Uuid instance{};               ///< a table of another instance is refused
    std::string socket_path;       ///< PAWL_SOCKET of the steps
    Uuid boot = read_boot_id();
    std::size_t idle_shims_kept = 8;
    std::chrono::milliseconds idle_shim_time{60'000};
    Workers* workers = nullptr;    ///< for what is no process; none: such attempts do not start
    std::optional<std::string> cgroup_folder;  ///< absent: detect; empty: none; else below this folder
};

/// How an attempt with this record of EXITED, EXECFAIL or VOID ended, but for its outputs. `stop_asked`: TERM was our wish, not the machine's.
AttemptEnd describe_end(pawl_slot const& record, bool stop_asked);

/// Everything runs on the loop's thread. Destroying it leaves running attempts to their shims.
class LocalAttempts final : public Attempts, private ShimPoolEvents {
public:
    /// `loop` and `events` must outlive it.
    static Result<std::unique_ptr<LocalAttempts>> open(uv_loop_t& loop, AttemptEvents& events, LocalAttemptsOptions options);
    ~LocalAttempts() override;

    SlotRef allot() override;
    void prepare(AttemptId attempt, RunId run, LaunchSpec const& spec) override;
    void launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) override;
    void stop(AttemptId attempt, SlotRef slot, bool now = false) override;
    Verdict classify(AttemptId attempt, RunId run, SlotRef slot) override;
    void adopt(AttemptId attempt, RunId run, SlotRef slot) override;
    void sweep(AttemptId attempt, SlotRef slot, std::string const& cookie) override;

    /// A worker is done; its report is on disk. On the loop's thread.
    void work_ended(AttemptId attempt, WorkEnd const& end);

    /// The newest epoch in use: the next daemon must start above it.
    std::uint32_t last_epoch() const { return epoch_; }
    /// Deletes tables that nothing needs: not ours, named by no live row (`named`), and without a lock.
    void delete_tables_except(std::span<std::uint32_t const> named);
    ShimPool const& pool() const { return pool_; }

private:
    struct Live;
    /// What a launch needs before a shim can have it.
    struct Made {
        AttemptFiles files;
        std::string spec;  ///< encoded
        UniqueFd sealed;   ///< the same, for the shim
    };
    LocalAttempts(uv_loop_t& loop, AttemptEvents& events, LocalAttemptsOptions options, RunFiles files);

    SlotTable const* table_of(std::uint32_t epoch);
    bool create_table();
    Verdict judge(SlotTable const& table, AttemptId attempt, RunId run, std::uint32_t slot, bool stop_asked) const;
    std::optional<SysError> make(AttemptId attempt, RunId run, LaunchSpec const& spec, Made& made);
    void hand_over(Live& live, AttemptFiles const& files, UniqueFd spec);
    void launch_again(Live& live);
    void launch_work(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec);
    void settle(Live& live);
    void watch_holder(Live& live);
    bool is_held(Live const& live);
    void revoke(Live& live);
    void signal_holder(Live const& live);
    void report(AttemptId attempt, AttemptEnd const& end);
    void retry();
    void retry_soon();
    void shim_done(AttemptId attempt, std::uint32_t code) override;
    void shim_died(AttemptId attempt) override;

    uv_loop_t& loop_;
    AttemptEvents& events_;
    LocalAttemptsOptions const options_;
    RunFiles files_;
    std::optional<AttemptCgroups> cgroups_;
    std::uint32_t epoch_;
    std::uint32_t next_slot_ = 1;
    std::map<std::uint32_t, SlotTable> tables_;  ///< opened so far
    std::unordered_map<AttemptId, std::unique_ptr<Live>> live_;
    std::unordered_map<AttemptId, Made> made_;   ///< prepared, the commit still under way
    ShimPool pool_;
    Sweeper sweeper_;
    UvHandle<uv_timer_t> retry_timer_;  ///< armed while an attempt waits for a shim, or is in the hands of a stranger
};

}  // namespace pawl
