// The clean environment that every step starts from: nothing of the daemon's own.
#pragma once

#include <string>
#include <vector>

namespace pawl {

/// PATH HOME USER LOGNAME SHELL LANG TMPDIR of the user the daemon runs as, from the user database; PATH and LANG are fixed.
std::vector<std::string> steps_environment();

}  // namespace pawl
