// The model of a workflow: its document as JSON with short forms expanded. What has an equal model means the same.
#pragma once

#include "common/base/json.h"
#include "common/flow/plan.h"
#include "common/yaml/document.h"

namespace pawl::flow {

/// Of a document that gave this plan.
Json model_of(yaml::Node const& root, Plan const& plan);

}  // namespace pawl::flow
