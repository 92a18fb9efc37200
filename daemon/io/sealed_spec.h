// The spec of a launch as the shim reads it: complete before the shim sees it, and nothing of it in argv or in the shim's environment.
#pragma once

#include <string>
#include <vector>

#include "common/base/ids.h"
#include "daemon/core/attempts.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

/// The bytes of daemon/shim/protocol.h. `more_env` comes after the spec's own. Empty: a text holds a NUL, there is no argument, or it is too big.
std::string encode_spec(AttemptId attempt, LaunchSpec const& spec, std::vector<std::string> const& more_env);
/// A memory file that nobody can change any more. None: errno tells.
UniqueFd seal(std::string const& spec);

}  // namespace pawl
