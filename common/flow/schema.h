// JSON Schema of pawl files, for editors: made from the table of keys.
#pragma once

#include <string_view>

#include "common/base/json.h"

namespace pawl::flow {

/// Draft 7. packaging/schema/workflow.schema.json holds it.
Json workflow_schema();
/// The same of pawl.yaml, the file at the root of a project.
Json project_schema();
/// Of one kind alone: condition, test.
Json schema_of(std::string_view kind);

}  // namespace pawl::flow
