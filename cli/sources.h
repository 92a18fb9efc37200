// Reads YAML files from paths on the command line: files, folders, `-`.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "common/flow/load.h"

namespace pawl::cli {

/// Files as named; folders: every *.yaml below, sorted, without hidden folders and what its project excludes; `-`: standard input, named "stdin". Names stay as typed.
Result<std::vector<flow::SourceFile>> read_sources(Context& context, std::vector<std::string> const& paths);
Result<std::string> read_file(std::string const& path);
/// The value of a data option: `@FILE` and `-` are read, anything else is the text itself.
Result<std::string> read_data(Context& context, std::string const& value);

/// The folder of the project a path belongs to: the nearest one upwards with a pawl.yaml, else the folder itself. Absolute.
std::string project_root(std::string const& path);
/// What belongs to a file when it is run on its own: the files of its project, or the pawl files beside it when there is no pawl.yaml.
Result<std::vector<flow::SourceFile>> read_project_of(Context& context, std::string const& file);

/// Does a target name a file: begins with '/', './', '../', or ends in '.yaml', or is '-'?
bool names_a_file(std::string_view target);

}  // namespace pawl::cli
