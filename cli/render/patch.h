// Two texts as a unified patch, as `patch -p0` and every reviewer reads it.
#pragma once

#include <string>
#include <string_view>

#include "cli/render/look.h"

namespace pawl::cli {

/// Empty when the texts are equal. Three lines of context. `look` colours it; control characters are escaped only on a terminal, as a
/// patch that goes to a file must be exact.
std::string unified_patch(Look const& look, std::string const& before_name, std::string_view before, std::string const& after_name, std::string_view after);

}  // namespace pawl::cli
