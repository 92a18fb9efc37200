// pawl run ls and pawl ps: lists of runs.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/render/when.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct ListOptions {
    std::string workflow, since, after;
    std::optional<std::int64_t> limit;
    bool live = false, oldest = false;
};

/// --since becomes a part of the filter, so that the server does the comparing.
Result<std::string> filter_with_since(Context& context, std::string const& since) {
    auto filter = context.globals.filter;
    if (since.empty()) return filter;
    auto const from = parse_since(since, context.now());
    if (!from) return make_error(code::usage, "--since " + since + " is no time and no span", "for example 90m, 7d or 2026-11-24");
    auto const part = "created_at >= timestamp('" + format_utc(*from) + "')";
    return filter.empty() ? part : "(" + filter + ") && " + part;
}

int list_runs(Context& context, ListOptions const& options, std::string_view when_empty) {
    auto const filter = filter_with_since(context, options.since);
    if (!filter) return context.fail(filter.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    std::string path = "/v1/runs";
    if (options.live) add_query(path, "live", "true");
    add_query(path, "workflow", options.workflow);
    add_query(path, "filter", *filter);
    add_query(path, "after", options.after);
    if (options.oldest) add_query(path, "order", "oldest");
    add_query(path, "limit", std::to_string(options.limit.value_or(50)));
    auto const answer = (*daemon)->get(path);
    if (!answer) return context.fail(answer.error());
    print_list(context, *answer, run_columns(context), "id", when_empty);
    return exit_done;
}

}  // namespace

Command run_ls_command() {
    auto const options = std::make_shared<ListOptions>();
    return {
        .path = "run ls",
        .summary = "List runs, newest first",
        .arguments = {{.name = "WORKFLOW", .doc = "only runs of this workflow", .into = &options->workflow, .required = false, .completes = Completes::workflows}},
        .options = {{.names = "-n,--limit", .value = "N", .doc = "at most this many (50)", .into = &options->limit},
                    {.names = "--since", .value = "TIME", .doc = "made since then: 90m, 7d, a date or a timestamp", .into = &options->since},
                    {.names = "--live", .doc = "only those that have not ended", .into = &options->live},
                    {.names = "--oldest", .doc = "oldest first", .into = &options->oldest},
                    {.names = "--after", .value = "KEY", .doc = "go on behind this key of an earlier list", .into = &options->after}},
        .examples = {{"pawl run ls --filter \"status == 'failed' && duration > duration('5m')\"", ""}, {"pawl run ls nightly-backup --since 7d -o csv", ""}},
        .run = [options](Context& context) { return list_runs(context, *options, "no runs"); },
    };
}

Command ps_command() {
    auto const options = std::make_shared<ListOptions>();
    options->live = true;
    return {
        .path = "ps",
        .summary = "List the runs that are alive",
        .options = {{.names = "-n,--limit", .value = "N", .doc = "at most this many (50)", .into = &options->limit}},
        .examples = {{"pawl ps", ""}, {"pawl ps --filter \"workflow == 'nightly-backup'\" -o name", "ids alone"}},
        .run = [options](Context& context) { return list_runs(context, *options, "nothing runs"); },
    };
}

}  // namespace pawl::cli
