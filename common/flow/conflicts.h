// Conditions that do not decide what they seem to: always or never true, arms of a switch that nothing reaches, cases that no arm takes.
// Whatever is said was found by evaluating; what cannot be told for sure is not said.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/flow/condition.h"
#include "common/flow/plan.h"

namespace pawl::flow {

struct Conflict {
    /// `overlap` is no mistake of a switch, which takes the first arm, nor of steps that may both run: it is told to who asks.
    enum class Kind : std::uint8_t { constant, never_taken, gap, overlap };
    Kind kind = Kind::constant;
    SourcePos where;
    std::string step;      ///< empty: a condition, or the workflow's own `if`
    std::string message, hint;
    std::string witness;   ///< values for which it happens: "inputs.n = 5"; empty for what holds for all
};
std::string_view name_of(Conflict::Kind kind);

enum class Depth : std::uint8_t {
    check,  ///< cheap, and only what is worth a warning
    full    ///< overlaps too, and steps side by side
};
std::vector<Conflict> conflicts_in(Plan const& plan, Depth depth);
std::vector<Conflict> conflicts_in(Condition const& condition, Depth depth);

/// As `pawl check` says it.
Error as_warning(Conflict const& conflict);

}  // namespace pawl::flow
