// Base64 of RFC 4648, with padding: how bytes look in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::cel {

std::string base64_encode(std::string_view bytes);
/// The padding may be missing. Empty when it is no base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace pawl::cel
