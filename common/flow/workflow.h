// One document of kind workflow: from its tree to its plan.
#pragma once

#include <memory>
#include <vector>

#include "common/flow/definitions.h"
#include "common/flow/plan.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// Null when the document has errors; all of them are in the reader's diagnostics. `uses`: the conditions its expressions name.
std::shared_ptr<Plan const> read_workflow(Reader& reader, yaml::Node const& root, Definitions const& definitions, std::vector<ConditionUse>& uses);
/// `kind: project`: checked, and nothing else.
void read_project(Reader& reader, yaml::Node const& root);

}  // namespace pawl::flow
