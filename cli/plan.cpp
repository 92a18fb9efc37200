// pawl plan: what a deploy of the project would change, and the file by which exactly that is deployed.
#include <filesystem>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/new_files.h"
#include "cli/output.h"
#include "cli/plan_file.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct PlanOptions {
    std::string folder, out, format;
    bool exit_code = false;
};

/// How many live runs there are of each version of a workflow that is about to change.
Result<JsonList> live_versions(Daemon& daemon, std::string const& workflow) {
    std::string path = "/v1/runs?live=true&limit=1000";
    add_query(path, "workflow", workflow);
    auto const answer = daemon.get(path);
    if (!answer) return answer.error();
    std::map<std::int64_t, int> counts;
    for (auto const& run : list_in(*answer, "items")) ++counts[run.number("version")];
    JsonList live;
    for (auto const& [version, runs] : counts) live.push_back(JsonMap{{"version", version}, {"runs", runs}});
    return live;
}

Status add_live_runs(Daemon& daemon, Json& answer) {
    JsonList changes = list_in(answer, "changes");
    for (auto& change : changes) {
        auto const action = change.text("action");
        if (action != "changed" && action != "retired") continue;
        auto live = live_versions(daemon, change.text("name"));
        if (!live) return live.error();
        if (!live->empty()) change.set("live", std::move(*live));
    }
    answer.set("changes", std::move(changes));
    return Done{};
}

std::string live_text(Json const& change) {
    std::string text;
    for (auto const& live : list_in(change, "live")) {
        auto const runs = live.number("runs");
        text += "    " + std::to_string(runs) + (runs == 1 ? " live run stays" : " live runs stay") + " on version " + std::to_string(live.number("version")) + "\n";
    }
    return text;
}

Status write_plan(std::string const& path, std::string const& text) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? replace_file(path, text) : write_new_files("", {{path, text}});
}

int plan(Context& context, PlanOptions const& options) {
    auto const project = read_project(context, options.folder.empty() ? "." : options.folder);
    if (!project) return context.fail(project.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto answer = (*daemon)->post("/v1/deploy", deploy_request(project->files, project->root, true, project->whole));
    if (!answer) return deploy_refused(context, **daemon, answer.error(), project->files);
    if (auto const added = add_live_runs(**daemon, *answer); !added) return context.fail(added.error());
    auto const changes = list_in(*answer, "changes");
    TextIndex const texts(project->files);
    context.err() << render_diagnostics(context.err_look(), "text", diagnostics_in(*answer, "warnings"), texts);

    auto const document = make_plan(*project, *answer, context.now());
    if (!options.out.empty()) {
        if (auto const written = write_plan(options.out, dump_json_pretty(document) + "\n"); !written) return context.fail(written.error());
    }
    bool anything = false;
    for (auto const& change : changes) anything = anything || is_change(change);
    if (options.format == "json" || context.machine_readable()) {
        context.out() << dump_json_pretty(document) << "\n";
    } else {
        for (auto const& change : changes) {
            if (is_change(change)) context.out() << change_text(context.out_look(), change) << live_text(change);
        }
    }
    context.out() << std::flush;
    context.say(anything ? "plan: " + counts_text(changes) : "nothing would change: " + counts_text(changes));
    if (!options.out.empty()) context.say("next: pawl deploy " + options.out);
    return anything && options.exit_code ? exit_changes : exit_done;
}

}  // namespace

Command plan_command() {
    auto const options = std::make_shared<PlanOptions>();
    return {
        .path = "plan",
        .summary = "Show what a deploy of the project would change",
        .text = "Compares the files with the active versions, and stores nothing. Workflows that were deployed from this project and are gone\n"
                "from its files are retired, if it has a pawl.yaml. A plan that was written with -o is deployed as it is, or refused when files\n"
                "or versions have changed since.",
        .arguments = {{.name = "DIR", .doc = "the project (default: the one of this folder)", .into = &options->folder, .required = false, .completes = Completes::files}},
        .options = {{.names = "-o,--out", .value = "FILE", .doc = "write the plan, for pawl deploy FILE", .into = &options->out, .completes = Completes::files},
                    {.names = "--format", .value = "FORMAT", .doc = "how it is shown", .into = &options->format, .choices = {"text", "json"}, .completes = Completes::choices},
                    {.names = "--exit-code", .doc = "exit with 10 when something would change", .into = &options->exit_code}},
        .examples = {{"pawl plan -o p.plan && pawl deploy p.plan", "what was seen is what is done"}, {"pawl plan --exit-code", "in CI: is everything deployed?"}},
        .run = [options](Context& context) { return plan(context, *options); },
    };
}

}  // namespace pawl::cli
