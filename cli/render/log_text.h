// Log text made safe to show: control characters are escaped, colours pass, carriage returns become the last state of their line.
#pragma once

#include <string>
#include <string_view>

#include "cli/render/look.h"

namespace pawl::cli {

/// One line of a log. Tabs become spaces; of `a\rb` (a progress bar) the last part is shown; SGR sequences stay when `look.colour`, else they
/// are taken out. A colour that is left open is closed at the end.
std::string log_text(Look const& look, std::string_view line);

}  // namespace pawl::cli
