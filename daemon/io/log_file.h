// Reads an attempt's log by byte offset, with what the index tells of stream and time. Bytes are the truth, the index is a hint: a torn, wrong or
// missing one costs streams and times, never bytes. Memory is bounded by what is asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "daemon/io/run_files.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

/// `mark` is pawl's own line about bytes that were dropped.
enum class LogStream : std::uint8_t { unknown, out, err, mark };

/// From `offset` on, until the next one.
struct LogMark {
    std::uint64_t offset = 0;
    std::uint32_t ms = 0;  ///< since the attempt began
    LogStream stream = LogStream::unknown;
    bool operator==(LogMark const&) const = default;
};
inline constexpr std::size_t log_mark_bytes = 16;
std::array<std::uint8_t, log_mark_bytes> encode_log_mark(LogMark const& mark);  ///< of out, err or mark
/// Empty: no record of the index.
std::optional<LogMark> decode_log_mark(std::array<std::uint8_t, log_mark_bytes> const& bytes);

/// Bytes that were said at once, by one stream.
struct LogChunk {
    std::uint64_t offset = 0;
    std::optional<std::uint32_t> ms;  ///< since the attempt began
    LogStream stream = LogStream::unknown;
    std::string bytes;
    bool operator==(LogChunk const&) const = default;
};

class LogFile {
public:
    /// A log that does not exist yet is empty, an unreadable one is an error.
    static Result<LogFile> open(RunFiles const& files, AttemptId attempt, RunId run);
    LogFile(UniqueFd log, UniqueFd index) : log_(std::move(log)), index_(std::move(index)) {}

    std::uint64_t size() const;
    /// At most `bytes_max` bytes from `offset` on, in order and without a gap; nothing at the end of the file.
    std::vector<LogChunk> read(std::uint64_t offset, std::size_t bytes_max) const;
    /// Where the last `lines` lines begin. An unfinished last line counts as one.
    std::uint64_t tail_offset(std::uint64_t lines) const;

private:
    std::uint64_t mark_count() const;
    std::optional<LogMark> mark(std::uint64_t number) const;
    std::uint64_t last_mark_before(std::uint64_t offset) const;
    std::vector<LogMark> marks_between(std::uint64_t begin, std::uint64_t end) const;

    UniqueFd log_;    ///< none: not there yet
    UniqueFd index_;  ///< none: nothing is known of streams and times
};

}  // namespace pawl
