// The exit codes of pawl, and which kind of error ends with which: the one place. pawl(1) "EXIT STATUS" documents them.
#pragma once

#include <string_view>

#include "common/base/error.h"

namespace pawl::cli {

enum Exit : int {
    exit_done = 0,          ///< done, run succeeded, clean
    exit_failed = 1,        ///< the work failed: a run, a check
    exit_usage = 2,
    exit_not_found = 3,
    exit_unreachable = 4,   ///< no daemon there, or it speaks another protocol
    exit_denied = 5,
    exit_conflict = 6,
    exit_timed_out = 7,
    exit_cancelled = 8,
    exit_skipped = 9,       ///< with --strict-skip
    exit_changes = 10,
    exit_interrupted = 130,
    exit_terminated = 143,
};

/// Of an error's code. What no row names is a failure of the work.
int exit_code_of(ErrorCode code);
/// Of a finished run, by its status and reason. A run that has not ended gives exit_failed. `step_timed_out`: the reason is that of a
/// step, whose timeout is a failure like others; exit_timed_out is for the run's own.
int exit_code_of_run(std::string_view status, std::string_view reason, bool strict_skip = false, bool step_timed_out = false);
/// Maps the text of a problem+json answer to the code with static storage; `io` for a name we do not know.
ErrorCode code_named(std::string_view name);

}  // namespace pawl::cli
