// How the end of a run is told: one line when all went well, and where, why and what next when it did not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/render/look.h"
#include "common/base/json.h"
#include "common/base/time.h"

namespace pawl::cli {

/// What the run itself does not say about its failure; run_facts.cpp finds it.
struct FailureFacts {
    std::string where;                  ///< "flows/backup.yaml:21": the step that failed
    bool has_file = true;               ///< false: a single command, of which `where` would tell nothing
    int attempts_max = 0;               ///< 0: not known
    std::string why;                    ///< why it was not tried again
    std::vector<std::string> log_lines; ///< the last of the failed step
    std::optional<std::string> next;    ///< instead of the commands that ask a daemon; empty: none
};

/// `run` is a finished run (detail). Ends with a newline.
std::string run_summary(Look const& look, Json const& run, FailureFacts const& facts, UtcTime now);
/// "compress exited with 70": the short reason of a failed run.
std::string failure_text(Json const& run);
/// The step (as in detail) that counts as the cause; null when the run itself is to blame.
Json const* failed_step_of(Json const& run);
/// Did a step run into its own timeout, and the run fail by it?
bool step_timed_out(Json const& run);
Json const* step_of(Json const& run, std::string_view id);

}  // namespace pawl::cli
