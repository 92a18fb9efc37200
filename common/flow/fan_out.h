// `matrix` and `foreach`: what a step runs for.
#pragma once

#include "common/flow/step.h"

namespace pawl::flow {

inline constexpr std::size_t items_max = 10'000;  ///< of one step; messages and the manual page name it

/// Keys and shapes: fan_out of the plan is set when there is one.
void read_fan_out(Reader& reader, StepDraft const& draft, StepPlan& step);

void compile_fan_out(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, StepPlan& step);

/// What expressions of a compiled step see besides all others: `item` or `matrix`.
ItemTypes items_of(StepPlan const& step);

}  // namespace pawl::flow
