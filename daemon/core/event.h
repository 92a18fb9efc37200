// What the world tells the engine: commands of people, ends of attempts, time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/flow/load.h"
#include "common/flow/plan.h"
#include "daemon/core/attempts.h"
#include "daemon/core/records.h"

namespace pawl {

/// Who asks: from SO_PEERCRED at accept, never from text. There is no way to make one from a string.
struct Identity {
    std::uint32_t uid = 65534, gid = 65534;
    std::int32_t pid = 0;
};

/// Names the exchange that waits for an answer; 0: nobody does.
using ReplyTo = std::uint64_t;

/// Stores new versions of what changed and activates them, all or nothing. The files were loaded off the loop and have no errors.
struct Deploy {
    std::vector<flow::LoadedFile> files;
    std::string root;                     ///< absolute folder where steps run that name no `dir`
    bool dry_run = false;                 ///< only tell what would change
    std::map<std::string, std::vector<std::string>> details;  ///< by workflow: flow::diff_models against the active version, made off the loop
    bool whole_project = false;           ///< active workflows of the same root that are in none of the files are retired
    /// Of a plan: the version of each workflow it touches that was active when it was made, 0 for none. Anything else is code::plan_stale.
    std::optional<std::map<std::string, int>> expected;
};
struct RemoveWorkflow {
    std::string name;
};
/// Makes a version that was stored before the active one. No new version is made.
struct RollBack {
    std::string workflow;
    VersionRow version;                   ///< read off the loop
};
/// Starts a run of a version whose plan was loaded off the loop.
struct StartRun {
    VersionId version;                    ///< of a stored version; 0: `transient` holds a new one
    int number = 0;                       ///< of that version
    std::string workflow;                 ///< name, for messages and audit
    std::shared_ptr<flow::Plan const> plan;
    std::string root;
    Json inputs;                          ///< as given, not yet bound
    Json event;                           ///< CloudEvent; null: one of type `manual` is made
    struct Transient {                    ///< a version made for this run alone (`exec`, `run --local`)
        flow::LoadedWorkflow workflow;
        std::string file, text;
        std::vector<flow::LoadedWorkflow> used;  ///< of the same file: what it uses, directly and through others
    };
    std::optional<Transient> transient;
    bool from_file = false;               ///< came as a text: the version need not be of an active workflow
    bool exec = false;                    ///< of a single command: audited as run.exec
    bool no_cache = false;                ///< steps with `cache` run in any case
};
struct CancelRun {
    RunId run;
    bool now = false;                     ///< KILL at once: no grace, no handlers
};
/// A new run with `retry_of` that carries over the steps that succeeded. `ended` was read off the loop.
struct RetryRun {
    RunId run;
    std::string from;                     ///< step id: it and all behind it run again; empty: all that did not succeed
    VersionId version;                    ///< the one the ended run was pinned to, and its number
    int number = 0;
    std::shared_ptr<flow::Plan const> plan;
    std::string root;
    std::shared_ptr<StoredRun const> ended;  ///< store.h; null: it has not ended (conflict)
};
/// Settles a lost step by hand; goes on in a new run.
struct ResolveStep {
    RetryRun run;
    std::string step;
    enum class As : std::uint8_t { success, failed, retry } as = As::success;
    std::string comment;
};
/// The answer to a step with `uses: approve`.
struct AnswerApproval {
    RunId run;
    std::string step;                     ///< empty: the only one that waits
    bool approved = false;
    std::string comment;
    std::string name;                     ///< of the user who answers, and of the groups he is in; looked up off the loop
    std::vector<std::string> groups;
};
/// Starts nothing new; answers when no attempt lives.
struct Drain {
    bool on = true;
};

/// Ends the daemon. The engine only records who asked for it; the API ends the daemon when that is stored.
struct Stop {};
/// Results of steps were forgotten (cache). The engine only records who asked for it.
struct Forgotten {
    std::string object;                   ///< "cache/build/compile"
    std::int64_t count = 0;
};
/// A request of which no command could be made. It is refused with `why`, unless it repeats one that was answered before.
struct Unprepared {
    Error why;
    Diagnostics diagnostics;
};

using CommandBody = std::variant<Deploy, RemoveWorkflow, RollBack, StartRun, CancelRun, RetryRun, ResolveStep, AnswerApproval, Drain, Stop, Forgotten, Unprepared>;
/// A decoded, authorised request that changes something. Its audit row and its answer are stored in the transaction of its effects.
struct Command {
    ReplyTo reply_to = 0;
    Identity who;
    std::string via = "socket";
    std::string idempotency_key;          ///< empty: not repeatable
    std::string request_hash;             ///< SHA-256 of method, path and body: a key reused for another request is refused
    CommandBody body;
};

struct AttemptEnded {
    AttemptId attempt;
    AttemptEnd end;
};
/// Whatever a lost attempt left behind is gone.
struct AttemptSwept {
    AttemptId attempt;
};
/// A refusal decided before the engine saw the request (not permitted): only audited.
struct Refused {
    Identity who;
    std::string via, action, object;
    ErrorCode code;
};
/// The plan that LoadPlan asked for; null: `message` tells why there is none.
struct PlanLoaded {
    VersionRow version;
    std::string workflow;                 ///< name
    std::shared_ptr<flow::Plan const> plan;
    std::string message;
    RunId former_id;                      ///< as it was asked for
    std::shared_ptr<StoredRun const> former;  ///< null: it is not there any more
};
struct TimePassed {};
/// The store stopped or resumed taking writes.
struct StoreDegraded {
    bool on = true;
    std::string reason;
};

using Event = std::variant<Command, AttemptEnded, AttemptSwept, PlanLoaded, Refused, TimePassed, StoreDegraded>;

}  // namespace pawl
