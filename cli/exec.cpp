// pawl exec -- CMD…: one command as a supervised run.
#include <filesystem>

#include "cli/commands.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct ExecOptions {
    std::vector<std::string> argv, env;
    std::string name, timeout, dir;
    std::optional<std::int64_t> retry;
    FollowFlags follow;
};

int exec(Context& context, ExecOptions const& options) {
    if (options.argv.empty()) return context.misuse("'pawl exec' needs a command", "pawl exec -- rsync -a a/ b/");
    Json env{JsonMap{}};
    for (auto const& pair : options.env) {
        auto const equals = pair.find('=');
        if (equals == 0) return context.misuse("'" + pair + "' is no environment value", "write -e NAME=VALUE, or -e NAME to pass your own");
        auto const name = pair.substr(0, equals);
        if (equals != std::string::npos) env.set(name, pair.substr(equals + 1));
        else if (auto const own = context.env(name)) env.set(name, *own);
    }
    JsonList argv;
    for (auto const& word : options.argv) argv.emplace_back(word);
    Json body;
    body.set("argv", std::move(argv));
    if (!options.name.empty()) body.set("name", options.name);
    std::error_code error;
    body.set("dir", std::filesystem::absolute(options.dir.empty() ? "." : options.dir, error).lexically_normal().string());
    body.set("env", std::move(env));
    if (options.retry && *options.retry < 1) return context.misuse("--retry " + std::to_string(*options.retry) + " is no number of attempts", "at least 1, which is one attempt and no retry");
    if (options.retry) body.set("retry", *options.retry - 1);  // there: further ones
    if (!options.timeout.empty()) body.set("timeout", options.timeout);
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = (*daemon)->post("/v1/exec", body);
    auto follow = options.follow;
    follow.is_exec = true;
    return run ? follow_or_detach(context, **daemon, *run, follow) : context.fail(run.error());
}

}  // namespace

Command exec_command() {
    auto const options = std::make_shared<ExecOptions>();
    std::vector<Option> rows{
        {.names = "--name", .value = "NAME", .doc = "what the run is called", .into = &options->name},
        {.names = "--retry", .value = "N", .doc = "attempts in all: 3 are the first and two more after failures", .into = &options->retry},
        {.names = "--step-timeout", .value = "SPAN", .doc = "how long an attempt may take", .into = &options->timeout},
        {.names = "--dir", .value = "DIR", .doc = "working directory (default: this folder)", .into = &options->dir, .completes = Completes::files},
        {.names = "-e,--env", .value = "NAME=VALUE", .doc = "environment of the command; NAME alone passes your own value", .into = &options->env},
    };
    for (auto& row : follow_options(options->follow)) rows.push_back(std::move(row));
    return {
        .path = "exec",
        .summary = "Run one command under supervision",
        .text = "The command outlives this terminal, and the daemon's restarts. It gets PATH, HOME and the like, and what -e names.",
        .options = std::move(rows),
        .rest = &options->argv,
        .rest_name = "COMMAND [ARGUMENT...]",
        .examples = {{"pawl exec --retry 3 -- rsync -a a/ b/", ""}, {"pawl exec -d -- ./long-job.sh", "prints the id and leaves"}},
        .run = [options](Context& context) { return exec(context, *options); },
    };
}

}  // namespace pawl::cli
