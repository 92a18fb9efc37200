// pawl run watch: follows a run that is under way, or shows how it went.
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct WatchOptions {
    std::string run = "last", wait_timeout;
    bool passthrough = false, strict_skip = false;
};

int watch(Context& context, WatchOptions const& options) {
    FollowOptions follow{.may_cancel = false, .passthrough = options.passthrough, .strict_skip = options.strict_skip};
    if (!options.wait_timeout.empty()) {
        auto const span = parse_duration(options.wait_timeout);
        if (!span) return context.misuse("--wait-timeout " + options.wait_timeout + ": " + span.error().message, "for example 30s or 1h");
        follow.wait_timeout = *span;
    }
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = find_run(**daemon, options.run);
    return run ? follow_run(context, **daemon, *run, follow) : context.fail(run.error());
}

}  // namespace

Command run_watch_command() {
    auto const options = std::make_shared<WatchOptions>();
    return {
        .path = "run watch",
        .summary = "Follow a run to its end",
        .text = "Ends with the code of the run. Ctrl-C leaves; the run goes on.",
        .arguments = {{.name = "RUN", .doc = "a run, or last (the default)", .into = &options->run, .required = false, .completes = Completes::runs}},
        .options = {{.names = "--wait-timeout", .value = "SPAN", .doc = "leave with code 7 after this long", .into = &options->wait_timeout},
                    {.names = "--passthrough", .doc = "exit with the failed step's own code", .into = &options->passthrough},
                    {.names = "--strict-skip", .doc = "exit with 9 when the run was skipped", .into = &options->strict_skip}},
        .examples = {{"pawl run watch 812", ""}, {"pawl run watch last --progress plain", ""}},
        .run = [options](Context& context) { return watch(context, *options); },
    };
}

}  // namespace pawl::cli
