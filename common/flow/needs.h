// The order of steps: `needs` by index, without cycles.
#pragma once

#include <vector>

#include "common/flow/plan.h"
#include "common/flow/reader.h"
#include "common/flow/scope.h"
#include "common/flow/step.h"

namespace pawl::flow {

struct StepOrder {
    std::vector<StepIndex> order;       ///< every step behind those it needs; steps of a cycle at the end
    std::vector<StepSet> visible;       ///< by step: what its expressions see
    std::vector<bool> broken;           ///< by step: its needs have mistakes, so nothing is known about what it sees
};

/// Fills needs and dependents. The plan's steps stand section by section.
StepOrder resolve_needs(Reader& reader, std::vector<StepDraft> const& drafts, Plan& plan);

}  // namespace pawl::flow
