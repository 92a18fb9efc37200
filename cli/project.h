// A project on its way to the daemon: its files, the request that deploys them, and what the answer says, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "cli/sources.h"
#include "common/base/json.h"

namespace pawl::cli {

struct Project {
    std::string root;                       ///< absolute
    bool whole = false;                     ///< has a pawl.yaml: what is gone from its files is retired
    std::vector<flow::SourceFile> files;    ///< named relative to the root
};
/// The project that a path belongs to. Without a pawl.yaml it is the folder alone, and nothing is ever retired by it.
Result<Project> read_project(Context& context, std::string const& path);
bool has_project_file(std::string const& folder);

Json deploy_request(std::vector<flow::SourceFile> const& sources, std::string const& root, bool dry_run, bool whole);
/// The diagnostics of an answer or a problem.
Diagnostics diagnostics_in(Json const& answer, std::string_view key);
/// The members of a list; empty when there is none.
JsonList list_in(Json const& map, std::string_view key);

/// "~ workflow nightly@13 changed  flows/n.yaml" and a line for each sentence.
std::string change_text(Look const& look, Json const& change);
/// "1 added, 2 changed"
std::string counts_text(JsonList const& changes);
bool is_change(Json const& change);

}  // namespace pawl::cli
