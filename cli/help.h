// --help and `pawl help`: drawn from the command tables.
#pragma once

#include <string>

#include "cli/grammar.h"
#include "cli/render/look.h"

namespace pawl::cli {

/// What a user types, without the program: "run start NAME [OPTIONS]".
std::string synopsis(Command const& command);
std::string render_help(Look const& look, Command const& command);
/// All commands in groups; `noun` non-empty: its verbs only.
std::string render_overview(Look const& look, std::string_view noun = "");

}  // namespace pawl::cli
