// Made-up values of declared types, where nobody has said better ones.
#pragma once

#include "common/base/json.h"
#include "common/flow/plan.h"

namespace pawl::cli {

Json sample_of(flow::Declaration const& declaration);
/// All outputs that a step must give.
JsonMap sample_outputs(flow::StepPlan const& step);

}  // namespace pawl::cli
