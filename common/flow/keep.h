// `artifacts` and `cache` of a step that runs a program: which files are kept, and when it need not run.
#pragma once

#include <string>
#include <string_view>

#include "common/flow/step.h"

namespace pawl::flow {

/// Keys and shapes: `artifacts` and `cache` of the plan are set when they are there.
void read_keep(Reader& reader, StepDraft& draft, StepPlan& step);

void compile_keep(Expressions& expressions, StepDraft const& draft, Sight& sight, StepPlan& step);

/// Why this is no glob of files below a folder, as the end of a sentence; empty when it is one.
std::string_view fault_of_glob(std::string_view glob);

}  // namespace pawl::flow
