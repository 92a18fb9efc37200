// The globs of `exclude:` in a project's pawl.yaml: which files of its folder do not belong to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::cli {

/// `*` and `?` match within one name, `**` over folders too. Both are paths with '/', relative to the same folder.
bool glob_matches(std::string_view glob, std::string_view path);
/// A glob that matches a folder takes away all that is below it.
bool is_excluded(std::vector<std::string> const& globs, std::string_view path);
/// What the pawl.yaml of a project's folder excludes; nothing when there is none, or none that can be read: `pawl check` tells its mistakes.
std::vector<std::string> excluded_by_project(std::string const& root);

}  // namespace pawl::cli
