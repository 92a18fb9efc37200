// Comparisons of a status with a word that is no state: they are never true, and no type check can see it.
#pragma once

#include "common/cel/program.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// Warns of `steps.x.status == 'success'` and the like; `source` is an expression that has been accepted.
void warn_of_unknown_states(Reader& reader, cel::Source const& source);
/// The same for a test that expects such a word of the status named by `path`.
void warn_of_unknown_state(Reader& reader, std::string_view path, yaml::Node const& word);

}  // namespace pawl::flow
