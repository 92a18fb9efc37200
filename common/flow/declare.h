// Reads declarations (`name: type` or a map) from a document.
#pragma once

#include <vector>

#include "common/flow/declaration.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// The map under `inputs`, `outputs` or `properties`; `what` names one of them in messages ("input").
std::vector<Declaration> read_declarations(Reader& reader, yaml::Node const& map, std::string_view what);
/// The long form, as it goes into a model.
Json model_of(Declaration const& declaration);
Json model_of(std::vector<Declaration> const& declarations);

}  // namespace pawl::flow
