// The command line of pawld, and the places it leads to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace pawl {

struct DaemonOptions {
    enum class Action : std::uint8_t { serve, help, version };
    Action action = Action::serve;
    bool system_mode = false;     ///< /run/pawl and /var/lib/pawl; else the user's own folders
    bool local = false;           ///< private to one `pawl run --local`: ends with its parent
    std::string state_dir;        ///< absolute
    std::string socket_path;
    std::string shim_path;        ///< absolute
    int attempts_max = 64;
    std::string log_level = "info";
};

/// Usage mistakes are code::usage. Defaults come from XDG_RUNTIME_DIR, XDG_STATE_HOME and HOME, as pawld(8) says.
Result<DaemonOptions> parse_options(std::vector<std::string> const& arguments);
std::string usage_text();

}  // namespace pawl
