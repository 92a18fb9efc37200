// A queue under a mutex, and an async handle that tells the loop that it is not empty.
#include "daemon/io/inbox.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace pawl {

Inbox::Inbox(uv_loop_t& loop, std::function<void()> wake) : wake_(std::move(wake)) {
    auto* async = new uv_async_t;
    int const failed = uv_async_init(&loop, async, [](uv_async_t* handle) {
        if (auto* inbox = static_cast<Inbox*>(handle->data)) inbox->wake_();
    });
    ASSERT(failed == 0);
    async->data = this;
    async_.reset(async);
}

Inbox::~Inbox() = default;

void Inbox::post(Event event) {
    {
        std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
    }
    uv_async_send(async_.get());
}

std::vector<Event> Inbox::take(std::size_t max) {
    std::vector<Event> taken;
    bool more = false;
    {
        std::lock_guard lock(mutex_);
        auto const end = events_.begin() + static_cast<std::ptrdiff_t>(std::min(max, events_.size()));
        taken.assign(std::make_move_iterator(events_.begin()), std::make_move_iterator(end));
        events_.erase(events_.begin(), end);
        more = !events_.empty();
    }
    if (more) uv_async_send(async_.get());
    return taken;
}

std::size_t Inbox::waiting() const {
    std::lock_guard lock(mutex_);
    return events_.size();
}

}  // namespace pawl
