// GitHub Actions: a workflow file becomes a workflow of ours.
#pragma once

#include "cli/import/imported.h"

namespace pawl::cli {

/// `file` has been parsed without errors. Jobs become chains of steps; what runs only on GitHub is reported.
Imported import_github_actions(yaml::File const& file);

}  // namespace pawl::cli
