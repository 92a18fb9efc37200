// What other commands say about the files that steps left behind.
#pragma once

#include <cstdint>
#include <string>

#include "cli/daemon.h"

namespace pawl::cli {

/// "13B", "1.5MiB"
std::string size_text(std::int64_t bytes);
/// "3 files, 1.5MiB: pawl artifacts 812"; empty when there are none. `step` empty: of the whole run.
std::string artifacts_line(Daemon& daemon, Json const& run, std::string const& step);

}  // namespace pawl::cli
