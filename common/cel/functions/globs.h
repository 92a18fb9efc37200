// Patterns of glob(): `*` is any text without '/', `**` any text, `?` one character but '/', [a-z] one of a range, \ takes the next as it is.
#pragma once

#include <string>
#include <string_view>

namespace pawl::cel {

/// The regular expression that matches the same whole texts: RE2 then keeps the time linear. Empty, with `problem` set, for a wrong pattern.
std::string glob_expression(std::string_view glob, std::string& problem);

}  // namespace pawl::cel
