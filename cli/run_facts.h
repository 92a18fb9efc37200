// What the daemon's answer about a run does not hold, found by asking on: where a step is written, how often it may be tried, how long it
// usually takes, its last log lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/render/run_summary.h"
#include "cli/render/run_view.h"
#include "common/flow/plan.h"

namespace pawl::cli {

/// The plan a run was made from, compiled from the stored source; null when it cannot be had.
std::shared_ptr<flow::Plan const> plan_of_run(Daemon& daemon, Json const& run);
/// `line`s of the last attempts of a step, at most `count`.
std::vector<std::string> last_log_lines(Daemon& daemon, std::int64_t run, std::string const& step, int count);
FailureFacts failure_facts(Daemon& daemon, Json const& run);
/// Fills attempts_max and usual (the median of the last succeeded runs) of each step.
void add_expectations(Daemon& daemon, Json const& run, RunView& view);
/// "not retried: step.exit_code in [1, 75] → false (exit_code is 70)"; empty when there is nothing to tell.
std::string why_not_retried(flow::StepPlan const& plan, Json const& step);

}  // namespace pawl::cli
