// pawl cancel and pawl run cancel: asks a run to stop.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct CancelOptions {
    std::vector<std::string> runs;
    bool now = false;
};

int cancel_one(Context& context, Daemon& daemon, std::string const& target, bool now) {
    auto const number = run_number(daemon, target);
    if (!number) return context.fail(number.error());
    Json body;
    body.set("now", now);
    auto const run = daemon.post("/v1/runs/" + *number + "/cancel", body);
    if (!run) {
        auto error = run.error();
        if (error.code == code::not_found && error.hint.empty()) error.hint = "see pawl ps";
        return context.fail(error);
    }
    auto const id = std::to_string(run->number("id"));
    if (!print_object(context, *run, "id")) context.say("run " + id + " " + run->text("workflow") + " is being " + (now ? "killed" : "cancelled") + "; see it end with: pawl run watch " + id);
    return exit_done;
}

int cancel(Context& context, CancelOptions const& options) {
    for (auto const& run : options.runs)
        if (auto const checked = check_run(run); !checked) return context.fail(checked.error());  // none is cancelled when one is misspelt
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    int code = exit_done;
    for (auto const& run : options.runs) {
        int const one = cancel_one(context, **daemon, run, options.now);
        if (one != exit_done) code = one;
    }
    return code;
}

Command make_cancel(std::string path) {
    auto const options = std::make_shared<CancelOptions>();
    auto example = "pawl " + path + " 812";
    return {
        .path = std::move(path),
        .summary = "Cancel runs: stop signal, grace, handlers",
        .text = "Returns once the wish is stored; the run ends when its steps have stopped and its handlers have run.\n"
                "With --now it kills at once and runs no handlers.",
        .arguments = {{.name = "RUN", .doc = "a run, or last", .into = &options->runs, .completes = Completes::live_runs}},
        .options = {{.names = "--now", .doc = "kill at once and run no handlers: neither on_cancel nor finally", .into = &options->now}},
        .examples = {{std::move(example), ""}},
        .run = [options](Context& context) { return cancel(context, *options); },
    };
}

}  // namespace

Command cancel_command() { return make_cancel("cancel"); }
Command run_cancel_command() { return make_cancel("run cancel"); }

}  // namespace pawl::cli
