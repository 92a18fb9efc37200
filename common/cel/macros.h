// The macros: calls that the parser rewrites, because they bind names or do not evaluate their argument.
#pragma once

#include <cstdint>
#include <optional>

#include "common/cel/ast.h"

namespace pawl::cel {

/// The macros of the specification, or also those of its extensions: two variables, cel.bind, optMap.
enum class MacroSet : std::uint8_t { standard, extended };

/// `call` is a finished call node, not yet in the tree. Gives what replaces it (a mistake node after a report), or nothing when it is no macro.
std::optional<Node> expand_macro(Ast const& ast, Node const& call, MacroSet macros, Reporter& reporter);

}  // namespace pawl::cel
