// What a worker of the daemon is told, and what it reports: the frozen request of `uses: http` and `uses: sql`, and its judgement.
#pragma once

#include "common/base/error.h"
#include "daemon/core/retry.h"
#include "daemon/core/run.h"

namespace pawl {

/// LaunchSpec::work becomes a JSON text: {"http": {method, url, private, headers: [[name, value]], body | file, expect: [[first, last]]}}
/// or {"sql": {db, query, params}}. The error has its place in the workflow file where there is one.
Result<LaunchSpec> freeze_work(Run& run, flow::StepIndex index, Surroundings const& surroundings, UtcTime now);

/// Reads a report: {"outputs": {…}} of a success; with "reason" (http, sql, start_failed, bad_output) and "message" of a failure.
Judgement judge_work(AttemptEnd const& end);

}  // namespace pawl
