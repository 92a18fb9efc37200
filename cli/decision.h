// A recorded decision, evaluated again to show what each part of it was.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/json.h"
#include "common/cel/program.h"
#include "common/cel/trace.h"

namespace pawl::cli {

/// The values that were recorded when something was decided (path → value), as variables. A step that is judged by its own condition waits
/// for steps that all ended well.
class RecordedValues final : public cel::Activation {
public:
    explicit RecordedValues(Json const& values);
    Json const* variable(std::string_view name) const override { return variables_.find(name); }
    bool status(std::string_view name) const override { return name == "success" || name == "always"; }

private:
    JsonMap variables_;
};
/// Long values are shortened where they are recorded: what was made of this one cannot be told again.
bool is_shortened(Json const& recorded);

/// The parts of `program` over the values that were recorded when it was decided (path → value). Nothing when the record is not enough:
/// long values are shortened in it, and then the decision does not come out as it did.
std::optional<cel::Trace> retrace(cel::Program const& program, Json const& recorded, bool outcome);

}  // namespace pawl::cli
