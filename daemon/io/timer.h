// Timers on the loop: one for an instant of the wall clock, one that repeats.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "common/base/time.h"

namespace pawl {

/// Calls once the wall clock has reached an instant. Follows clock changes in both directions and time spent in suspend: the timer is
/// absolute, is told when the clock is set, and looks again at least every 60 s.
class DeadlineTimer {
public:
    DeadlineTimer(uv_loop_t& loop, std::function<void()> reached);
    ~DeadlineTimer();
    DeadlineTimer(DeadlineTimer&&) = delete;

    /// Replaces the instant. One that has passed is reached in the next iteration. `never` disarms.
    void arm(UtcTime at);
    UtcTime armed_for() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

/// Calls every `every_ms` milliseconds of monotonic time, the first time after as long. Does not keep the loop alive by itself.
class RepeatingTimer {
public:
    RepeatingTimer(uv_loop_t& loop, std::uint64_t every_ms, std::function<void()> tick);
    ~RepeatingTimer();
    RepeatingTimer(RepeatingTimer&&) = delete;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

/// The wall clock, in microseconds.
UtcTime wall_clock_now();

}  // namespace pawl
