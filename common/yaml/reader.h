// The one place that knows yaml-cpp: its events go to a TreeBuilder, its exceptions become diagnostics.
#pragma once

#include <string_view>

#include "common/yaml/document.h"
#include "common/yaml/positions.h"

namespace pawl::yaml {

/// Reads `text` (UTF-8 without control characters, as long as file.text, so that offsets agree) into `file`.
void read_documents(File& file, std::string_view text, Positions const& positions);

}  // namespace pawl::yaml
