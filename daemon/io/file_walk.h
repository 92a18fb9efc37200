// Finds and opens the files that globs name below a folder: regular ones alone. No link, FIFO or device is followed or opened, and nothing leads
// out of the folder, whatever somebody does to it meanwhile.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

struct FilesFound {
    std::vector<std::string> paths;      ///< sorted, relative to the folder, each once
    std::vector<std::string> unmatched;  ///< globs that match no regular file
    std::vector<std::string> left_out;   ///< links and special files that match; the first few
};

/// `folder`: any open folder. A glob whose last name has no star takes all that is below a folder of that name. Errors: limit_exceeded.
Result<FilesFound> find_files(int folder, std::vector<std::string> const& globs, std::size_t files_max);

/// The folder of a launch. Its own path may lead over links: the author wrote it.
UniqueFd open_folder(std::string const& path);
/// A regular file below the folder, for reading; none: errno tells (EINVAL: it is something else).
UniqueFd open_regular(int folder, std::string const& path, struct stat& status);
/// openat2 that stays below `folder` and follows no link.
UniqueFd open_below(int folder, char const* path, int flags, mode_t mode = 0);

}  // namespace pawl
