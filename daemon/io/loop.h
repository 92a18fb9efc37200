// The event loop of pawld: owns the uv_loop_t, runs it, and takes work from other threads.
#pragma once

#include <uv.h>

#include <functional>
#include <mutex>
#include <vector>

namespace pawl {

/// Must outlive every handle on it. Its thread is the one that calls run(); only post() may be called from others.
class Loop {
public:
    Loop();
    ~Loop();  ///< closes what is left, runs the close callbacks
    Loop(Loop&&) = delete;  // libuv holds our address

    uv_loop_t& raw() { return loop_; }
    /// Until stop().
    void run();
    void stop();
    /// Runs the callbacks that are due and returns: for tests. `wait`: blocks until there is at least one.
    void run_once(bool wait = true);
    /// Any thread: runs `work` on the loop's thread soon, in the order of the posts. Dropped, unrun, when the loop dies first.
    void post(std::function<void()> work);

private:
    void run_posted();

    uv_loop_t loop_{};
    uv_async_t wake_{};
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace pawl
