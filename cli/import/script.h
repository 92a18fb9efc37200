// Values that another tool pastes into a script, put into variables instead: as text they would be executed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/flow/shell_text.h"

namespace pawl::cli {

/// An expression amid text, and what is between its braces.
struct Expression {
    flow::Span span;
    std::string text;
};
/// All `${{ … }}` of a text; braces within '…' do not count.
std::vector<Expression> expressions_in(std::string_view text);

/// What stands in the place of one expression.
struct Replacement {
    flow::Span span;
    std::string variable;   ///< its name
    std::string missing{};  ///< not empty: nothing sets the variable; the shell says this and ends the step
};
struct Rewritten {
    std::string script;
    std::vector<bool> sure;  ///< a replacement each: it stands where a variable surely does what the text did
    std::vector<bool> lost;  ///< it stands where the shell expands nothing: a here-document with a quoted word
};
/// For sh and bash. Within double quotes and here-documents a variable needs no quotes; single quotes are closed around it.
Rewritten with_variables(std::string_view script, std::vector<Replacement> const& replacements);

}  // namespace pawl::cli
