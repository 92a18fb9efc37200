// Steps with `uses: workflow/NAME`: read, held against what NAME takes and gives, compiled.
#pragma once

#include <string>
#include <vector>

#include "common/cel/type.h"
#include "common/flow/definitions.h"
#include "common/flow/step.h"

namespace pawl::flow {

inline constexpr int sub_workflow_depth_max = 8;  ///< runs below a run

bool uses_workflow(Fields const& step);
void read_sub_workflow(Reader& reader, StepDraft const& draft, StepPlan& step);
/// Finds the workflows that the plan's steps use. Unknown names, cycles and too deep nesting are mistakes.
void link_sub_workflows(Reader& reader, Definitions const& definitions, std::vector<StepDraft> const& drafts, Plan& plan);
void compile_sub_workflow(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, WorkflowAction& action);
/// The type of `steps.ID.outputs`.
cel::Type outputs_of(WorkflowAction const& action, std::string const& id);

}  // namespace pawl::flow
