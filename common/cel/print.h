// The syntax tree as CEL text again, with the brackets it needs: for messages, diffs and the parse-print-parse test.
#pragma once

#include <string>

#include "common/cel/ast.h"

namespace pawl::cel {

std::string to_text(Ast const& ast, NodeId id);
std::string to_text(Ast const& ast);
/// A literal as CEL writes it: 'text', b'\x00', 1u, 2.0.
std::string to_text(Literal const& literal);

}  // namespace pawl::cel
