// The shims that belong to this daemon: starts them, hands each one attempt at a time, hears what they say, notices their end.
#pragma once

#include <sys/types.h>
#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "daemon/io/unique_fd.h"
#include "daemon/io/uv_handle.h"
#include "daemon/shim/protocol.h"

namespace pawl {

/// What a pool tells its owner. Both may call back into the pool.
class ShimPoolEvents {
public:
    virtual ~ShimPoolEvents() = default;
    /// The shim says that it is through with the attempt and is idle again. `code`: enum pawl_done_code.
    virtual void shim_done(AttemptId attempt, std::uint32_t code) = 0;
    /// The process is gone, told by its pidfd; `attempt` is what it had in hand.
    virtual void shim_died(AttemptId attempt) = 0;
};

class ShimPool {
public:
    struct Options {
        std::string shim_path;                       ///< absolute
        std::size_t idle_kept = 8;                   ///< idle ones beyond it end after `idle_time`
        std::chrono::milliseconds idle_time{60'000};
    };
    /// `loop` and `events` must outlive the pool.
    ShimPool(uv_loop_t& loop, Options options, ShimPoolEvents& events);
    ~ShimPool();  ///< closes the sockets: idle shims end, busy ones finish their attempt alone
    ShimPool(ShimPool const&) = delete;
    ShimPool& operator=(ShimPool const&) = delete;

    /// Hands the attempt to an idle shim, starting one when there is none. `descriptors` are those of PAWL_LAUNCH, borrowed. 0, or errno of
    /// the start of a shim.
    int launch(AttemptId attempt, std::uint32_t epoch, std::uint32_t slot, std::span<int const> descriptors);
    /// Tells the shim that has the attempt to end it, `now`: without grace; nothing when none has.
    void stop(AttemptId attempt, bool now);

    std::size_t size() const { return shims_.size(); }
    std::size_t idle() const { return idle_.size(); }
    pid_t pid_of(AttemptId attempt) const;  ///< 0: none has it

private:
    struct Shim;
    int start();
    Shim* of(AttemptId attempt) const;
    void hear(Shim& shim);
    void bury(Shim& shim);
    void end_idle();
    static void on_socket(uv_poll_t* poll, int status, int events);
    static void on_end(uv_poll_t* poll, int status, int events);

    uv_loop_t& loop_;
    Options options_;
    ShimPoolEvents& events_;
    std::vector<std::unique_ptr<Shim>> shims_;
    std::vector<Shim*> idle_;  ///< the last one is used first: its memory is warm, the others get old
    UvHandle<uv_timer_t> idle_timer_;
};

}  // namespace pawl
