// How the importers look into a tree: what is not there is null or empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/yaml/document.h"

namespace pawl::cli {

/// The value under a key; null when there is none.
yaml::Node const* at(yaml::Node const& map, std::string_view key);
/// Its text; empty when there is none, or a list or map.
std::string text_at(yaml::Node const& map, std::string_view key);
/// One text or a list of texts.
std::vector<std::string> texts_of(yaml::Node const* node);
std::string in_quotes(std::string_view text);

}  // namespace pawl::cli
