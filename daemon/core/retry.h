// How an ended attempt is judged: success, a failure that may be tried again, and when.
#pragma once

#include <string>

#include "common/base/json.h"
#include "common/flow/plan.h"
#include "daemon/core/attempts.h"
#include "daemon/core/records.h"

namespace pawl {

struct Judgement {
    bool succeeded = false;
    bool may_retry = false;   ///< known failures: exit, signal, timeout, bad output
    Reason reason = Reason::none;
    std::string message;      ///< one sentence for people
    Json outputs;             ///< a map; kept after a failure too, as far as they can be read
};

/// Judges every end that tells something: not a lost one, and not a TERM that nobody asked for.
Judgement judge(flow::StepPlan const& plan, AttemptEnd const& end);
/// Why the program of an attempt did not start, for people: "program 'nosuch' was not found".
std::string start_failure(AttemptEnd const& end, LaunchSpec const& spec);
/// The pause before the try that follows `failures` failed ones: delay · backoff^(failures−1), at most max_delay.
Duration retry_delay(flow::RetryPlan const& plan, int failures);
/// The variable `step` of retry.if; `outputs`: what the attempt left behind.
Json failed_attempt_value(AttemptRow const& attempt, Json const& outputs);

}  // namespace pawl
