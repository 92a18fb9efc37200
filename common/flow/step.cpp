// A step's keys. `run`, `argv` and `uses` are alternatives; each forbids what has no meaning beside it.
#include "common/flow/step.h"

#include <algorithm>
#include <csignal>
#include <span>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/declare.h"
#include "common/flow/fan_out.h"
#include "common/flow/keep.h"
#include "common/flow/paste.h"
#include "common/flow/step_work.h"
#include "common/flow/sub_workflow.h"

namespace pawl::flow {
namespace {

using namespace std::chrono_literals;
using yaml::Node;

constexpr std::size_t script_bytes_max = 64 * 1024;
constexpr std::size_t arguments_max = 1000;
constexpr Duration handler_timeout = 10min;
constexpr Duration work_timeout = 30s;

/// Keys that only programs have.
constexpr std::string_view program_keys[] = {"shell", "dir", "env", "files", "stop", "outputs", "artifacts", "cache"};
/// Keys that only attempts have: of programs, and of what the daemon does itself.
constexpr std::string_view attempt_keys[] = {"retry", "timeout", "on_crash", "idempotent"};

/// How a program that people write as `shell` takes its script; empty for what is none that we know.
std::string_view flag_of_interpreter(std::string_view name) {
    if (name == "zsh" || name == "ksh" || name == "dash" || name == "fish" || name == "python" || name == "python3" || name == "pwsh") return "-c";
    if (name == "perl" || name == "ruby" || name == "node" || name == "lua") return "-e";
    return "";
}

std::optional<std::vector<std::string>> read_shell(Reader& reader, Fields const& fields) {
    Node const* node = fields.find("shell");
    if (!node) return {};
    if (node->is_list()) {
        std::vector<std::string> shell;
        for (Node const* word : reader.texts(*node, "shell")) shell.push_back(word->text);
        if (shell.empty() || shell.front().empty())
            reader.error(code::invalid_value, node->where, "'shell' names no program", "shell: [python3, -c]");
        return shell;
    }
    if (std::string_view const flag = flag_of_interpreter(node->text); !flag.empty()) {
        reader.error(code::invalid_value, node->where, quotation(node->text) + " is no value of 'shell'",
                     "shell: [" + node->text + ", " + std::string(flag) + "]");
        return {};
    }
    auto const choice = fields.choice("shell");
    if (!choice) return {};
    if (*choice == 0) return std::vector<std::string>{"sh", "-e", "-c"};
    return std::vector<std::string>{"bash", "-eo", "pipefail", "-c"};
}

StopPlan read_stop(Reader& reader, Node const& node) {
    static constexpr int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGKILL};
    Fields const fields = reader.read_map(node, Place::stop);
    StopPlan stop;
    if (auto const signal = fields.choice("signal")) stop.signal = signals[*signal];
    stop.grace = fields.duration("grace").value_or(stop.grace);
    return stop;
}

RetryPlan read_retry(Reader& reader, Fields const& fields) {
    RetryPlan retry;
    retry.max_attempts = static_cast<int>(fields.integer("max_attempts").value_or(retry.max_attempts));
    retry.delay = fields.duration("delay").value_or(retry.delay);
    retry.backoff = fields.number("backoff").value_or(retry.backoff);
    auto const max_delay = fields.duration("max_delay");
    retry.max_delay = max_delay.value_or(std::max(retry.max_delay, retry.delay));
    if (max_delay && *max_delay < retry.delay && fields.has("delay"))
        reader.error(code::invalid_value, fields.find("max_delay")->where, "'max_delay' is shorter than 'delay'");
    return retry;
}

std::optional<Duration> read_timeout(Reader& reader, Fields const& fields) {
    auto const timeout = fields.duration("timeout");
    if (timeout && *timeout == Duration::zero()) {
        reader.error(code::invalid_value, fields.find("timeout")->where, "a timeout of zero leaves no time", "remove the key for no timeout");
        return {};
    }
    return timeout;
}

void read_script(Reader& reader, StepDraft const& draft, std::vector<NamedTemplate> const& workflow_env, CommandAction& command) {
    yaml::Member const& run = *draft.fields.member("run");
    command.script = run.value.text;
    if (trim(command.script).empty()) reader.error(code::invalid_value, run.value.where, "'run' is empty");
    if (command.script.size() > script_bytes_max)
        reader.error(code::limit_exceeded, run.value.where, "'run' is longer than 64 KiB", "put the script into a file of the project");
    refuse_pasting(reader, draft.fields.map(), run, command.shell, workflow_env);
}

void read_argv_shape(Reader& reader, Node const& argv) {
    if (argv.items.empty()) {
        reader.error(code::invalid_value, argv.where, "'argv' is empty", "argv: [program, argument]");
        return;
    }
    reader.within(argv.items.size(), arguments_max, argv, "argv");
    for (Node const& item : argv.items) {
        if (is_nothing(item))
            reader.error(code::wrong_type, item.where, "an item of 'argv' has no value", "\"\" is the empty argument");
        else if (!item.is_scalar())
            reader.error(code::wrong_type, item.where, "an item of 'argv' is text, not " + describe_kind(item));
    }
    Node const& program = argv.items.front();
    if (!program.is_scalar() || reader.refuse_expression(program, "argv[0]")) return;
    if (program.text.empty()) reader.error(code::invalid_value, program.where, "'argv' names no program");
}

void read_command(Reader& reader, StepDraft const& draft, StepDefaults const& defaults, std::vector<NamedTemplate> const& workflow_env, StepPlan& step) {
    CommandAction command;
    Fields const& fields = draft.fields;
    command.shell = read_shell(reader, fields).value_or(defaults.shell.value_or(std::vector<std::string>{"sh", "-e", "-c"}));
    command.dir = defaults.dir;
    if (fields.has("run")) read_script(reader, draft, workflow_env, command);
    else if (Node const* argv = fields.find("argv")) read_argv_shape(reader, *argv);
    if (yaml::Member const* shell = fields.member("shell"); shell && !fields.has("run"))
        reader.error(code::conflicting_keys, shell->key.where, "'shell' has no meaning beside 'argv'", "argv starts its program without a shell");
    if (yaml::Member const* with = fields.member("with"))
        reader.error(code::conflicting_keys, with->key.where, "'with' belongs to 'uses'", "a program gets its values by env, files and argv");
    step.action = std::move(command);

    step.timeout = read_timeout(reader, fields);
    if (step.section != Section::steps) step.timeout = step.timeout.value_or(handler_timeout);
    else if (!step.timeout) step.timeout = defaults.timeout;
    if (Node const* stop = fields.find("stop")) step.stop = read_stop(reader, *stop);
    else step.stop = defaults.stop.value_or(StopPlan());
    if (draft.retry) step.retry = read_retry(reader, *draft.retry);
    else step.retry = defaults.retry.value_or(RetryPlan());
    if (Node const* outputs = fields.find("outputs")) step.outputs = read_declarations(reader, *outputs, "output");
}

void read_crash_policy(Reader& reader, StepDraft const& draft, StepDefaults const& defaults, StepPlan& step) {
    Fields const& fields = draft.fields;
    step.idempotent = fields.boolean("idempotent").value_or(step.idempotent);  // a request that only reads is so by itself
    auto const own = fields.choice("on_crash");
    if (own) step.on_crash = static_cast<OnCrash>(*own);
    else step.on_crash = step.idempotent ? OnCrash::retry : defaults.on_crash.value_or(OnCrash::fail);
    bool const said = fields.has("on_crash") || fields.has("idempotent") || step.idempotent || defaults.on_crash;
    if (step.retry.max_attempts <= 1 || said) return;
    yaml::Member const* retry = fields.member("retry");
    reader.warning(code::unsafe_crash_policy, retry ? retry->key.where : step.where,
                   draft.title + " is retried when it fails, but not when a crash leaves its end unknown",
                   "say idempotent: true when it may run twice, else on_crash: fail");
}

void refuse_keys(Reader& reader, Fields const& fields, std::span<std::string_view const> keys, std::string const& beside) {
    for (std::string_view const key : keys) {
        if (yaml::Member const* member = fields.member(key))
            reader.error(code::conflicting_keys, member->key.where, "'" + std::string(key) + "' has no meaning beside " + beside,
                         key == "timeout" && beside.ends_with("approve'") ? "how long it waits stands in with: {prompt: …, timeout: 1h}" : "");
    }
}

void read_wait(Reader& reader, StepDraft& draft, Node const& with, StepPlan& step) {
    step.action.emplace<WaitAction>();
    draft.with = reader.read_map(with, Place::wait);
    if (draft.with->has("for") == draft.with->has("until") && with.find("for") == with.find("until"))
        reader.error(code::missing_key, with.where, "a wait is told 'for' or 'until'", "with: {for: 10m}");
    else if (draft.with->has("for") && draft.with->has("until"))
        reader.error(code::conflicting_keys, with.where, "a wait is told 'for' or 'until', not both");
}

void read_approve(Reader& reader, StepDraft& draft, Node const& with, StepPlan& step) {
    auto& approve = step.action.emplace<ApproveAction>();
    draft.with = reader.read_map(with, Place::approve);
    if (Node const* by = draft.with->find("by"))
        for (Node const* name : reader.texts(*by, "by")) approve.by.push_back(name->text);
    approve.timeout = read_timeout(reader, *draft.with);
    approve.approve_on_timeout = draft.with->choice("on_timeout") == 1u;
    if (yaml::Member const* choice = draft.with->member("on_timeout"); choice && !draft.with->has("timeout"))
        reader.warning(code::conflicting_keys, choice->key.where, "'on_timeout' has no meaning without 'timeout'");
}

/// A request or a query: its `with`, and when it is tried again.
void read_work(Reader& reader, StepDraft& draft, Node const& with, StepDefaults const& defaults, StepPlan& step) {
    if (draft.fields.find("uses")->text == "http") read_http(reader, draft, with, step);
    else read_sql(reader, draft, with, step);
    step.timeout = read_timeout(reader, draft.fields);
    if (!step.timeout && step.section == Section::steps) step.timeout = defaults.timeout;
    step.timeout = step.timeout.value_or(work_timeout);
    step.retry = draft.retry ? read_retry(reader, *draft.retry) : defaults.retry.value_or(RetryPlan());
}

/// In the order of the choices of `uses`.
constexpr std::string_view examples_of_with[] = {"with: {name: value}", "with: {for: 10m}", "with: {prompt: \"Go on?\"}",
                                                 "with: {url: \"https://example.org/\"}", "with: {db: shop.db, query: \"select …\"}"};

void read_uses(Reader& reader, StepDraft& draft, StepDefaults const& defaults, StepPlan& step) {
    Fields const& fields = draft.fields;
    Node const& uses = *fields.find("uses");
    std::string const said = "'uses: " + printable(take_characters(uses.text, 40)) + "'";
    bool const is_work = uses.text == "http" || uses.text == "sql";
    refuse_keys(reader, fields, program_keys, said);
    if (!is_work) refuse_keys(reader, fields, attempt_keys, said);
    if (uses_workflow(fields)) return read_sub_workflow(reader, draft, step);
    if (comes_later(Where::uses, uses.text)) {
        reader.error(code::invalid_value, uses.where, "this version of pawl does not have " + said, std::string(hint_for_later));
        return;
    }
    auto const type = fields.choice("uses");
    if (!type) return;
    Node const* with = fields.find("with");
    if (!with) {
        if (!fields.map().find("with") && !reader.is_misspelt(fields.map(), Place::step, "with"))
            reader.error(code::missing_key, uses.where, "'with' is missing beside 'uses: " + uses.text + "'",
                         std::string(examples_of_with[*type]));
        return;
    }
    if (*type == 0) {
        step.action.emplace<SetAction>();
        if (with->members.empty()) reader.error(code::invalid_value, with->where, "'with' sets nothing");
        return;
    }
    if (*type == 1) read_wait(reader, draft, *with, step);
    else if (*type == 2) read_approve(reader, draft, *with, step);
    else read_work(reader, draft, *with, defaults, step);
}

/// Which steps the arms name is resolved when all steps are known.
void read_switch(Reader& reader, StepDraft& draft, StepPlan& step) {
    refuse_keys(reader, draft.fields, program_keys, "'switch'");
    refuse_keys(reader, draft.fields, attempt_keys, "'switch'");
    if (yaml::Member const* with = draft.fields.member("with"))
        reader.error(code::conflicting_keys, with->key.where, "'with' has no meaning beside 'switch'");
    Node const& list = *draft.fields.find("switch");
    auto& action = step.action.emplace<SwitchAction>();
    if (list.items.empty()) reader.error(code::invalid_value, list.where, "'switch' has no arm", "switch: [{when: CEL, steps: [a]}, {else: [b]}]");
    for (Node const& item : list.items) {
        if (!item.is_map()) {
            reader.error(code::wrong_type, item.where, "an arm of 'switch' is a map, not " + describe_kind(item), "- {when: CEL, steps: [a]}");
            continue;
        }
        Fields const& arm = draft.arms.emplace_back(reader.read_map(item, Place::arm));
        action.arms.emplace_back();
        bool const is_else = item.find("else") != nullptr;
        if (is_else && (item.find("when") || item.find("steps")))
            reader.error(code::conflicting_keys, arm.map().where, "an arm with 'else' has nothing beside it", "- {else: [b]}");
        else if (is_else && &item != &list.items.back())
            reader.error(code::invalid_value, arm.map().where, "arms behind 'else' are never taken", "move 'else' to the end");
        else if (!is_else && !(item.find("when") && item.find("steps")) && !reader.is_misspelt(item, Place::arm, "when") && !reader.is_misspelt(item, Place::arm, "steps"))
            reader.error(code::missing_key, arm.map().where, "an arm of 'switch' has 'when' and 'steps', or 'else'", "- {when: CEL, steps: [a]}");
    }
}

void read_action(Reader& reader, StepDraft& draft, StepDefaults const& defaults, std::vector<NamedTemplate> const& workflow_env, StepPlan& step) {
    yaml::Member const* first = nullptr;
    for (std::string_view const key : {"run", "argv", "uses", "switch"}) {
        yaml::Member const* member = draft.fields.map().find(key);
        if (!member) continue;
        if (first) {
            reader.error(code::conflicting_keys, member->key.where, draft.title + " has both '" + first->key.text + "' and '" + member->key.text + "'",
                         "keep one of them");
        } else {
            first = member;
        }
    }
    if (!first) {
        auto const misspelt = [&](std::string_view key) { return reader.is_misspelt(draft.fields.map(), Place::step, key); };
        if (!misspelt("run") && !misspelt("argv") && !misspelt("uses") && !misspelt("switch"))
            reader.error(code::missing_key, draft.fields.map().where, draft.title + " does nothing", "give it one of: run, argv, uses, switch");
    } else if (draft.fields.has("uses")) read_uses(reader, draft, defaults, step);
    else if (draft.fields.has("switch")) read_switch(reader, draft, step);
    else if (first->key.text != "uses" && first->key.text != "switch") read_command(reader, draft, defaults, workflow_env, step);
}

}  // namespace

StepDefaults read_defaults(Reader& reader, Expressions& expressions, Scope& scope, Node const& node) {
    StepDefaults defaults;
    Fields const fields = reader.read_map(node, Place::defaults);
    defaults.shell = read_shell(reader, fields);
    defaults.timeout = read_timeout(reader, fields);
    Sight sight([&scope] { return scope.defaults(); });
    if (Node const* dir = fields.find("dir")) defaults.dir = expressions.pasted(*dir, sight);
    if (Node const* stop = fields.find("stop")) defaults.stop = read_stop(reader, *stop);
    if (auto const on_crash = fields.choice("on_crash")) defaults.on_crash = static_cast<OnCrash>(*on_crash);
    if (Node const* map = fields.find("retry")) {
        Fields const retry = reader.read_map(*map, Place::retry);
        defaults.retry = read_retry(reader, retry);
        Sight failed([&scope] { return scope.defaults_retry(); }, explain_attempt_field);
        if (Node const* condition = retry.find("if")) defaults.retry->condition = expressions.bare(*condition, failed, "if");
    }
    return defaults;
}

StepDraft read_undo(Reader& reader, Node const& node, StepPlan const& undone, StepDefaults const& defaults,
                    std::vector<NamedTemplate> const& workflow_env, StepPlan& step) {
    std::string title = "'undo' of step '" + undone.id + "'";
    Fields fields = reader.read_map(node, Place::undo, title);
    StepDraft draft{.title = std::move(title), .fields = std::move(fields), .retry = {}, .with = {}, .arms = {}};
    step.id = undone.id.empty() ? "" : undone.id + ".undo";  // no identifier: expressions cannot name it
    step.where = node.where;
    if (Node const* retry = draft.fields.find("retry")) draft.retry = reader.read_map(*retry, Place::retry);
    if (node.find("run") && node.find("argv"))
        reader.error(code::conflicting_keys, node.find("argv")->key.where, draft.title + " has both 'run' and 'argv'", "keep one of them");
    else if (!node.find("run") && !node.find("argv") && (reader.is_misspelt(node, Place::undo, "run") || reader.is_misspelt(node, Place::undo, "argv")))
        return draft;
    else if (!node.find("run") && !node.find("argv"))
        reader.error(code::missing_key, node.where, draft.title + " does nothing", "give it one of: run, argv");
    else read_command(reader, draft, defaults, workflow_env, step);
    read_crash_policy(reader, draft, defaults, step);
    return draft;
}

StepDraft read_step(Reader& reader, Node const& node, Section section, StepDefaults const& defaults,
                    std::vector<NamedTemplate> const& workflow_env, StepPlan& step) {
    yaml::Member const* id = node.find("id");
    bool const named = id && id->value.is_scalar() && is_identifier(id->value.text);
    std::string title = std::string(section == Section::steps ? "step" : "handler") + (named ? " '" + id->value.text + "'" : "");
    Fields fields = reader.read_map(node, Place::step, title);
    StepDraft draft{.title = std::move(title), .fields = std::move(fields), .retry = {}, .with = {}, .arms = {}};
    step.section = section;
    step.where = node.where;
    if (named) {
        step.id = id->value.text;
        step.where = id->value.where;
    } else if (Node const* given = draft.fields.find("id"); given && !reader.refuse_expression(*given, "id")) {
        std::string fitting = given->text;
        std::ranges::replace(fitting, '-', '_');
        reader.error(code::invalid_name, given->where, quotation(given->text) + " is no name for a step",
                     is_identifier(fitting) ? "write " + fitting + ": expressions use it, and there a '-' would subtract" : "names have lower-case letters, digits and '_', and begin with a letter");
    }
    if (Node const* retry = draft.fields.find("retry")) draft.retry = reader.read_map(*retry, Place::retry);
    step.continue_on_error = draft.fields.boolean("continue_on_error").value_or(false);
    read_action(reader, draft, defaults, workflow_env, step);
    if (step.is_process() || step.is_work()) read_crash_policy(reader, draft, defaults, step);
    if (step.is_process()) read_keep(reader, draft, step);
    read_fan_out(reader, draft, step);
    if (yaml::Member const* undo = draft.fields.member("undo"); undo && section != Section::steps)
        reader.error(code::conflicting_keys, undo->key.where, "a handler is not undone", "'undo' belongs to steps");
    return draft;
}

}  // namespace pawl::flow
