// How runs, steps and attempts look in answers: one place for the shapes that the API, the lists and `inspect` share.
#pragma once

#include <string_view>

#include "common/base/json.h"
#include "daemon/core/records.h"

namespace pawl {

/// The members every list and answer has: id, workflow, version, status, reason, times, duration_ms, …
/// `version`: the number of the version. An unfinished run has the duration up to `now`.
Json run_summary(RunRow const& run, std::string_view workflow, int version, UtcTime now);
/// One step run, without its attempts.
Json step_json(StepRow const& step, UtcTime now);
/// One attempt, a member of `tries`.
Json attempt_json(AttemptRow const& attempt);
/// {"seq","at","kind","step","attempt","data"}: the data of a server-sent event and a line of NDJSON.
Json journal_json(JournalRow const& row);

}  // namespace pawl
