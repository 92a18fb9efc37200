// Globs for readers that are no expressions: the same patterns as the function glob().
#pragma once

#include <string>
#include <string_view>

namespace pawl::cel {

/// The regular expression that matches the same whole texts. Empty, with `problem` set, for a wrong pattern.
std::string pattern_of_glob(std::string_view glob, std::string& problem);

}  // namespace pawl::cel
