// Tells when logs grow, by inotify. One descriptor for all logs that are followed: the user's inotify instances are few.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "daemon/io/unique_fd.h"
#include "daemon/io/uv_handle.h"

namespace pawl {

class LogFollower {
    struct Listener;

public:
    /// Ends the following when destroyed. May outlive the follower.
    class Subscription {
    public:
        Subscription() = default;
        Subscription(Subscription&&) noexcept = default;
        Subscription& operator=(Subscription&& other) noexcept;
        ~Subscription() { end(); }
        explicit operator bool() const { return listener_ != nullptr; }

    private:
        friend class LogFollower;
        explicit Subscription(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
        void end();
        std::shared_ptr<Listener> listener_;
    };

    explicit LogFollower(uv_loop_t& loop);
    ~LogFollower();
    LogFollower(LogFollower const&) = delete;
    LogFollower& operator=(LogFollower const&) = delete;

    /// Calls `grew` on the loop, at least once after every growth of the file that `log` is open on; many writes may give one call. `log` is borrowed
    /// for the call. Without inotify (no watches left) the subscription is empty: read again now and then.
    Subscription follow(int log, std::function<void()> grew);

private:
    struct Listener {
        LogFollower* owner = nullptr;  ///< null: ended
        int watch = -1;
        std::function<void()> grew;
    };
    void read_events();
    void tell(std::vector<std::shared_ptr<Listener>> listeners);
    void forget(Listener& listener);

    UniqueFd inotify_;
    UvHandle<uv_poll_t> poll_;                                      ///< null: no inotify
    std::map<int, std::vector<std::shared_ptr<Listener>>> watches_; ///< several may follow one file
};

}  // namespace pawl
