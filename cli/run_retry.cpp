// pawl retry and pawl resolve: a new run that goes on from an old one.
#include "cli/commands.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

struct RetryOptions {
    std::string run, from;
    FollowFlags follow;
};

int retry(Context& context, RetryOptions const& options) {
    if (auto const checked = check_run(options.run); !checked) return context.fail(checked.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const number = run_number(**daemon, options.run);
    if (!number) return context.fail(number.error());
    Json body{JsonMap{}};
    if (!options.from.empty()) body.set("from", options.from);
    auto const run = (*daemon)->post("/v1/runs/" + *number + "/retry", body);
    if (!run) {
        auto error = run.error();
        if (error.code == code::conflict && error.hint.empty()) error.hint = options.from.empty() ? "name the step to start from: --from STEP" : "it must have ended: pawl run watch " + *number;
        return context.fail(error);
    }
    return follow_or_detach(context, **daemon, *run, options.follow);
}

Command make_retry(std::string path) {
    auto const options = std::make_shared<RetryOptions>();
    std::vector<Option> rows{{.names = "--from", .value = "STEP", .doc = "start over from this step, whatever became of it", .into = &options->from, .completes = Completes::steps}};
    for (auto& row : follow_options(options->follow)) rows.push_back(std::move(row));
    std::vector<Example> examples{{"pawl " + path + " 812", ""}, {"pawl " + path + " last --from compress -d", ""}};
    return {
        .path = std::move(path),
        .summary = "Start a new run from the failed steps of an old one",
        .text = "Steps that succeeded are carried over with their outputs; inputs and version are those of the old run.",
        .arguments = {{.name = "RUN", .doc = "a run that has ended, or last", .into = &options->run, .completes = Completes::runs}},
        .options = std::move(rows),
        .examples = std::move(examples),
        .run = [options](Context& context) { return retry(context, *options); },
    };
}

struct ResolveOptions {
    std::string run, step, as, comment;
    FollowFlags follow;
};

int resolve(Context& context, ResolveOptions const& options) {
    if (options.as.empty()) return context.misuse("'pawl resolve' needs --as: how the step ended", "--as success, --as failed, or --as retry");
    if (auto const checked = check_run(options.run); !checked) return context.fail(checked.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const number = run_number(**daemon, options.run);
    if (!number) return context.fail(number.error());
    Json body;
    body.set("as", options.as);
    if (!options.comment.empty()) body.set("comment", options.comment);
    auto const run = (*daemon)->post("/v1/runs/" + *number + "/steps/" + wire::percent_encode(options.step) + "/resolve", body);
    return run ? follow_or_detach(context, **daemon, *run, options.follow) : context.fail(run.error());
}

}  // namespace

Command retry_command() { return make_retry("retry"); }
Command run_retry_command() { return make_retry("run retry"); }

Command resolve_command() {
    auto const options = std::make_shared<ResolveOptions>();
    std::vector<Option> rows{
        {.names = "--as", .value = "OUTCOME", .doc = "how it ended", .into = &options->as, .choices = {"success", "failed", "retry"}, .completes = Completes::choices},
        {.names = "--comment", .value = "TEXT", .doc = "why you know; kept in the audit log", .into = &options->comment},
    };
    for (auto& row : follow_options(options->follow)) rows.push_back(std::move(row));
    return {
        .path = "resolve",
        .summary = "Settle a step whose outcome is unknown, and go on in a new run",
        .text = "A step is lost when nobody knows how it ended. pawl never guesses: look for its traces, then say how it was.",
        .arguments = {{.name = "RUN", .doc = "a run, or last", .into = &options->run, .completes = Completes::runs},
                      {.name = "STEP", .doc = "the lost step", .into = &options->step, .completes = Completes::steps}},
        .options = std::move(rows),
        .examples = {{"pawl resolve 812 upload --as success --comment 'the object is there'", ""}},
        .run = [options](Context& context) { return resolve(context, *options); },
    };
}

}  // namespace pawl::cli
