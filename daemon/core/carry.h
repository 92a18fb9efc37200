// What a run that retries another takes over from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "daemon/core/event.h"
#include "daemon/core/run.h"

namespace pawl {

/// Copies inputs, event and vars of the ended run into the new one, and the steps that are not to run again. `from`: that step and all that
/// depend on it run again too. Error (conflict, not_found): nothing would run, or there is no such step.
Status carry_over(Run& fresh, StoredRun const& ended, std::string_view from);

/// The same, with one lost step settled by hand. Other lost steps stay lost: nobody has said that they may run again.
Status carry_over_resolved(Run& fresh, StoredRun const& ended, std::string_view step, ResolveStep::As as, std::string_view comment);

}  // namespace pawl
