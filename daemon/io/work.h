// The seam to what the daemon does itself, on threads of its own, instead of starting a program: requests and queries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

inline constexpr std::size_t request_bytes_max = 8u << 20;

struct WorkOrder {
    AttemptId attempt;
    std::string request;              ///< as work_spec.h describes it
    std::optional<Duration> timeout;  ///< from when it begins
    UniqueFd log, index, report;      ///< the worker writes them; the report is on disk, and ends with a line end, before it tells
};

struct WorkEnd {
    enum class Kind : std::uint8_t { ended, timed_out, stopped };  ///< `ended`: the report tells how
    Kind kind = Kind::ended;
    Duration ran{};
};

/// Called on any thread, once for each order, but for those that are given up at the end.
using WorkDone = std::function<void(AttemptId, WorkEnd)>;

/// Called on the loop's thread. How it ended comes back to LocalAttempts::work_ended, once for each order.
class Workers {
public:
    virtual ~Workers() = default;
    /// False: the daemon is about to end, and its successor will begin what has not begun.
    virtual bool takes_orders() const = 0;
    virtual void begin(WorkOrder order) = 0;
    virtual void cancel(AttemptId attempt) = 0;
};

}  // namespace pawl
