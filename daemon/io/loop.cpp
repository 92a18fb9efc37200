// uv_loop_t with a mailbox. An async wake-up may stand for many posts, so each one empties the mailbox.
#include "daemon/io/loop.h"

#include <utility>

#include "common/base/assert.h"

namespace pawl {

Loop::Loop() {
    ASSERT(uv_loop_init(&loop_) == 0);
    ASSERT(uv_async_init(&loop_, &wake_, [](uv_async_t* wake) { static_cast<Loop*>(wake->data)->run_posted(); }) == 0);
    wake_.data = this;
}

Loop::~Loop() {
    uv_walk(
        &loop_, [](uv_handle_t* handle, void*) { if (!uv_is_closing(handle)) uv_close(handle, nullptr); }, nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);  // only close callbacks are left
    ASSERT(uv_loop_close(&loop_) == 0);
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&loop_); }

void Loop::run_once(bool wait) { uv_run(&loop_, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT); }

void Loop::post(std::function<void()> work) {
    {
        std::lock_guard lock(mutex_);
        posted_.push_back(std::move(work));
    }
    uv_async_send(&wake_);
}

void Loop::run_posted() {
    std::vector<std::function<void()>> work;
    {
        std::lock_guard lock(mutex_);
        work.swap(posted_);
    }
    for (auto& job : work) job();  // what it posts wakes us again
}

}  // namespace pawl
