// How runs, steps, attempts and versions are named on the command line, and what to say when they do not exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"

namespace pawl::cli {

/// "812" or "last", as a path segment of the API. Empty when it is neither.
std::optional<std::string> run_segment(std::string_view target);
/// "nightly-backup@12"
struct VersionedName {
    std::string name;
    std::int64_t version = 0;  ///< 0: the active one
};
Result<VersionedName> parse_workflow(std::string_view target);
/// "compress#2"
struct StepTarget {
    std::string step;
    int attempt = 0;           ///< 0: not said
};
Result<StepTarget> parse_step(std::string_view target);

/// A usage error when the target cannot name a run; needs no daemon.
Status check_run(std::string_view target);
/// The number of a run that something is to be done to. 'last' is asked for first: a request that changes something names what it means.
Result<std::string> run_number(Daemon& daemon, std::string_view target);
/// Run (detail), for "812" or "last".
Result<Json> find_run(Daemon& daemon, std::string_view target);
/// A 404 about a workflow gets the nearest deployed name as its hint; other errors pass.
Error with_workflow_suggestion(Daemon& daemon, Error error, std::string_view name);
/// The error for a step that a run does not have.
Error no_such_step(Json const& run, std::string_view step);

}  // namespace pawl::cli
