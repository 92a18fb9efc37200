// What the tests of a workflow have seen of it: steps that ran, both ends of each `if`, the arms of each switch.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/play/suite.h"

namespace pawl::cli {

/// A place that no case has reached.
struct Gap {
    SourcePos where;                      ///< of the step
    std::string what;
};

struct Coverage {
    std::string target;                   ///< "workflow/release"
    std::size_t steps = 0, steps_run = 0;         ///< what takes a step back counts too
    std::size_t branches = 0, branches_seen = 0;  ///< an `if` has two, a switch one an arm, and one more where none has to be taken
    std::vector<Gap> gaps;                ///< in the order of the workflow
};

/// One for each workflow that is tested, by name. `results`: of these tests.
std::vector<Coverage> coverage_of(std::vector<flow::Test> const& tests, std::vector<CaseResult> const& results);

}  // namespace pawl::cli
