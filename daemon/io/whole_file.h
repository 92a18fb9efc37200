// Files read, written, copied and hashed in one go, for worker threads: all of it waits for the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

/// The whole file, when it has at most `bytes_max`; nothing when it cannot be read.
std::optional<std::string> read_whole(int file, std::size_t bytes_max);
/// Written aside, on disk, then renamed: a crash leaves the old content or the new one. `what` names it in the error.
Status write_whole(int folder, std::string const& name, std::string_view content, std::string_view what);

struct Content {
    std::uint64_t bytes = 0;
    std::string sha256;
};
/// Reads to the end, and copies to `to` when it is not -1; shares the blocks where the file system can. 0 or errno; EFBIG beyond `bytes_max`.
int copy_content(int from, int to, std::uint64_t bytes_max, Content& content);

/// Decimal digits and nothing else; 0 for anything that is no number of ours.
std::int64_t number_of(std::string_view digits);

}  // namespace pawl
