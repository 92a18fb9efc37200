// What the engine asks of the world. Performed in order, and only after the batch of the same turn is committed.
#pragma once

#include <string>
#include <variant>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "daemon/core/attempts.h"
#include "daemon/core/event.h"
#include "daemon/core/records.h"

namespace pawl {

struct Launch {
    AttemptId attempt;
    RunId run;
    SlotRef slot;
    LaunchSpec spec;
};
struct StopAttempt {
    AttemptId attempt;
    SlotRef slot;
    bool now = false;  ///< no grace: KILL
};
struct AdoptAttempt {
    AttemptId attempt;
    RunId run;
    SlotRef slot;
};
struct SweepAttempt {
    AttemptId attempt;
    SlotRef slot;
    std::string cookie;
};
/// A step is to start a run of this version: its plan is wanted, as PlanLoaded. Asked once for all that wait for the same.
struct LoadPlan {
    VersionId version;
    RunId former;  ///< an ended run of it that is to be gone on from; 0: none
};
/// Answers the exchange that waits. Status: an HTTP status; the body is the resource, or problem+json when status ≥ 400.
struct Reply {
    ReplyTo to = 0;
    int status = 200;
    Json body;
    bool at_once = false;  ///< rests on nothing stored: need not wait for what cannot be written
};
/// The journal of a run has grown: who follows it reads on. `ended`: this was its last row.
struct RunChanged {
    RunId run;
    bool ended = false;
};

using Effect = std::variant<Launch, StopAttempt, AdoptAttempt, SweepAttempt, LoadPlan, Reply, RunChanged>;

}  // namespace pawl
