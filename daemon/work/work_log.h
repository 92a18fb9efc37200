// The log of an attempt that a worker has: lines for people, in the format that shims write.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/io/log_file.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

/// Not for two threads at once. What cannot be written is missing; an attempt never fails for its log.
class WorkLog {
public:
    WorkLog(UniqueFd log, UniqueFd index) : log_(std::move(log)), index_(std::move(index)) {}
    void say(std::string_view line) { write(line, LogStream::out); }
    void complain(std::string_view line) { write(line, LogStream::err); }

private:
    void write(std::string_view line, LogStream stream);

    UniqueFd log_, index_;
    std::uint64_t bytes_ = 0, marks_ = 0;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// "1 row", "3 rows".
std::string counted(std::int64_t number, std::string_view noun);
/// "812 bytes", "1.5 KiB".
std::string shown_size(std::uint64_t bytes);
std::string shown_ms(std::chrono::microseconds time);  ///< "12 ms"

}  // namespace pawl
