// libuv's timers are monotonic; for the wall clock a timerfd is polled, which the kernel cancels when the clock is set.
#include "daemon/io/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "common/base/assert.h"
#include "daemon/io/unique_fd.h"
#include "daemon/io/uv_handle.h"

namespace pawl {
namespace {

/// The kernel tells of clock changes, but an armed timer is looked at anyway: whatever was missed costs a minute at most.
constexpr auto look_again_after = std::chrono::seconds(60);

}  // namespace

UtcTime wall_clock_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

struct DeadlineTimer::Core {
    std::function<void()> reached;
    UtcTime at = never;
    UniqueFd timer;
    UvHandle<uv_poll_t> poll;  // dies before the descriptor it polls

    void set_timer() {
        itimerspec spec{};
        if (at != never) {
            UtcTime const next = std::min(at, wall_clock_now() + look_again_after);
            auto const since_epoch = std::max(next.time_since_epoch(), Duration(1));  // zero would disarm
            auto const seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
            spec.it_value.tv_sec = seconds.count();
            spec.it_value.tv_nsec = std::chrono::nanoseconds(since_epoch - seconds).count();
        }
        ASSERT(timerfd_settime(timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr) == 0);
    }

    void on_readable() {
        std::uint64_t expirations = 0;
        auto const got = ::read(timer.get(), &expirations, sizeof expirations);
        if (got < 0 && errno == EAGAIN) return;  // re-armed meanwhile; ECANCELED: the clock was set
        if (at == never) return;
        if (wall_clock_now() < at) return set_timer();
        at = never;
        reached();
    }
};

DeadlineTimer::DeadlineTimer(uv_loop_t& loop, std::function<void()> reached) : core_(std::make_unique<Core>()) {
    core_->reached = std::move(reached);
    core_->timer.reset(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
    ASSERT(core_->timer);
    auto* poll = new uv_poll_t;
    ASSERT(uv_poll_init(&loop, poll, core_->timer.get()) == 0);
    poll->data = core_.get();
    core_->poll.reset(poll);
    uv_poll_start(poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
        if (auto* core = static_cast<Core*>(handle->data)) core->on_readable();
    });
}

DeadlineTimer::~DeadlineTimer() = default;

void DeadlineTimer::arm(UtcTime at) {
    if (at == core_->at) return;
    core_->at = at;
    core_->set_timer();
}

UtcTime DeadlineTimer::armed_for() const { return core_->at; }

struct RepeatingTimer::Core {
    std::function<void()> tick;
    UvHandle<uv_timer_t> timer;
};

RepeatingTimer::RepeatingTimer(uv_loop_t& loop, std::uint64_t every_ms, std::function<void()> tick) : core_(std::make_unique<Core>()) {
    core_->tick = std::move(tick);
    auto* timer = new uv_timer_t;
    ASSERT(uv_timer_init(&loop, timer) == 0);
    timer->data = core_.get();
    core_->timer.reset(timer);
    uv_timer_start(
        timer,
        [](uv_timer_t* handle) {
            if (auto* core = static_cast<Core*>(handle->data)) core->tick();
        },
        every_ms, every_ms);
    uv_unref(reinterpret_cast<uv_handle_t*>(timer));
}

RepeatingTimer::~RepeatingTimer() = default;

}  // namespace pawl
