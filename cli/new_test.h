// The skeleton of a test for a workflow that is there already: its own steps are mocked.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"

namespace pawl::cli {

/// Of a workflow of that name in the project of a folder; nothing when there is none, or when it has mistakes.
std::optional<std::string> test_of_workflow(Context& context, std::string const& name, std::string const& folder);

}  // namespace pawl::cli
