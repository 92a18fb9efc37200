// Reads logs and their index.
#include "daemon/io/log_file.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/error_codes.h"
#include "daemon/shim/crc32.h"
#include "daemon/shim/protocol.h"

namespace pawl {
namespace {

constexpr std::size_t piece_bytes = 64u << 10;
constexpr std::size_t marks_a_read = 256;

std::uint16_t check_of(pawl_index_record const& record) {
    static auto const table = [] {
        std::array<std::uint32_t, 256> words{};
        pawl_crc32_fill(words.data());
        return words;
    }();
    return static_cast<std::uint16_t>(pawl_crc32(table.data(), &record, offsetof(pawl_index_record, check)));
}

std::size_t read_at(int fd, void* to, std::size_t size, std::uint64_t offset) {
    std::size_t have = 0;
    while (have < size) {
        ssize_t const got = pread(fd, static_cast<char*>(to) + have, size - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    return have;
}

std::uint64_t size_of(UniqueFd const& file) {
    struct stat status{};
    return file && fstat(file.get(), &status) == 0 && status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

std::array<std::uint8_t, log_mark_bytes> encode_log_mark(LogMark const& mark) {
    pawl_index_record record{};
    record.offset = mark.offset;
    record.ms = mark.ms;
    record.stream = mark.stream == LogStream::out ? PAWL_STREAM_OUT : mark.stream == LogStream::err ? PAWL_STREAM_ERR : PAWL_STREAM_MARK;
    record.check = check_of(record);
    std::array<std::uint8_t, log_mark_bytes> bytes{};
    std::memcpy(bytes.data(), &record, bytes.size());
    return bytes;
}

std::optional<LogMark> decode_log_mark(std::array<std::uint8_t, log_mark_bytes> const& bytes) {
    pawl_index_record record;
    static_assert(sizeof record == log_mark_bytes);
    std::memcpy(&record, bytes.data(), sizeof record);
    if (record.check != check_of(record)) return std::nullopt;
    LogMark mark{.offset = record.offset, .ms = record.ms};
    switch (record.stream) {
    case PAWL_STREAM_OUT: mark.stream = LogStream::out; break;
    case PAWL_STREAM_ERR: mark.stream = LogStream::err; break;
    case PAWL_STREAM_MARK: mark.stream = LogStream::mark; break;
    default: break;  // of a later version: the bytes are shown all the same
    }
    return mark;
}

Result<LogFile> LogFile::open(RunFiles const& files, AttemptId attempt, RunId run) {
    UniqueFd log = files.open_log(attempt, run);
    if (!log && errno != ENOENT) return Error{code::io, std::string("cannot open the log: ") + std::strerror(errno), {}, {}};
    struct stat status{};
    if (log && (fstat(log.get(), &status) != 0 || !S_ISREG(status.st_mode))) return Error{code::io, "the log is no regular file", {}, {}};
    return LogFile(std::move(log), files.open_index(attempt, run));
}

std::uint64_t LogFile::size() const { return size_of(log_); }

std::uint64_t LogFile::mark_count() const { return size_of(index_) / log_mark_bytes; }  // a torn last record does not count

std::optional<LogMark> LogFile::mark(std::uint64_t number) const {
    std::array<std::uint8_t, log_mark_bytes> bytes{};
    if (read_at(index_.get(), bytes.data(), bytes.size(), number * log_mark_bytes) != bytes.size()) return std::nullopt;
    return decode_log_mark(bytes);
}

/// Binary search for the record that covers `offset`. In a damaged index it ends too, only somewhere else: the caller checks what it reads.
std::uint64_t LogFile::last_mark_before(std::uint64_t offset) const {
    std::uint64_t low = 0;
    std::uint64_t high = mark_count();
    while (high - low > 1) {
        std::uint64_t const middle = low + (high - low) / 2;
        std::optional<LogMark> const found = mark(middle);
        if (found && found->offset <= offset) low = middle;
        else high = middle;
    }
    return low;
}

/// The marks that matter for [begin, end): ascending, the first one perhaps before `begin`. A record that does not fit the order is left out.
std::vector<LogMark> LogFile::marks_between(std::uint64_t begin, std::uint64_t end) const {
    std::vector<LogMark> marks;
    std::array<std::array<std::uint8_t, log_mark_bytes>, marks_a_read> records;
    std::uint64_t const count = mark_count();
    for (std::uint64_t number = last_mark_before(begin); number < count; number += marks_a_read) {
        std::size_t const got = read_at(index_.get(), records.data(), sizeof records, number * log_mark_bytes) / log_mark_bytes;
        for (std::size_t i = 0; i < got; ++i) {
            std::optional<LogMark> const found = decode_log_mark(records[i]);
            if (!found || (!marks.empty() && found->offset < marks.back().offset)) continue;
            if (found->offset >= end) return marks;
            if (!marks.empty() && (found->offset <= begin || found->offset == marks.back().offset)) marks.pop_back();
            marks.push_back(*found);
        }
        if (got < marks_a_read) return marks;
    }
    return marks;
}

std::vector<LogChunk> LogFile::read(std::uint64_t offset, std::size_t bytes_max) const {
    std::vector<LogChunk> chunks;
    std::uint64_t const log_size = size();
    if (offset >= log_size || bytes_max == 0) return chunks;
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, log_size - offset)), '\0');
    bytes.resize(read_at(log_.get(), bytes.data(), bytes.size(), offset));
    std::uint64_t const end = offset + bytes.size();
    LogChunk chunk{.offset = offset, .ms = std::nullopt, .stream = LogStream::unknown, .bytes = {}};
    auto const close_chunk = [&](std::uint64_t at) {
        chunk.bytes = bytes.substr(static_cast<std::size_t>(chunk.offset - offset), static_cast<std::size_t>(at - chunk.offset));
        if (!chunk.bytes.empty()) chunks.push_back(chunk);
        chunk.offset = at;
    };
    for (LogMark const& mark : marks_between(offset, end)) {
        if (mark.offset > offset) close_chunk(mark.offset);
        chunk.stream = mark.stream;
        chunk.ms = mark.stream == LogStream::unknown ? std::nullopt : std::optional(mark.ms);
    }
    close_chunk(end);
    return chunks;
}

std::uint64_t LogFile::tail_offset(std::uint64_t lines) const {
    std::uint64_t end = size();
    if (lines == 0 || end == 0) return end;
    std::string piece(piece_bytes, '\0');
    std::uint64_t newlines = 0;
    bool last_byte = true;  // a newline at the very end finishes the last line, and begins none
    while (end > 0) {
        std::uint64_t const begin = end > piece_bytes ? end - piece_bytes : 0;
        std::size_t const got = read_at(log_.get(), piece.data(), static_cast<std::size_t>(end - begin), begin);
        for (std::size_t i = got; i-- > 0; last_byte = false)
            if (piece[i] == '\n' && !last_byte && ++newlines == lines) return begin + i + 1;
        end = begin;
    }
    return 0;
}

}  // namespace pawl
