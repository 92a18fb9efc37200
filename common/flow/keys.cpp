// The tables behind keys.h: keys, foreign words, and words of later versions.
#include "common/flow/keys.h"

#include <algorithm>

#include "common/base/text.h"

namespace pawl::flow {
namespace {

constexpr Key workflow_keys[] = {
    {.name = "kind", .shape = Shape::choice, .doc = "What this document is.", .choices = "workflow condition test project", .required = true},
    {.name = "name", .shape = Shape::text, .doc = "Its name: lower-case letters, digits and '-'; unique in a daemon.", .required = true},
    {.name = "description", .shape = Shape::text, .doc = "One or more sentences for people."},
    {.name = "labels", .shape = Shape::text_map, .doc = "Names with texts, for filters."},
    {.name = "inputs", .shape = Shape::declarations, .doc = "The values a run is given when it starts."},
    {.name = "env", .shape = Shape::pasted_map, .doc = "Environment of every step; a step's own env is laid over it."},
    {.name = "vars", .shape = Shape::value_map, .doc = "Values computed once when a run starts; each may use those above it."},
    {.name = "if", .shape = Shape::expression, .standard = "true", .doc = "When it is false, the run is skipped."},
    {.name = "concurrency", .shape = Shape::map, .doc = "How many runs of one group may live at a time.", .inner = Place::concurrency},
    {.name = "priority", .shape = Shape::integer, .standard = "0", .doc = "Waiting runs with a higher number start first.", .min = -1'000'000, .max = 1'000'000},
    {.name = "timeout", .shape = Shape::duration, .standard = "none", .doc = "How long a run may take, waiting included."},
    {.name = "durability", .shape = Shape::choice, .standard = "full", .doc = "With normal, a power loss may repeat a step.", .choices = "full normal"},
    {.name = "defaults", .shape = Shape::map, .doc = "What steps do not say themselves.", .inner = Place::defaults},
    {.name = "steps", .shape = Shape::steps, .doc = "What is done: one flat list.", .required = true},
    {.name = "finally", .shape = Shape::steps, .doc = "Handlers that run last, whatever happened."},
    {.name = "on_failure", .shape = Shape::steps, .doc = "Handlers that run when the run failed."},
    {.name = "on_success", .shape = Shape::steps, .doc = "Handlers that run when all went well."},
    {.name = "on_cancel", .shape = Shape::steps, .doc = "Handlers that run when the run was cancelled."},
    {.name = "outputs", .shape = Shape::value_map, .doc = "Values the run leaves behind."},
};

constexpr Key defaults_keys[] = {
    {.name = "shell", .shape = Shape::shell, .standard = "sh", .doc = "The shell of steps with run.", .choices = "sh bash"},
    {.name = "timeout", .shape = Shape::duration, .standard = "none", .doc = "Timeout of an attempt; handlers keep theirs of 10m."},
    {.name = "dir", .shape = Shape::pasted, .standard = "the project's folder", .doc = "Working directory."},
    {.name = "retry", .shape = Shape::map, .doc = "Retry policy of steps that have none.", .inner = Place::retry},
    {.name = "stop", .shape = Shape::map, .doc = "How attempts are stopped.", .inner = Place::stop},
    {.name = "on_crash", .shape = Shape::choice, .standard = "fail", .doc = "What follows when the outcome of an attempt is unknown.", .choices = "fail retry resume"},
};

constexpr Key concurrency_keys[] = {
    {.name = "group", .shape = Shape::pasted, .doc = "Runs with the same text are one group.", .required = true},
    {.name = "limit", .shape = Shape::integer, .standard = "1", .doc = "Runs of the group that may live at a time.", .min = 1, .max = 1'000'000},
    {.name = "on_conflict", .shape = Shape::choice, .standard = "queue", .doc = "What a run does that finds the group full.", .choices = "queue skip replace fail"},
    {.name = "max_queued", .shape = Shape::integer, .standard = "1000", .doc = "Runs of the group that may wait.", .min = 0, .max = 1'000'000},
    {.name = "on_full", .shape = Shape::choice, .standard = "reject", .doc = "Whether a full queue refuses the new run or drops the waiting ones.", .choices = "reject latest"},
};

constexpr Key step_keys[] = {
    {.name = "id", .shape = Shape::text, .doc = "Its name in needs and expressions: lower-case letters, digits and '_'.", .required = true},
    {.name = "run", .shape = Shape::script, .doc = "A script for the shell, at most 64 KiB."},
    {.name = "argv", .shape = Shape::pasted_list, .doc = "A program and its arguments, without a shell; an item is one argument."},
    {.name = "uses", .shape = Shape::choice, .doc = "A step type instead of a program; workflow/NAME starts a run of that workflow and waits for it.", .choices = "set wait approve http sql", .prefix = "workflow/"},
    {.name = "switch", .shape = Shape::arms, .doc = "Instead of a program: the first arm whose when is true decides which of the steps behind it run."},
    {.name = "with", .shape = Shape::value_map, .doc = "What the step type is given."},
    {.name = "shell", .shape = Shape::shell, .standard = "sh", .doc = "sh, bash, or an argument list to which the script is appended.", .choices = "sh bash"},
    {.name = "dir", .shape = Shape::pasted, .standard = "the project's folder", .doc = "Working directory."},
    {.name = "env", .shape = Shape::pasted_map, .doc = "Environment variables."},
    {.name = "files", .shape = Shape::pasted_map, .doc = "Texts written to private files; the variable holds the path."},
    {.name = "needs", .shape = Shape::text_list, .standard = "the step above", .doc = "Steps that must have ended before."},
    {.name = "if", .shape = Shape::expression, .standard = "success()", .doc = "When it is false, the step is skipped."},
    {.name = "foreach", .shape = Shape::expression, .doc = "A list: the step runs once for each item of it, which expressions see as item."},
    {.name = "matrix", .shape = Shape::value_map, .doc = "Names with lists: the step runs once for each combination, which expressions see as matrix."},
    {.name = "max_parallel", .shape = Shape::integer, .standard = "no bound", .doc = "How many items run at a time.", .min = 1, .max = 10'000},
    {.name = "fail_fast", .shape = Shape::boolean, .standard = "false", .doc = "The first item that ends badly stops the others."},
    {.name = "retry", .shape = Shape::map, .doc = "Further attempts after a failure.", .inner = Place::retry},
    {.name = "timeout", .shape = Shape::duration, .standard = "none; handlers: 10m", .doc = "How long an attempt may take."},
    {.name = "stop", .shape = Shape::map, .doc = "How an attempt is stopped.", .inner = Place::stop},
    {.name = "continue_on_error", .shape = Shape::boolean, .standard = "false", .doc = "A failure is shown but does not count."},
    {.name = "outputs", .shape = Shape::declarations, .doc = "Types of what the step writes to $PAWL_OUTPUT."},
    {.name = "on_crash", .shape = Shape::choice, .standard = "fail; retry when idempotent", .doc = "What follows when the outcome of an attempt is unknown.", .choices = "fail retry resume"},
    {.name = "idempotent", .shape = Shape::boolean, .standard = "false", .doc = "Running it twice does no harm."},
    {.name = "artifacts", .shape = Shape::globs_or_map, .doc = "Globs of files below its folder that are kept when an attempt has ended.", .inner = Place::artifacts},
    {.name = "cache", .shape = Shape::map, .doc = "When the step need not run again, because what decides its result is as it was.", .inner = Place::cache},
    {.name = "undo", .shape = Shape::map, .doc = "What takes the step back when it succeeded in a run that failed or was cancelled.", .inner = Place::undo},
};

constexpr Key undo_keys[] = {
    {.name = "run", .shape = Shape::script, .doc = "A script for the shell, at most 64 KiB."},
    {.name = "argv", .shape = Shape::pasted_list, .doc = "A program and its arguments, without a shell."},
    {.name = "shell", .shape = Shape::shell, .standard = "sh", .doc = "sh, bash, or an argument list to which the script is appended.", .choices = "sh bash"},
    {.name = "dir", .shape = Shape::pasted, .standard = "the project's folder", .doc = "Working directory."},
    {.name = "env", .shape = Shape::pasted_map, .doc = "Environment variables; the expressions see the step's outputs."},
    {.name = "files", .shape = Shape::pasted_map, .doc = "Texts written to private files; the variable holds the path."},
    {.name = "retry", .shape = Shape::map, .doc = "Further attempts after a failure.", .inner = Place::retry},
    {.name = "timeout", .shape = Shape::duration, .standard = "10m", .doc = "How long an attempt may take."},
    {.name = "stop", .shape = Shape::map, .doc = "How an attempt is stopped.", .inner = Place::stop},
    {.name = "on_crash", .shape = Shape::choice, .standard = "fail; retry when idempotent", .doc = "What follows when the outcome of an attempt is unknown.", .choices = "fail retry resume"},
    {.name = "idempotent", .shape = Shape::boolean, .standard = "false", .doc = "Running it twice does no harm."},
};

constexpr Key artifacts_keys[] = {
    {.name = "paths", .shape = Shape::pasted_list, .doc = "Globs below the step's folder; ** matches over folders.", .required = true},
    {.name = "keep", .shape = Shape::duration, .standard = "as long as the run", .doc = "How long they are kept after the attempt."},
    {.name = "if_missing", .shape = Shape::choice, .standard = "fail", .doc = "What follows when the step succeeded and a glob matches no file.", .choices = "fail warn ignore"},
};

constexpr Key cache_keys[] = {
    {.name = "files", .shape = Shape::pasted_list, .doc = "Globs of the files that the step reads; their content is part of what decides."},
    {.name = "produces", .shape = Shape::pasted_list, .doc = "Globs of the files that the step makes; one that changed or is gone makes it run again."},
    {.name = "key", .shape = Shape::pasted, .doc = "A text; another one makes the step run again."},
    {.name = "max_age", .shape = Shape::duration, .standard = "no bound", .doc = "Results that are older are not used."},
};

constexpr Key retry_keys[] = {
    {.name = "max_attempts", .shape = Shape::integer, .standard = "1", .doc = "Attempts in all.", .min = 1, .max = 1000},
    {.name = "delay", .shape = Shape::duration, .standard = "10s", .doc = "Pause before the second attempt."},
    {.name = "backoff", .shape = Shape::number, .standard = "2", .doc = "Each pause is that many times the one before.", .min = 1, .max = 100},
    {.name = "max_delay", .shape = Shape::duration, .standard = "1h", .doc = "No pause is longer."},
    {.name = "if", .shape = Shape::expression, .standard = "true", .doc = "Whether to go on after a failed attempt; sees step."},
};

constexpr Key stop_keys[] = {
    {.name = "signal", .shape = Shape::choice, .standard = "TERM", .doc = "Sent to the step's processes first.", .choices = "TERM INT HUP QUIT USR1 USR2 KILL"},
    {.name = "grace", .shape = Shape::duration, .standard = "10s", .doc = "After it, what still lives is killed."},
};

constexpr Key wait_keys[] = {
    {.name = "for", .shape = Shape::pasted, .doc = "A duration."},
    {.name = "until", .shape = Shape::pasted, .doc = "A timestamp."},
};

constexpr Key approve_keys[] = {
    {.name = "prompt", .shape = Shape::pasted, .doc = "The question that is put to people.", .required = true},
    {.name = "by", .shape = Shape::text_list, .standard = "everybody who may operate the daemon", .doc = "Users and groups of the system, one of which must answer."},
    {.name = "timeout", .shape = Shape::duration, .standard = "none", .doc = "How long the answer is waited for."},
    {.name = "on_timeout", .shape = Shape::choice, .standard = "reject", .doc = "The answer when none came in time.", .choices = "reject approve"},
};

constexpr Key http_keys[] = {
    {.name = "url", .shape = Shape::pasted, .doc = "Where the request goes: http or https, without user and password.", .required = true},
    {.name = "method", .shape = Shape::choice, .standard = "GET", .doc = "The method of the request.", .choices = "GET HEAD POST PUT PATCH DELETE OPTIONS"},
    {.name = "params", .shape = Shape::text_map, .doc = "Names and values that are added to the url's query, encoded."},
    {.name = "headers", .shape = Shape::text_map, .doc = "Names and values of header fields."},
    {.name = "body", .shape = Shape::pasted, .doc = "A text that is sent."},
    {.name = "json", .shape = Shape::value, .doc = "A value that is sent as JSON."},
    {.name = "file", .shape = Shape::pasted, .doc = "A file that is sent; a relative path begins at the project's folder."},
    {.name = "expect", .shape = Shape::value_list, .standard = "every status below 400", .doc = "Statuses that are a success: 404, or 2xx for 200 to 299."},
};

constexpr Key sql_keys[] = {
    {.name = "db", .shape = Shape::pasted, .doc = "A SQLite file that exists; a relative path begins at the project's folder.", .required = true},
    {.name = "query", .shape = Shape::script, .doc = "One or more statements, performed in one transaction; values come in as :name.", .required = true},
    {.name = "params", .shape = Shape::value_map, .doc = "Values of the :names in the query."},
};

constexpr Key arm_keys[] = {
    {.name = "when", .shape = Shape::expression, .doc = "Whether this arm is taken; the first true one is."},
    {.name = "steps", .shape = Shape::text_list, .doc = "The steps that run when it is taken; each needs the switch."},
    {.name = "else", .shape = Shape::text_list, .doc = "The steps that run when no arm above was taken; in the last arm, alone."},
};

constexpr Key declaration_keys[] = {
    {.name = "type", .shape = Shape::choice, .doc = "What the value is.", .choices = "string int number bool duration timestamp path list map any", .required = true},
    {.name = "default", .shape = Shape::value, .doc = "Taken when nothing is given."},
    {.name = "optional", .shape = Shape::boolean, .standard = "false", .doc = "The value may be missing."},
    {.name = "description", .shape = Shape::text, .doc = "One sentence for people."},
    {.name = "enum", .shape = Shape::value_list, .doc = "The values that are allowed."},
    {.name = "pattern", .shape = Shape::text, .doc = "Regular expression (RE2) that the whole text must match."},
    {.name = "min", .shape = Shape::text, .doc = "Least number or duration, or least length of a text or list."},
    {.name = "max", .shape = Shape::text, .doc = "Greatest number or duration, or greatest length of a text or list."},
    {.name = "items", .shape = Shape::declaration, .doc = "Type of the items of a list."},
    {.name = "properties", .shape = Shape::declarations, .doc = "Members of a map."},
};

constexpr Key project_keys[] = {
    {.name = "kind", .shape = Shape::choice, .doc = "What this document is.", .choices = "workflow condition test project", .required = true},
    {.name = "name", .shape = Shape::text, .doc = "Name of the project.", .required = true},
    {.name = "language", .shape = Shape::integer, .standard = "1", .doc = "Version of the file format.", .min = 1, .max = 1},
    {.name = "description", .shape = Shape::text, .doc = "One or more sentences for people."},
    {.name = "labels", .shape = Shape::text_map, .doc = "Names with texts, for filters."},
    {.name = "exclude", .shape = Shape::text_list, .doc = "Globs of files that do not belong to the project."},
};

constexpr Key condition_keys[] = {
    {.name = "kind", .shape = Shape::choice, .doc = "What this document is.", .choices = "workflow condition test project", .required = true},
    {.name = "name", .shape = Shape::text, .doc = "Its name in expressions: lower-case letters, digits and '_'; unique in a project.", .required = true},
    {.name = "description", .shape = Shape::text, .doc = "One or more sentences for people."},
    {.name = "labels", .shape = Shape::text_map, .doc = "Names with texts, for filters."},
    {.name = "owner", .shape = Shape::text, .doc = "Whom to ask about it."},
    {.name = "params", .shape = Shape::declarations, .doc = "The values it is given where it is used."},
    {.name = "expr", .shape = Shape::expression, .doc = "True or false; sees params, now and other conditions.", .required = true},
    {.name = "tests", .shape = Shape::tests, .doc = "What it must give; a red test refuses the files.", .inner = Place::condition_test},
};

constexpr Key condition_test_keys[] = {
    {.name = "at", .shape = Shape::text, .standard = "1970-01-01T00:00:00Z", .doc = "The timestamp that now is."},
    {.name = "params", .shape = Shape::value, .standard = "{}", .doc = "Values of parameters, by name."},
    {.name = "expect", .shape = Shape::boolean, .doc = "What it must give.", .required = true},
};

constexpr Key test_keys[] = {
    {.name = "kind", .shape = Shape::choice, .doc = "What this document is.", .choices = "workflow condition test project", .required = true},
    {.name = "name", .shape = Shape::text, .doc = "Its name: lower-case letters, digits and '-'; unique in a project.", .required = true},
    {.name = "target", .shape = Shape::text, .doc = "What is tested: workflow/NAME or condition/NAME.", .required = true},
    {.name = "description", .shape = Shape::text, .doc = "One or more sentences for people."},
    {.name = "labels", .shape = Shape::text_map, .doc = "Names with texts, for filters."},
    {.name = "cases", .shape = Shape::cases, .doc = "What is tried, one after the other, each with a clock of its own.", .inner = Place::test_case, .required = true},
};

constexpr Key test_case_keys[] = {
    {.name = "name", .shape = Shape::text, .doc = "What it shows, in a sentence; unique in its test.", .required = true},
    {.name = "at", .shape = Shape::text, .standard = "1970-01-01T00:00:00Z", .doc = "The timestamp at which the simulated clock begins."},
    {.name = "inputs", .shape = Shape::value, .standard = "{}", .doc = "What the run is given; of a condition: values of its parameters."},
    {.name = "mock", .shape = Shape::mocks, .doc = "How steps end instead of running: by the id of a step, one map, or a list with one for each attempt.", .inner = Place::mock},
    {.name = "expect", .shape = Shape::expectations, .doc = "What holds at the end: expressions over status reason outputs steps run inputs vars notifications, with their values.", .required = true},
};

constexpr Key mock_keys[] = {
    {.name = "exit_code", .shape = Shape::integer, .standard = "0", .doc = "The exit status of the attempt.", .min = 0, .max = 255},
    {.name = "signal", .shape = Shape::integer, .standard = "none", .doc = "The number of the signal that ends it instead.", .min = 1, .max = 64},
    {.name = "timed_out", .shape = Shape::boolean, .standard = "false", .doc = "It runs into its timeout; of an approval: nobody answers."},
    {.name = "lost", .shape = Shape::boolean, .standard = "false", .doc = "Nobody knows how it ended, as after a power loss."},
    {.name = "error", .shape = Shape::text, .doc = "Of a request or a query: it fails, with this message and no answer."},
    {.name = "outputs", .shape = Shape::value, .standard = "{}", .doc = "What it leaves in $PAWL_OUTPUT, by name; of a request or a query: the answer."},
    {.name = "takes", .shape = Shape::duration, .standard = "0s", .doc = "How long it takes on the simulated clock."},
    {.name = "cached", .shape = Shape::boolean, .standard = "false", .doc = "Of a step with cache: its result is remembered, and nothing runs."},
    {.name = "approved", .shape = Shape::boolean, .doc = "Of an approval: the answer."},
    {.name = "by", .shape = Shape::text, .standard = "the first who may answer", .doc = "Of an approval: who answers."},
    {.name = "comment", .shape = Shape::text, .doc = "Of an approval: what is said with the answer."},
};

struct PlaceRow {
    std::string_view title;
    std::span<Key const> keys;
};

constexpr PlaceRow places[place_count] = {
    {"document", {}},
    {"workflow", workflow_keys},
    {"'defaults'", defaults_keys},
    {"'concurrency'", concurrency_keys},
    {"step", step_keys},
    {"'retry'", retry_keys},
    {"'stop'", stop_keys},
    {"'with' of a wait", wait_keys},
    {"'with' of an approval", approve_keys},
    {"arm of 'switch'", arm_keys},
    {"'undo'", undo_keys},
    {"declaration", declaration_keys},
    {"project", project_keys},
    {"condition", condition_keys},
    {"test of a condition", condition_test_keys},
    {"test", test_keys},
    {"case of a test", test_case_keys},
    {"mock", mock_keys},
    {"'with' of a request", http_keys},
    {"'with' of a query", sql_keys},
    {"'artifacts'", artifacts_keys},
    {"'cache'", cache_keys},
};

/// Words of other tools, per place; Place::none holds everywhere the key exists.
struct Foreign {
    Place place;
    std::string_view word, key;
};
constexpr Foreign foreign_words[] = {
    {Place::step, "depends_on", "needs"},       {Place::step, "depends", "needs"},
    {Place::step, "dependencies", "needs"},     {Place::step, "after", "needs"},
    {Place::step, "requires", "needs"},         {Place::step, "upstream", "needs"},
    {Place::step, "name", "id"},                {Place::step, "key", "id"},
    {Place::step, "command", "run"},            {Place::step, "commands", "run"},
    {Place::step, "cmd", "run"},                {Place::step, "script", "run"},
    {Place::step, "bash", "run"},               {Place::step, "exec", "argv"},
    {Place::step, "args", "argv"},              {Place::step, "arguments", "argv"},
    {Place::step, "type", "uses"},              {Place::step, "action", "uses"},
    {Place::step, "executor", "uses"},          {Place::step, "params", "with"},
    {Place::step, "bash_command", "run"},       {Place::step, "python_callable", "run"},
    {Place::step, "trigger_rule", "if"},        {Place::step, "only", "if"},
    {Place::step, "kill", "stop"},              {Place::step, "stop_signal", "stop"},
    {Place::step, "for_each", "foreach"},       {Place::step, "loop", "foreach"},
    {Place::step, "items", "foreach"},          {Place::step, "with_items", "foreach"},
    {Place::step, "with_param", "foreach"},     {Place::step, "strategy", "matrix"},
    {Place::step, "parallelism", "max_parallel"}, {Place::step, "concurrency", "max_parallel"},
    {Place::step, "max_concurrent", "max_parallel"}, {Place::step, "failfast", "fail_fast"},
    {Place::step, "for", "with"},               {Place::step, "until", "with"},
    {Place::step, "prompt", "with"},
    {Place::undo, "command", "run"},            {Place::undo, "cmd", "run"},
    {Place::undo, "script", "run"},             {Place::undo, "args", "argv"},
    {Place::workflow, "handler_on", "on_failure"}, {Place::concurrency, "cancel_in_progress", "on_conflict"},
    {Place::none, "environment", "env"},        {Place::none, "environ", "env"},
    {Place::none, "envs", "env"},               {Place::none, "when", "if"},
    {Place::none, "condition", "if"},           {Place::none, "only_if", "if"},
    {Place::none, "cwd", "dir"},                {Place::none, "workdir", "dir"},
    {Place::none, "working_dir", "dir"},        {Place::none, "working_directory", "dir"},
    {Place::none, "directory", "dir"},          {Place::none, "retries", "retry"},
    {Place::none, "max_retries", "retry"},      {Place::none, "attempts", "retry"},
    {Place::none, "retry_policy", "retry"},     {Place::none, "timeout_seconds", "timeout"},
    {Place::none, "timeout_minutes", "timeout"}, {Place::none, "timeout_sec", "timeout"},
    {Place::none, "allow_failure", "continue_on_error"}, {Place::none, "ignore_errors", "continue_on_error"},
    {Place::none, "ignore_failure", "continue_on_error"}, {Place::none, "continue_on", "continue_on_error"},
    {Place::workflow, "jobs", "steps"},         {Place::workflow, "tasks", "steps"},
    {Place::workflow, "stages", "steps"},       {Place::workflow, "nodes", "steps"},
    {Place::workflow, "params", "inputs"},      {Place::workflow, "parameters", "inputs"},
    {Place::workflow, "variables", "vars"},     {Place::workflow, "tags", "labels"},
    {Place::workflow, "id", "name"},            {Place::workflow, "title", "description"},
    {Place::workflow, "on_fail", "on_failure"},  {Place::workflow, "on_error", "on_failure"}, {Place::workflow, "on_exit", "finally"},
    {Place::workflow, "cleanup", "finally"},    {Place::workflow, "always", "finally"},
    {Place::workflow, "handlers", "finally"},   {Place::workflow, "max_parallel", "concurrency"},
    {Place::workflow, "parallel", "concurrency"}, {Place::retry, "max", "max_attempts"},
    {Place::retry, "limit", "max_attempts"},    {Place::retry, "count", "max_attempts"},
    {Place::retry, "attempts", "max_attempts"}, {Place::retry, "interval", "delay"},
    {Place::retry, "wait", "delay"},            {Place::retry, "factor", "backoff"},
    {Place::retry, "multiplier", "backoff"},    {Place::retry, "when", "if"},
    {Place::concurrency, "key", "group"},       {Place::concurrency, "name", "group"},
    {Place::concurrency, "max", "limit"},       {Place::concurrency, "strategy", "on_conflict"},
    {Place::concurrency, "policy", "on_conflict"}, {Place::stop, "timeout", "grace"},
    {Place::stop, "delay", "grace"},            {Place::wait, "duration", "for"},
    {Place::wait, "seconds", "for"},            {Place::wait, "at", "until"},
    {Place::step, "artifact", "artifacts"},     {Place::step, "artifact_paths", "artifacts"},
    {Place::step, "upload", "artifacts"},       {Place::step, "sources", "cache"},
    {Place::step, "memoize", "cache"},          {Place::artifacts, "path", "paths"},
    {Place::artifacts, "files", "paths"},       {Place::artifacts, "expire_in", "keep"},
    {Place::artifacts, "retention_days", "keep"}, {Place::artifacts, "if_no_files_found", "if_missing"},
    {Place::cache, "inputs", "files"},          {Place::cache, "sources", "files"},
    {Place::cache, "paths", "files"},           {Place::cache, "outputs", "produces"},
    {Place::cache, "generates", "produces"},    {Place::cache, "creates", "produces"},
    {Place::cache, "ttl", "max_age"},           {Place::cache, "expires", "max_age"},
    {Place::approve, "message", "prompt"},      {Place::approve, "question", "prompt"},
    {Place::approve, "approvers", "by"},        {Place::approve, "users", "by"},
    {Place::http, "uri", "url"},                {Place::http, "endpoint", "url"},
    {Place::http, "data", "body"},              {Place::http, "payload", "json"},
    {Place::http, "status", "expect"},          {Place::http, "status_codes", "expect"},
    {Place::http, "expected_status", "expect"}, {Place::http, "query", "params"},
    {Place::sql, "database", "db"},             {Place::sql, "file", "db"},
    {Place::sql, "path", "db"},                 {Place::sql, "sql", "query"},
    {Place::sql, "statement", "query"},         {Place::sql, "parameters", "params"},
    {Place::sql, "args", "params"},             {Place::sql, "bind", "params"},
    {Place::arm, "if", "when"},                 {Place::arm, "case", "when"},
    {Place::arm, "then", "steps"},              {Place::arm, "default", "else"},
    {Place::declaration, "values", "enum"},     {Place::declaration, "choices", "enum"},
    {Place::declaration, "options", "enum"},    {Place::declaration, "regex", "pattern"},
    {Place::declaration, "minimum", "min"},     {Place::declaration, "maximum", "max"},
    {Place::declaration, "min_length", "min"},  {Place::declaration, "max_length", "max"},
    {Place::declaration, "desc", "description"}, {Place::declaration, "help", "description"},
    {Place::condition, "when", "expr"},         {Place::condition, "if", "expr"},
    {Place::condition, "expression", "expr"},   {Place::condition, "condition", "expr"},
    {Place::condition, "inputs", "params"},     {Place::condition, "parameters", "params"},
    {Place::condition_test, "now", "at"},       {Place::condition_test, "time", "at"},
    {Place::condition_test, "inputs", "params"}, {Place::condition_test, "expected", "expect"},
    {Place::test, "workflow", "target"},        {Place::test, "tests", "cases"},
    {Place::test, "for", "target"},             {Place::test_case, "now", "at"},
    {Place::test_case, "time", "at"},           {Place::test_case, "title", "name"},
    {Place::test_case, "params", "inputs"},     {Place::test_case, "mocks", "mock"},
    {Place::test_case, "stubs", "mock"},        {Place::test_case, "expected", "expect"},
    {Place::test_case, "assert", "expect"},     {Place::mock, "exit", "exit_code"},
    {Place::mock, "code", "exit_code"},         {Place::mock, "output", "outputs"},
    {Place::mock, "duration", "takes"},         {Place::mock, "approve", "approved"},
    {Place::mock, "timeout", "timed_out"},      {Place::mock, "user", "by"},
    {Place::project, "version", "language"},    {Place::project, "ignore", "exclude"},
};

struct Later {
    Where where;
    std::string_view words;
};
constexpr Later later_words[] = {
    {Where::workflow, "triggers trigger on schedule cron secrets queue retry expect value after sandbox run_as"},
    {Where::step, "resources sandbox secrets"},
    {Where::defaults, "resources sandbox"},
    {Where::kind, "task trigger event rule decision channel route calendar report node"},
    {Where::uses, "notify"},
    {Where::variable, "secrets decisions facts params"},
};

Where where_of(Place place) {
    switch (place) {
    case Place::workflow: return Where::workflow;
    case Place::step: return Where::step;
    case Place::defaults: return Where::defaults;
    case Place::none: case Place::concurrency: case Place::retry: case Place::stop: case Place::wait: case Place::approve: case Place::arm: case Place::undo:
    case Place::declaration: case Place::project: case Place::condition: case Place::condition_test: case Place::test: case Place::test_case: case Place::mock:
    case Place::http: case Place::sql: case Place::artifacts: case Place::cache: break;
    }
    return Where::nowhere;
}

/// "continueOnError", "Continue-On-Error" → "continue_on_error".
std::string snake_case(std::string_view word) {
    std::string snake;
    for (char const c : word) {
        bool const upper = c >= 'A' && c <= 'Z';
        if (upper && !snake.empty() && snake.back() != '_') snake += '_';
        snake += c == '-' || c == ' ' ? '_' : upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return snake;
}

std::string with_article(Place place) {
    bool const is_document = place == Place::step || place == Place::workflow || place == Place::condition || place == Place::test;
    return (is_document ? "a " : "") + std::string(title_of(place));
}

std::string_view translate(Place place, std::string_view word) {
    for (Foreign const& foreign : foreign_words) {
        bool const fits = foreign.place == place || (foreign.place == Place::none && find_key(place, foreign.key));
        if (fits && foreign.word == word) return foreign.key;
    }
    return {};
}

}  // namespace

std::span<Key const> keys_of(Place place) { return places[static_cast<std::size_t>(place)].keys; }

std::string_view title_of(Place place) { return places[static_cast<std::size_t>(place)].title; }

Key const* find_key(Place place, std::string_view name) {
    for (Key const& key : keys_of(place))
        if (key.name == name) return &key;
    return nullptr;
}

std::string hint_for_unknown(Place place, std::string_view name) {
    if (name.size() > 64) return {};
    auto const suggest = [](std::string_view key) { return "did you mean '" + std::string(key) + "'?"; };
    std::string const snake = snake_case(name);
    if (Key const* key = find_key(place, snake)) return suggest(key->name);
    if (std::string_view const key = translate(place, snake); !key.empty()) return suggest(key);
    bool const in_with = place == Place::wait || place == Place::approve || place == Place::http || place == Place::sql;
    if (in_with && find_key(Place::step, snake)) return "'" + snake + "' stands beside 'uses', not in 'with'";
    std::vector<std::string_view> candidates;
    for (Key const& key : keys_of(place)) candidates.push_back(key.name);
    if (std::string_view const key = nearest(snake, candidates); !key.empty()) return suggest(key);
    for (Place const other : {Place::workflow, Place::step, Place::condition, Place::test, Place::test_case, Place::retry, Place::defaults, Place::concurrency, Place::stop})
        if (other != place && find_key(other, snake)) return "'" + snake + "' is a key of " + with_article(other);
    return {};
}

bool comes_later(Where where, std::string_view word) {
    if (where == Where::uses && word.starts_with("decision/")) return true;
    for (Later const& later : later_words) {
        if (later.where != where) continue;
        std::vector<std::string_view> const known = words(later.words);
        if (std::ranges::find(known, word) != known.end()) return true;
    }
    return false;
}

bool comes_later(Place place, std::string_view word) { return comes_later(where_of(place), word); }

std::string hint_for_choice(std::string_view choices, std::string_view given) {
    std::vector<std::string_view> const known = words(choices);
    std::string_view const bare = given.starts_with("SIG") ? given.substr(3) : given;
    auto const found = std::ranges::find(known, bare);
    std::string_view const near = found != known.end() ? *found : given.size() <= 64 ? nearest(given, known) : std::string_view();
    if (!near.empty()) return "did you mean '" + std::string(near) + "'?";
    std::string list;
    for (std::string_view const one : known) list += (list.empty() ? "one of: " : ", ") + std::string(one);
    return list;
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find(' '), text.size());
        if (end > 0) found.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

}  // namespace pawl::flow
