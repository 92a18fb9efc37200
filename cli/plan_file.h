// The file that `pawl plan -o` writes and `pawl deploy` reads: what would change, and what must still be so when it is done.
#pragma once

#include <string>
#include <vector>

#include "cli/project.h"
#include "common/base/json.h"
#include "common/base/time.h"

namespace pawl::cli {

/// `answer`: of a deploy as a dry run.
Json make_plan(Project const& project, Json const& answer, UtcTime now);
bool is_plan(Json const& document);
/// The plan that a path names; null JSON when the file is none (a YAML file, a folder).
Result<Json> read_plan(std::string const& path);
/// What became of the files since, as clauses: "'flows/a.yaml' has changed". Empty: nothing.
std::vector<std::string> changes_since(Json const& plan, Project const& project);

}  // namespace pawl::cli
