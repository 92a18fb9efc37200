// Bytes into the log, a record into its index for each line.
#include "daemon/work/work_log.h"

#include <sys/types.h>
#include <unistd.h>

namespace pawl {

void WorkLog::write(std::string_view line, LogStream stream) {
    auto const passed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
    auto const mark = encode_log_mark({.offset = bytes_, .ms = static_cast<std::uint32_t>(passed.count()), .stream = stream});
    std::string const text = std::string(line) + "\n";
    ssize_t const written = pwrite(log_.get(), text.data(), text.size(), static_cast<off_t>(bytes_));
    if (written <= 0) return;
    bytes_ += static_cast<std::uint64_t>(written);
    if (pwrite(index_.get(), mark.data(), mark.size(), static_cast<off_t>(marks_ * mark.size())) == static_cast<ssize_t>(mark.size())) ++marks_;
}

std::string counted(std::int64_t number, std::string_view noun) {
    return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string shown_size(std::uint64_t bytes) {
    if (bytes < 10'000) return counted(static_cast<std::int64_t>(bytes), "byte");
    bool const is_large = bytes >= 10u << 20;
    std::uint64_t const tenths = bytes * 10 / (is_large ? 1u << 20 : 1u << 10);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + (is_large ? " MiB" : " KiB");
}

std::string shown_ms(std::chrono::microseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

}  // namespace pawl
