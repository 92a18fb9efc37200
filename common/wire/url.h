// Request targets: path and query, percent-encoding (RFC 3986).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/percent.h"

namespace pawl::wire {

/// Encodes all but the unreserved characters: fit for one path segment and for a query name or value.
using pawl::percent_encode;
/// Empty when an escape is malformed, or when what it means is not UTF-8 or holds NUL. `plus_is_space`: in a query.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

struct Target {
    std::string path;
    std::map<std::string, std::string> query;
};
/// Splits and decodes. Empty when something is malformed, a query name comes twice, or an escaped '/' hides in the path.
std::optional<Target> parse_target(std::string_view target);

}  // namespace pawl::wire
