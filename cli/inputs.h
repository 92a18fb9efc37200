// `-i name=value`: text from the command line becomes typed input values, by the workflow's own declarations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/context.h"
#include "common/flow/declaration.h"

namespace pawl::cli {

/// A map for POST /v1/runs. Values are converted by `declarations`; what is not declared stays text, and the daemon refuses it by name.
Result<Json> parse_inputs(Context& context, std::vector<std::string> const& given, std::vector<flow::Declaration> const& declarations);
/// The declarations of a deployed workflow, from its stored source. Version 0: the active one.
Result<std::vector<flow::Declaration>> declared_inputs(Daemon& daemon, std::string const& workflow, std::int64_t version);

}  // namespace pawl::cli
