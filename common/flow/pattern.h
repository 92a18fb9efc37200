// Regular expressions of declarations. The only file of this folder that knows RE2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::flow {

/// What is wrong with a pattern, as RE2 says it; empty when it is fine. At most 1,000 bytes are allowed. What it costs is taken from
/// `budget`, in RE2's instructions; one that is used up refuses everything.
std::optional<std::string> pattern_error(std::string_view pattern, int& budget);
inline constexpr int pattern_budget = 300'000;  ///< of a file
/// Whether the whole text matches. A broken pattern matches nothing.
bool matches_whole(std::string_view pattern, std::string_view text);

}  // namespace pawl::flow
