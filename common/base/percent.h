// Percent-encoding of RFC 3986, for what becomes a part of a url.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

/// All but unreserved characters (letters, digits, "-._~") as %XX, byte by byte.
std::string percent_encode(std::string_view text);

}  // namespace pawl
