// Files and stored versions as the language loads them: with the conditions that may stand beside them.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "common/flow/load.h"

namespace pawl::cli {

/// One file. When it names conditions, those of its project are at hand; what is wrong with other files is not told here.
Result<flow::LoadedFile> load_target(Context& context, flow::SourceFile source);
/// The conditions of the project (a folder with pawl.yaml) that `path` belongs to, without those of the sources. Nothing when these name none.
Result<flow::Conditions> conditions_elsewhere(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& path);
/// The other files of that project, with their plans, when the sources hold tests or name conditions: tests may stand in files of their own.
Result<flow::LoadedProject> project_beside(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& path);
/// All conditions of these files.
flow::Conditions conditions_in(flow::LoadedProject const& project);
/// Which workflow of a file is meant: the one named, or its only one. Points into the file.
Result<flow::LoadedWorkflow const*> meant_workflow(flow::LoadedFile const& file, std::string const& name);
/// The file of a stored version, as GET /v1/workflows/NAME describes it, with the conditions it was deployed with.
flow::LoadedFile load_version(Json const& version);

}  // namespace pawl::cli
