// pawl audit ls: who did what.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/render/when.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct AuditOptions {
    std::string since, after;
    std::optional<std::int64_t> limit;
};

int audit(Context& context, AuditOptions const& options) {
    auto filter = context.globals.filter;
    if (!options.since.empty()) {
        auto const from = parse_since(options.since, context.now());
        if (!from) return context.misuse("--since " + options.since + " is no time and no span", "for example 90m, 7d or 2026-11-24");
        auto const part = "at >= timestamp('" + format_utc(*from) + "')";
        filter = filter.empty() ? part : "(" + filter + ") && " + part;
    }
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    std::string path = "/v1/audit";
    add_query(path, "filter", filter);
    add_query(path, "after", options.after);
    add_query(path, "limit", std::to_string(options.limit.value_or(50)));
    auto const answer = (*daemon)->get(path);
    if (!answer) return context.fail(answer.error());
    print_list(context, *answer, {plain_column("SEQ", "seq", true), time_column(context, "AT", "at"), plain_column("UID", "uid", true), plain_column("PID", "pid", true, true), plain_column("VIA", "via", false, true), plain_column("ACTION", "action"), plain_column("OBJECT", "object"), plain_column("OUTCOME", "outcome")},
               "seq", "nothing is recorded");
    return exit_done;
}

}  // namespace

Command audit_ls_command() {
    auto const options = std::make_shared<AuditOptions>();
    return {
        .path = "audit ls",
        .summary = "List who did what",
        .options = {{.names = "-n,--limit", .value = "N", .doc = "at most this many (50)", .into = &options->limit},
                    {.names = "--since", .value = "TIME", .doc = "since then: 90m, 7d, a date or a timestamp", .into = &options->since},
                    {.names = "--after", .value = "KEY", .doc = "go on behind this key of an earlier list", .into = &options->after}},
        .examples = {{"pawl audit ls --filter \"action == 'deploy'\" --since 7d", ""}},
        .run = [options](Context& context) { return audit(context, *options); },
    };
}

}  // namespace pawl::cli
