// pawl condition conflicts: conditions that decide nothing, arms that nothing reaches, gaps and overlaps, each with values that show it.
#include <ostream>
#include <set>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/project.h"
#include "cli/sources.h"
#include "common/base/text.h"
#include "common/flow/conflicts.h"
#include "common/wire/url.h"
#include "common/yaml/render.h"

namespace pawl::cli {
namespace {

struct ConflictOptions {
    std::string path = ".";
    bool deployed = false;
};

/// What was looked at, and found.
struct Looked {
    JsonList items;
    std::size_t workflows = 0, conditions = 0;
    bool wrong = false;  ///< some files have mistakes of their own
};

std::string place_text(SourcePos const& where) {
    return std::string(where.file.text()) + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

void add(Looked& looked, std::vector<flow::Conflict> const& conflicts, std::string const& kind, std::string const& name) {
    for (flow::Conflict const& conflict : conflicts)
        looked.items.push_back(JsonMap{{"where", place_text(conflict.where)}, {"kind", name_of(conflict.kind)}, {kind, name}, {"step", conflict.step},
                                       {"message", conflict.message}, {"witness", conflict.witness}, {"hint", conflict.hint}});
}

void add_file(Looked& looked, flow::LoadedFile const& file, std::set<std::string>& seen) {
    for (auto const& workflow : file.workflows) {
        if (!workflow.plan) continue;
        ++looked.workflows;
        add(looked, flow::conflicts_in(*workflow.plan, flow::Depth::full), "workflow", workflow.name);
    }
    for (auto const& condition : file.conditions) {
        if (!seen.insert(condition->name).second) continue;  // each stored version has its own
        ++looked.conditions;
        add(looked, flow::conflicts_in(*condition, flow::Depth::full), "condition", condition->name);
    }
}

Result<Looked> look_at_files(Context& context, std::string const& path) {
    auto sources = read_sources(context, {path});
    if (!sources) return sources.error();
    auto const others = others_elsewhere(context, *sources, path);
    if (!others) return others.error();
    auto const project = flow::load_project(std::move(*sources), flow::Keep::plans, *others);
    Looked looked;
    std::set<std::string> seen;
    for (auto const& file : project.files) add_file(looked, file, seen);
    Diagnostics mistakes = project.diagnostics;
    std::erase_if(mistakes, [](Error const& one) { return one.severity == Severity::warning; });  // the findings among them are told with more
    if (mistakes.empty()) return looked;
    looked.wrong = true;
    TextIndex const texts(project.files);
    context.err() << render_diagnostics(context.err_look(), "text", mistakes, texts) << std::flush;
    return looked;
}

Result<Looked> look_at_deployed(Daemon& daemon) {
    Looked looked;
    std::set<std::string> seen;
    std::string after;
    do {
        std::string path = "/v1/workflows";
        add_query(path, "limit", "500");
        add_query(path, "after", after);
        auto const page = daemon.get(path);
        if (!page) return page.error();
        for (Json const& item : list_in(*page, "items")) {
            auto const version = daemon.get("/v1/workflows/" + wire::percent_encode(item.text("name")));
            if (!version) return version.error();
            flow::LoadedFile file = load_version(*version);
            std::erase_if(file.workflows, [&](flow::LoadedWorkflow const& workflow) { return workflow.name != item.text("name"); });
            add_file(looked, file, seen);
        }
        after = page->text("next");
    } while (!after.empty());
    return looked;
}

int show_conflicts(Context& context, ConflictOptions const& options) {
    Result<Looked> looked = Looked();
    if (options.deployed) {
        if (options.path != ".") return context.misuse("PATH and --deployed exclude each other");
        auto const daemon = context.daemon();
        if (!daemon) return context.fail(daemon.error());
        looked = look_at_deployed(**daemon);
    } else {
        looked = look_at_files(context, options.path);
    }
    if (!looked) return context.fail(looked.error());
    Json answer;
    std::size_t const found = looked->items.size();
    answer.set("items", std::move(looked->items)).set("workflows", looked->workflows).set("conditions", looked->conditions);
    ListColumn who{.column = {.title = "OF"}, .cell = [](Json const& item) { return Cell{item.find("workflow") != nullptr ? item.text("workflow") : item.text("condition")}; }};
    print_list(context, answer, {plain_column("WHERE", "where"), plain_column("KIND", "kind"), std::move(who), plain_column("WHAT", "message"), plain_column("WHEN", "witness")}, "where",
               "nothing found in " + std::to_string(looked->workflows) + " workflows and " + std::to_string(looked->conditions) + " conditions");
    if (!context.machine_readable() && found > 0) {
        context.out() << std::flush;
        context.say(std::to_string(found) + " found in " + std::to_string(looked->workflows) + " workflows and " + std::to_string(looked->conditions) + " conditions; what cannot be told for sure is not told");
    }
    return looked->wrong ? exit_failed : exit_done;
}

}  // namespace

Command condition_conflicts_command() {
    auto const options = std::make_shared<ConflictOptions>();
    return {
        .path = "condition conflicts",
        .summary = "Find conditions that decide nothing, gaps and overlaps",
        .text = "Tries values for each way in which inputs, params and outputs compare with the constants of conditions. Whatever is printed was "
                "evaluated: WHEN has values to try. Warnings of pawl check are among it; overlaps are no mistake by themselves.",
        .arguments = {{.name = "PATH", .doc = "file or folder (default: this folder)", .into = &options->path, .required = false, .completes = Completes::files}},
        .options = {{.names = "--deployed", .doc = "the active workflows of the daemon instead of files", .into = &options->deployed}},
        .examples = {{"pawl condition conflicts flows/", ""}, {"pawl condition conflicts --deployed -o json", ""}},
        .run = [options](Context& context) { return show_conflicts(context, *options); },
    };
}

}  // namespace pawl::cli
