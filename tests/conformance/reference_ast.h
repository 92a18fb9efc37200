// A syntax tree as the reference implementation prints it: macros expanded to comprehensions, operators as functions.
#pragma once

#include <string>

#include "common/cel/ast.h"

namespace pawl::conformance {

/// Only trees with standard macros.
std::string reference_text(cel::Ast const& ast);

}  // namespace pawl::conformance
