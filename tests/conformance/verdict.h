// Runs one test of the suite: compiles, evaluates, compares.
#pragma once

#include <string>

#include "common/cel/type.h"
#include "tests/conformance/suite.h"

namespace pawl::conformance {

/// Empty when the test passes; else what is wrong.
std::string verdict(Test const& test);

/// The type the checker finds, as the reference prints it; a dash when it finds a mistake.
std::string deduced_type(Test const& test);

}  // namespace pawl::conformance
