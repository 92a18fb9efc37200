// pawl workflow: what is deployed, in which versions; and its removal.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

struct WorkflowOptions {
    std::string name, after;
    std::optional<std::int64_t> limit;
};

std::vector<ListColumn> workflow_columns(Context const& context) {
    Look look = context.out_look();
    look.colour = false;
    ListColumn last{.column = {.title = "LAST RUN"}, .cell = [look](Json const& workflow) {
                        auto const* run = workflow.find("last_run");
                        if (run == nullptr || !run->is_map()) return Cell{};
                        auto const status = run->text("status");
                        return Cell{std::to_string(run->number("id")) + " " + state_text(look, status), paint_of(status)};
                    }};
    ListColumn live{.column = {.title = "LIVE", .right = true}, .cell = [](Json const& workflow) {
                        auto const* runs = workflow.find("runs");
                        return Cell{runs == nullptr ? "" : std::to_string(runs->number("live"))};
                    }};
    return {plain_column("NAME", "name"), plain_column("V", "version", true), plain_column("STEPS", "steps", true), std::move(live), std::move(last),
            time_column(context, "DEPLOYED", "deployed_at"), plain_column("LABELS", "labels", false, true), plain_column("DESCRIPTION", "description")};
}

int list_workflows(Context& context, WorkflowOptions const& options) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    std::string path = "/v1/workflows";
    add_query(path, "filter", context.globals.filter);
    add_query(path, "after", options.after);
    add_query(path, "limit", std::to_string(options.limit.value_or(200)));
    auto const answer = (*daemon)->get(path);
    if (!answer) return context.fail(answer.error());
    print_list(context, *answer, workflow_columns(context), "name", "nothing is deployed yet: pawl deploy FILE");
    return exit_done;
}

int list_versions(Context& context, WorkflowOptions const& options) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const answer = (*daemon)->get("/v1/workflows/" + wire::percent_encode(options.name) + "/versions");
    if (!answer) return context.fail(with_workflow_suggestion(**daemon, answer.error(), options.name));
    ListColumn active{.column = {.title = "ACTIVE"}, .cell = [](Json const& version) { return Cell{version.flag("active") ? "yes" : "", Paint::green}; }};
    ListColumn hash{.column = {.title = "HASH"}, .cell = [](Json const& version) { return Cell{version.text("hash").substr(0, 12)}; }};
    print_list(context, *answer, {plain_column("V", "version", true), std::move(active), time_column(context, "DEPLOYED", "deployed_at"), plain_column("UID", "uid", true), std::move(hash), plain_column("FILE", "file")}, "version", "no versions");
    return exit_done;
}

int remove_workflow(Context& context, WorkflowOptions const& options) {
    auto const sure = context.confirm("Remove workflow '" + options.name + "'? Its history stays, live runs go on to their end.");
    if (!sure) return context.fail(sure.error());
    if (!*sure) {
        context.say("nothing was removed");
        return exit_done;
    }
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const answer = (*daemon)->request("DELETE", "/v1/workflows/" + wire::percent_encode(options.name), Json());
    if (!answer) return context.fail(with_workflow_suggestion(**daemon, answer.error(), options.name));
    if (!print_object(context, *answer, "name")) context.say("workflow " + options.name + " is removed; its runs can still be inspected");
    return exit_done;
}

}  // namespace

Command workflow_ls_command() {
    auto const options = std::make_shared<WorkflowOptions>();
    return {
        .path = "workflow ls",
        .summary = "List the deployed workflows",
        .options = {{.names = "-n,--limit", .value = "N", .doc = "at most this many (200)", .into = &options->limit},
                    {.names = "--after", .value = "KEY", .doc = "go on behind this key of an earlier list", .into = &options->after}},
        .examples = {{"pawl workflow ls --filter \"labels.team == 'ops'\"", ""}},
        .run = [options](Context& context) { return list_workflows(context, *options); },
    };
}

Command workflow_versions_command() {
    auto const options = std::make_shared<WorkflowOptions>();
    return {
        .path = "workflow versions",
        .summary = "List the versions of a workflow",
        .arguments = {{.name = "NAME", .doc = "a workflow", .into = &options->name, .completes = Completes::workflows}},
        .examples = {{"pawl workflow versions nightly-backup", ""}},
        .run = [options](Context& context) { return list_versions(context, *options); },
    };
}

Command workflow_inspect_command() {
    auto const options = std::make_shared<WorkflowOptions>();
    return {
        .path = "workflow inspect",
        .summary = "Show all about a workflow",
        .arguments = {{.name = "NAME", .doc = "a workflow, or workflow@version", .into = &options->name, .completes = Completes::workflows}},
        .examples = {{"pawl workflow inspect nightly-backup@12 -o yaml", ""}},
        .run = [options](Context& context) { return inspect_workflow(context, options->name); },
    };
}

Command workflow_rm_command() {
    auto const options = std::make_shared<WorkflowOptions>();
    return {
        .path = "workflow rm",
        .summary = "Remove a workflow; its history stays, live runs go on to their end",
        .arguments = {{.name = "NAME", .doc = "a workflow", .into = &options->name, .completes = Completes::workflows}},
        .examples = {{"pawl workflow rm nightly-backup --yes", ""}},
        .run = [options](Context& context) { return remove_workflow(context, *options); },
    };
}

}  // namespace pawl::cli
