// Compiling a piece of a larger text: what templates need beyond program.h.
#pragma once

#include "common/cel/environment.h"
#include "common/cel/program.h"
#include "common/cel/source.h"

namespace pawl::cel {

/// Compiles `text`, which stands where `placer` says.
Compiled compile_piece(std::string_view text, Placer placer, Environment::State const& environment);

/// The value as text, as a template puts it between other text: lists and maps as JSON, null is an error.
Result<std::string> eval_text(Program const& program, Activation const& values, Budget& budget);

}  // namespace pawl::cel
