// The items of a step with `matrix` or `foreach`: their values and their names.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "daemon/core/run.h"

namespace pawl {

struct Item {
    std::string name;  ///< "upload[eu]", "verify[os=linux,part=head]"; unique in the step
    int number = 0;    ///< its place in the list, from 0
    Json value;        ///< of `item`, or the map `matrix`
};

/// In the order of the list; of a matrix the last key changes fastest. For a step that undoes another: what succeeded of that, last ended
/// first. Errors: expression_error with its place, limit_exceeded.
Result<std::vector<Item>> items_of(Run& run, flow::StepIndex index, UtcTime now);

}  // namespace pawl
