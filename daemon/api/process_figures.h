// Memory and descriptors of this process, for `pawl status`. Asking the kernel costs more than the whole rest of an answer
// (a walk through /proc/self/fd), so what it said is kept for a moment: a monitor that asks thousands of times a second costs no more.
#pragma once

#include <cstdint>

namespace pawl::api {

struct ProcessFigures {
    std::int64_t resident_kib = 0;
    int descriptors = 0;
};

class ProcessMeter {
public:
    /// Not older than 200 ms of the clock `now_ms` counts.
    ProcessFigures const& at(std::uint64_t now_ms);

private:
    ProcessFigures figures_;
    std::uint64_t read_at_ms_ = 0;
    bool read_ = false;
};

}  // namespace pawl::api
