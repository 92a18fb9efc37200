// pawl run NAME: starts a run and follows it to its end.
#include <ostream>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/inputs.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/sources.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

/// A run of a file that is not deployed: the daemon keeps it as a version for this run alone.
int start_from_file(Context& context, Daemon& daemon, RunStartOptions const& options) {
    auto sources = read_sources(context, {options.target});
    if (!sources) return context.fail(sources.error());
    auto const loaded = load_target(context, sources->front());
    if (!loaded) return context.fail(loaded.error());
    std::vector<flow::Declaration> declarations;
    Json model;
    for (auto const& workflow : loaded->workflows) {
        bool const meant = options.workflow.empty() ? loaded->workflows.size() == 1 : workflow.name == options.workflow;
        if (!meant || !workflow.plan) continue;
        declarations = workflow.plan->inputs;
        if (!workflow.conditions.empty()) model = *parse_json(workflow.model);
    }
    auto inputs = parse_inputs(context, options.inputs, declarations);
    if (!inputs) return context.fail(inputs.error());
    Json file;
    file.set("name", sources->front().name);
    file.set("text", sources->front().text);
    Json body;
    if (Json const* conditions = model.find("conditions")) file.set("conditions", *conditions);
    body.set("file", std::move(file));
    if (!options.workflow.empty()) body.set("name", options.workflow);
    body.set("root", project_root(options.target));
    if (options.no_cache) body.set("no_cache", true);
    body.set("inputs", std::move(*inputs));
    auto const run = daemon.post("/v1/runs", body);
    if (!run) return deploy_refused(context, daemon, run.error(), *sources);
    return follow_or_detach(context, daemon, *run, options.follow);
}

/// `pawl run lst`: taken for a workflow, as `run NAME` starts one.
Error with_verb_suggestion(Error error, std::string const& name) {
    if (error.code != code::not_found || error.hint.starts_with("did you mean")) return error;
    auto const near = name == "list" ? std::string_view("ls") : nearest(name, {"ls", "watch", "cancel", "retry", "logs", "inspect", "start"});
    if (!near.empty()) error.hint = "did you mean 'pawl run " + std::string(near) + "'?";
    return error;
}

int start_deployed(Context& context, Daemon& daemon, RunStartOptions const& options) {
    if (!options.workflow.empty()) return context.misuse("unexpected argument '" + options.workflow + "'", "a second name stands behind a file only");
    auto const target = parse_workflow(options.target);
    if (!target) return context.fail(target.error());
    std::vector<flow::Declaration> declarations;
    if (!options.inputs.empty()) {
        auto declared = declared_inputs(daemon, target->name, target->version);
        if (!declared) return context.fail(with_workflow_suggestion(daemon, declared.error(), target->name));
        declarations = std::move(*declared);
    }
    auto inputs = parse_inputs(context, options.inputs, declarations);
    if (!inputs) return context.fail(inputs.error());
    Json body;
    body.set("workflow", target->name);
    if (target->version > 0) body.set("version", target->version);
    body.set("inputs", std::move(*inputs));
    if (options.no_cache) body.set("no_cache", true);
    auto const run = daemon.post("/v1/runs", body);
    if (!run) return context.fail(with_verb_suggestion(with_workflow_suggestion(daemon, run.error(), target->name), target->name));
    return follow_or_detach(context, daemon, *run, options.follow);
}

int run_start(Context& context, RunStartOptions const& options) {
    if (options.dry) return run_dry(context, options);
    if (!options.mock.empty()) return context.misuse("--mock belongs to --dry");
    if (options.local) return run_locally(context, options);
    if (!options.state.empty()) return context.misuse("--state belongs to --local");
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    return names_a_file(options.target) ? start_from_file(context, **daemon, options) : start_deployed(context, **daemon, options);
}

}  // namespace

std::vector<Option> follow_options(FollowFlags& flags) {
    return {
        {.names = "-d,--detach", .doc = "print the run's id once its start is committed, and leave", .into = &flags.detach},
        {.names = "--wait-timeout", .value = "SPAN", .doc = "leave with code 7 after this long; the run goes on", .into = &flags.wait_timeout},
        {.names = "--passthrough", .doc = "exit with the failed step's own code", .into = &flags.passthrough},
        {.names = "--cancel-on-interrupt", .doc = "the first Ctrl-C cancels the run", .into = &flags.cancel_on_interrupt},
        {.names = "--strict-skip", .doc = "exit with 9 when the run was skipped", .into = &flags.strict_skip},
    };
}

int follow_or_detach(Context& context, Daemon& daemon, Json const& run, FollowFlags const& flags) {
    auto const id = std::to_string(run.number("id"));
    if (flags.detach) {
        if (!print_object(context, run, "id")) context.out() << id << '\n';
        context.out() << std::flush;
        context.say("run " + id + " " + run.text("workflow") + " is " + run.text("status", "queued") + "; follow it with: pawl run watch " + id);
        return exit_done;
    }
    FollowOptions options{.cancel_on_interrupt = flags.cancel_on_interrupt, .passthrough = flags.passthrough, .strict_skip = flags.strict_skip, .is_exec = flags.is_exec};
    if (!flags.wait_timeout.empty()) {
        auto const span = parse_duration(flags.wait_timeout);
        if (!span) return context.misuse("--wait-timeout " + flags.wait_timeout + ": " + span.error().message, "for example 30s or 1h");
        options.wait_timeout = *span;
    }
    if (run.find("steps") != nullptr) return follow_run(context, daemon, run, options);
    auto const detail = daemon.get("/v1/runs/" + id);
    return detail ? follow_run(context, daemon, *detail, options) : context.fail(detail.error());
}

Command run_start_command() {
    auto const options = std::make_shared<RunStartOptions>();
    std::vector<Option> rows{
        {.names = "-i,--input", .value = "NAME=VALUE", .doc = "an input; NAME=@FILE and NAME=- read its value", .into = &options->inputs},
        {.names = "--local", .doc = "run a file with a private daemon that ends with the run", .into = &options->local},
        {.names = "--state", .value = "DIR", .doc = "with --local: the state folder; it is kept", .into = &options->state, .completes = Completes::files},
        {.names = "--dry", .doc = "play it instead: show what each step would run, and execute nothing", .into = &options->dry},
        {.names = "--no-cache", .doc = "run steps with 'cache' in any case; what they give is remembered", .into = &options->no_cache},
        {.names = "--mock", .value = "YAML", .doc = "with --dry: how steps end, as 'mock' of a test; @FILE reads it", .into = &options->mock},
    };
    for (auto& row : follow_options(options->follow)) rows.push_back(std::move(row));
    return {
        .path = "run start",
        .summary = "Start a run and follow it to its end",
        .text = "`pawl run NAME` is short for `pawl run start NAME`. Ctrl-C leaves, and the run goes on; pressed twice within\n"
                "2 s it cancels the run. When the daemon restarts meanwhile, pawl reconnects and goes on where it was.\n"
                "Others on runs: pawl run ls, run watch, run logs, run inspect, run cancel, run retry.",
        .arguments = {{.name = "NAME", .doc = "a workflow, workflow@version, or a file", .into = &options->target, .completes = Completes::workflows},
                      {.name = "WORKFLOW", .doc = "which workflow of the file", .into = &options->workflow, .required = false}},
        .options = std::move(rows),
        .examples = {{"pawl run nightly-backup -i dry=true", ""},
                     {"pawl run nightly-backup@12 -d", "an older version; do not wait"},
                     {"pawl run --local ci.yaml", "without a daemon of your own"},
                     {"pawl run --dry ci.yaml --mock '{test: {exit_code: 1}}'", "what would happen if the tests failed"}},
        .run = [options](Context& context) { return run_start(context, *options); },
    };
}

}  // namespace pawl::cli
