// Tokens to a syntax tree by recursive descent. Goes on behind a mistake, so that one look shows them all.
#pragma once

#include <string_view>

#include "common/cel/ast.h"
#include "common/cel/lexer.h"
#include "common/cel/macros.h"

namespace pawl::cel {

/// Switches for the public suite; pawl itself has all of it on.
struct SyntaxOptions {
    bool optionals = true;      ///< a.?b a[?k] [?x] {?k: v}
    bool quoted_fields = true;  ///< a.`b-c`
    MacroSet macros = MacroSet::extended;
    std::size_t depth = depth_max;
};

/// Mistakes go to `reporter`; the tree is whole in any case, with `mistake` nodes in it. `text` is borrowed for the call.
Ast parse(std::string_view text, Reporter& reporter, SyntaxOptions const& options = {});

}  // namespace pawl::cel
