// The parsing suite: texts with their trees, and texts that must be refused.
#pragma once

#include "tests/conformance/suite.h"

namespace pawl::conformance {

/// With standard macros only, as the trees of the suite have them; a note instead of a tree when it does not parse.
std::string parsed_text(std::string const& expression);

struct Parsing {
    Tally trees;     ///< under the switches of the reference
    Tally refused;   ///< the same
    std::size_t refused_by_pawl = 0;  ///< of those that must be refused, under our own switches
};
Parsing check_parsing(Json const& document);

}  // namespace pawl::conformance
