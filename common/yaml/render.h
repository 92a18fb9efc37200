// How a diagnostic is shown to people: `file:line:col: error: …`, the line, a caret, a hint. And the other formats of `pawl check`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/json.h"

namespace pawl::yaml {

/// Gives the text of a file named in a diagnostic, or null when it is not at hand (then no source line is shown).
using TextOf = std::function<std::string const*(std::string_view file)>;

/// The form of pawl.yaml(5) "Diagnostics": source line cut around the caret to `width` columns, control characters escaped, tabs kept.
std::string render(Error const& error, TextOf const& text_of, std::size_t width = 120);
std::string render_all(Diagnostics const& diagnostics, TextOf const& text_of, std::size_t width = 120);
/// {"code","message","severity","file","line","column","length","hint","notes":[…],"fixable"}; the shape in problem+json and `check --format json`.
Json to_json(Error const& error);
Error error_from_json(Json const& json);
/// Applies the fixes that do not overlap, last first. Returns the new text.
std::string apply_fixes(std::string const& text, std::vector<Fix> fixes);

}  // namespace pawl::yaml
