// `matrix` and `foreach`: what a step runs for.
#pragma once

#include "common/flow/step.h"

namespace pawl::flow {

/// Keys and shapes: fan_out of the plan is set when there is one.
void read_fan_out(Reader& reader, StepDraft const& draft, StepPlan& step);

void compile_fan_out(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, StepPlan& step);

/// What expressions of a compiled step see besides all others: `item` or `matrix`.
ItemTypes items_of(StepPlan const& step);

}  // namespace pawl::flow
