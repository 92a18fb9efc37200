// `${{ }}` in a script would be executed: refused, with a ready rewrite where that is safe.
#pragma once

#include <string>
#include <vector>

#include "common/flow/plan.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// Reports expressions in `run` of a step. The fix passes the value by `env` and quotes the variable; it is offered only where the
/// shell text around the expression certainly allows it.
void refuse_pasting(Reader& reader, yaml::Node const& step, yaml::Member const& run, std::vector<std::string> const& shell,
                    std::vector<NamedTemplate> const& workflow_env);

}  // namespace pawl::flow
