// `matrix` and `foreach`: what a step runs for.
#pragma once

#include "common/flow/step.h"

namespace pawl::flow {

/// Keys and shapes: fan_out of the plan is set when there is one.
void read_fan_out(Reader& reader, StepDraft const& draft, StepPlan& step);

/// What expressions of such a step see besides all others: `item` or `matrix`. dyn: not this one.
struct ItemTypes {
    std::optional<cel::Type> item, matrix;
    bool tainted = false;
};
ItemTypes compile_fan_out(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, StepPlan& step);

}  // namespace pawl::flow
