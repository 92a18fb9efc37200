// Writing files that must not exist yet: all of them, or none.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/flow/load.h"

namespace pawl::cli {

/// Writes the files below `folder`, which is made when it is missing, as are folders within. What exists already is never touched:
/// code::conflict names it, and nothing is written. When writing fails half-way, what was made is removed again.
Status write_new_files(std::string const& folder, std::vector<flow::SourceFile> const& files);

}  // namespace pawl::cli
