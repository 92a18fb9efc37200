// Mocks of `uses: http` and `uses: sql`: the answer that stands for a server or a file.
#pragma once

#include <string>

#include "common/flow/plan.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// The outputs of a mock, complete: what it leaves out is an empty answer. `map`: under `outputs`; null when there is none.
Json read_work_outputs(Reader& reader, yaml::Node const* map, StepPlan const& step, std::string const& title);

/// Whether a status is a success of this request.
bool is_expected_status(HttpAction const& http, std::int64_t status);

}  // namespace pawl::flow
