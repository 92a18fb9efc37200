// What every kind of document has: labels.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/flow/reader.h"

namespace pawl::flow {

/// `labels`: text by name, without expressions.
std::vector<std::pair<std::string, std::string>> read_labels(Reader& reader, Fields const& fields);

}  // namespace pawl::flow
