// The way from outside to functions/globs.h, which belongs to the library of functions.
#include "common/cel/glob.h"

#include "common/cel/functions/globs.h"

namespace pawl::cel {

std::string pattern_of_glob(std::string_view glob, std::string& problem) { return glob_expression(glob, problem); }

}  // namespace pawl::cel
