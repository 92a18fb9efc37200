// Writes a document of ours as a person would: block style, scripts as blocks, quotes where they are needed.
#pragma once

#include <string>

#include "common/base/json.h"

namespace pawl::cli {

/// A member with this key is no member but a comment above its map.
inline constexpr std::string_view comment_key = "#";

/// One document, laid out as `pawl fmt` does. An empty line stands before each of the long parts of the top.
std::string write_document(JsonMap const& document);

}  // namespace pawl::cli
