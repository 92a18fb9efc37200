// What the engine executes: a workflow, checked and compiled, with steps by index. Immutable; every run of a version shares one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "common/cel/program.h"
#include "common/flow/declaration.h"

namespace pawl::flow {

using StepIndex = std::uint16_t;
enum class Section : std::uint8_t { steps, undo, on_success, on_failure, on_cancel, finally };
enum class OnCrash : std::uint8_t { fail, retry, resume };
enum class OnConflict : std::uint8_t { queue, skip, replace, fail };
enum class OnFull : std::uint8_t { reject, latest };
enum class Durability : std::uint8_t { full, normal };

struct NamedTemplate {
    std::string name;
    cel::Template value;
};

/// `run:` or `argv:`. For `run:` the script is the last element of the argument list and no template.
struct CommandAction {
    std::vector<cel::Template> argv;  ///< of `argv:`; empty for `run:`
    std::string script;               ///< of `run:`
    std::vector<std::string> shell;   ///< what the script is appended to: {"sh","-e","-c"}
    cel::Template dir;                ///< no parts: the project's root
    std::vector<NamedTemplate> env;
    std::vector<NamedTemplate> files;
};
/// `uses: set`: outputs computed in the engine.
struct SetAction {
    std::vector<NamedTemplate> values;
};
/// `uses: wait`: exactly one of the two.
struct WaitAction {
    std::optional<cel::Template> for_duration;
    std::optional<cel::Template> until;
};
/// `uses: approve`: waits for a person.
struct ApproveAction {
    cel::Template prompt;
    std::vector<std::string> by;       ///< users and groups of the system; empty: whoever may operate the daemon
    std::optional<Duration> timeout;
    bool approve_on_timeout = false;
};
/// `switch`: takes the first arm whose condition holds.
struct SwitchAction {
    struct Arm {
        std::optional<cel::Program> when;  ///< none: `else`
        std::vector<StepIndex> steps;
    };
    std::vector<Arm> arms;
};
struct Interface;
/// `uses: workflow/NAME`: a run of another workflow, which the step waits for.
struct WorkflowAction {
    std::string workflow;
    std::shared_ptr<Interface const> interface;  ///< as it was when this plan was checked; null: not known then
    std::vector<NamedTemplate> with;
};
/// `uses: http`: one request, sent by the daemon itself.
struct HttpAction {
    struct Statuses {
        int first = 0, last = 0;       ///< both included
    };
    std::string method = "GET";
    cel::Template url;
    bool host_from_outside = false;    ///< a value decides whom it is sent to: addresses of private networks are refused
    std::vector<NamedTemplate> params; ///< of the url's query
    std::vector<NamedTemplate> headers;
    std::optional<cel::Template> body, json, file;  ///< at most one
    std::vector<Statuses> expect;      ///< empty: every status below 400
};
/// `uses: sql`: statements on a SQLite file, performed by the daemon itself.
struct SqlAction {
    cel::Template db;
    std::string query;
    std::vector<NamedTemplate> params;
};
using Action = std::variant<CommandAction, SetAction, WaitAction, ApproveAction, SwitchAction, WorkflowAction, HttpAction, SqlAction>;

/// `foreach` or `matrix`: the step runs once for each item, side by side.
struct FanOutPlan {
    std::optional<cel::Program> foreach;    ///< a list
    std::vector<NamedTemplate> matrix;      ///< of `matrix`: each a list; the product of all is what it runs for
    std::optional<int> max_parallel;        ///< none: no bound
    bool fail_fast = false;                 ///< the first bad item stops the others
};

struct RetryPlan {
    int max_attempts = 1;
    Duration delay = std::chrono::seconds(10);
    double backoff = 2;
    Duration max_delay = std::chrono::hours(1);
    std::optional<cel::Program> condition;  ///< sees `step`: exit_code signal timed_out attempt reason
};

struct StopPlan {
    int signal = 15;
    Duration grace = std::chrono::seconds(10);
};

/// Files that are kept when an attempt has ended. Globs below the step's folder.
struct ArtifactsPlan {
    enum class Missing : std::uint8_t { fail, warn, ignore };
    std::vector<cel::Template> paths;
    std::optional<Duration> keep;       ///< none: as long as the run
    Missing if_missing = Missing::fail;
};
/// When a step need not run again.
struct CachePlan {
    std::vector<cel::Template> files, produces;  ///< globs below the step's folder
    std::optional<cel::Template> key;
    std::optional<Duration> max_age;
};

struct StepPlan {
    std::string id;
    SourcePos where;
    Section section = Section::steps;
    std::vector<StepIndex> needs;       ///< direct, in the same section
    std::vector<StepIndex> dependents;
    std::vector<StepIndex> switches;    ///< steps with `switch` that name it in an arm; all are among its needs
    std::optional<cel::Program> condition;
    std::optional<FanOutPlan> fan_out;
    std::optional<StepIndex> undoes;    ///< of section `undo`: the step it takes back
    Action action;
    RetryPlan retry;
    std::optional<Duration> timeout;    ///< handlers: 10 minutes when not said
    StopPlan stop;
    bool continue_on_error = false;
    std::vector<Declaration> outputs;   ///< empty: undeclared, all text
    OnCrash on_crash = OnCrash::fail;   ///< `retry` when idempotent and not said otherwise
    bool idempotent = false;
    std::optional<ArtifactsPlan> artifacts;
    std::optional<CachePlan> cache;

    bool is_process() const { return std::holds_alternative<CommandAction>(action); }
    /// Done by a worker of the daemon, in attempts like those of a process.
    bool is_work() const { return std::holds_alternative<HttpAction>(action) || std::holds_alternative<SqlAction>(action); }
};

struct ConcurrencyPlan {
    cel::Template group;
    int limit = 1;
    OnConflict on_conflict = OnConflict::queue;
    int max_queued = 1000;
    OnFull on_full = OnFull::reject;
};

struct Plan {
    std::string name;
    std::string file;                   ///< as deployed, for messages
    SourcePos where;
    std::string description;
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<Declaration> inputs;
    std::vector<NamedTemplate> env;
    std::vector<NamedTemplate> vars;
    std::optional<cel::Program> condition;
    std::optional<ConcurrencyPlan> concurrency;
    int priority = 0;
    std::optional<Duration> timeout;
    Durability durability = Durability::full;
    std::vector<StepPlan> steps;        ///< `steps` first, then the handlers by section
    std::vector<NamedTemplate> outputs;

    std::optional<StepIndex> find(std::string_view id) const;
};

}  // namespace pawl::flow
