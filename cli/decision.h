// A recorded decision, evaluated again to show what each part of it was.
#pragma once

#include <optional>

#include "common/base/json.h"
#include "common/cel/program.h"
#include "common/cel/trace.h"

namespace pawl::cli {

/// The parts of `program` over the values that were recorded when it was decided (path → value). Nothing when the record is not enough:
/// long values are shortened in it, and then the decision does not come out as it did.
std::optional<cel::Trace> retrace(cel::Program const& program, Json const& recorded, bool outcome);

}  // namespace pawl::cli
