// Puts files that come from the daemon below a folder, under the names that steps gave them. Nothing leads out of the folder: names are judged, and
// each folder on the way is opened without following links. A file appears whole and checked, or not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace pawl::cli {

struct Download {
    std::string path;             ///< relative, as the daemon says
    std::string sha256;
    std::uint64_t bytes = 0;
    std::uint32_t mode = 0644;
};
/// Hands the bytes over, piece by piece.
using Source = std::function<Status(std::function<Status(std::string_view)> const& piece)>;

/// Why a name must not be used, as the end of a sentence; empty when it is a path below a folder.
std::string_view fault_of_name(std::string_view path);

/// `folder` is made when it is missing. `replace`: a file that is there already gives way; else that is a conflict.
Status download(std::string const& folder, Download const& file, bool replace, Source const& source);

}  // namespace pawl::cli
