// From a step of the plan to something that can be launched: all templates evaluated, once, when the step run begins.
#pragma once

#include <cstdint>

#include "common/base/error.h"
#include "daemon/core/run.h"

namespace pawl {

/// Arguments, environment, files, folder and limits of a command step, without what differs from attempt to attempt.
/// The error is an expression_error with its place in the workflow file.
Result<LaunchSpec> freeze_spec(Run& run, flow::StepIndex index, Surroundings const& surroundings, UtcTime now);

/// Adds what belongs to one attempt: number, cookie, resume mark, the event.
LaunchSpec spec_of_attempt(LaunchSpec spec, Run const& run, AttemptRow const& attempt);

/// `uses: set`: the outputs.
Result<Json> evaluate_set(Run& run, flow::StepIndex index, UtcTime now);
/// The arm a switch takes, by its place from 0; -1: none.
Result<std::int64_t> evaluate_switch(Run& run, flow::StepIndex index, UtcTime now);
/// Records the values that its arms read, beside those of its `if`.
void note_values_of_arms(Run& run, flow::StepIndex index, UtcTime now);
Result<std::string> evaluate_prompt(Run& run, flow::StepIndex index, UtcTime now);
/// `uses: workflow/NAME`: what the run of that workflow is given, not yet bound to its declarations.
Result<Json> evaluate_child_inputs(Run& run, flow::StepIndex index, UtcTime now);
/// `uses: wait`: when it is over; not before `now`.
Result<UtcTime> evaluate_wait(Run& run, flow::StepIndex index, UtcTime now);
/// `outputs` of the workflow: a map.
Result<Json> evaluate_run_outputs(Run& run, UtcTime now);

}  // namespace pawl
