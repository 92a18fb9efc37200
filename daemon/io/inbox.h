// Where everything that happens is put as an Event, from any thread; the turn takes it from here.
#pragma once

#include <uv.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/io/uv_handle.h"

namespace pawl {

/// Unbounded by itself: each source is bounded (one request a connection, 64 attempts). Construction, take() and destruction on the loop's
/// thread.
class Inbox {
public:
    /// `wake` runs on the loop's thread, once for any number of posts, and again in a later iteration while take() leaves something.
    Inbox(uv_loop_t& loop, std::function<void()> wake);
    ~Inbox();
    Inbox(Inbox&&) = delete;  // libuv holds our address

    /// Any thread.
    void post(Event event);
    /// The oldest events, at most `max`.
    std::vector<Event> take(std::size_t max);
    std::size_t waiting() const;

private:
    std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::deque<Event> events_;  // guarded by mutex_
    UvHandle<uv_async_t> async_;
};

}  // namespace pawl
