// pawl diff: what changed between files and versions, as sentences or as a patch.
#include <filesystem>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/project.h"
#include "cli/render/patch.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

struct DiffOptions {
    std::optional<std::string> before, after;
    bool text = false, exit_code = false;
};

/// One workflow as it is on one side.
struct Found {
    std::string label;  ///< "nightly@3", "flows/nightly.yaml"
    std::string file, text;
    Json model;
};
using Side = std::map<std::string, Found>;  ///< by the workflow's name

Found from_daemon(Json const& workflow) {
    Found found;
    found.label = workflow.text("name") + "@" + std::to_string(workflow.number("version"));
    if (auto const* model = workflow.find("model")) found.model = *model;
    if (auto const* source = workflow.find("source")) {
        found.file = source->text("file");
        found.text = source->text("text");
    }
    return found;
}

Result<Json> fetch(Daemon& daemon, VersionedName const& name) {
    auto path = "/v1/workflows/" + wire::percent_encode(name.name);
    if (name.version > 0) add_query(path, "version", std::to_string(name.version));
    auto answer = daemon.get(path);
    if (!answer) return with_workflow_suggestion(daemon, answer.error(), name.name);
    return answer;
}

/// The workflows of files. An empty result: they have mistakes, which were told.
std::optional<Side> side_of_files(Context& context, std::vector<flow::SourceFile> const& sources, flow::Others const& others) {
    auto const project = flow::load_project(sources, flow::Keep::models, others);
    if (has_errors(project.diagnostics)) {
        context.err() << yaml_text(context.err_look(), project.diagnostics, sources);
        return std::nullopt;
    }
    Side side;
    for (auto const& file : project.files) {
        for (auto const& workflow : file.workflows) side[workflow.name] = {file.name, file.name, file.text, *parse_json(workflow.model, {.bytes_max = 64u << 20, .depth_max = 1000})};
    }
    return side;
}

class Comparison {
public:
    Comparison(Context& context, DiffOptions const& options) : context_(context), options_(options) {}

    /// `pair`: two single workflows are compared whatever they are called.
    void compare(Side const& before, Side const& after, bool pair) {
        if (pair && before.size() == 1 && after.size() == 1) return both(after.begin()->first, before.begin()->second, after.begin()->second);
        for (auto const& [name, is] : after) {
            if (auto const was = before.find(name); was != before.end()) both(name, was->second, is);
            else one("added", name, {}, is);
        }
        for (auto const& [name, was] : before) {
            if (!after.contains(name)) one("removed", name, was, {});
        }
    }

    int finish() {
        if (context_.machine_readable()) {
            Json answer;
            answer.set("schema_version", 1);
            answer.set("items", items_);
            print_list(context_, answer, {plain_column("NAME", "name")}, "name", "no difference");
        } else if (items_.empty()) {
            context_.say("no difference");
        }
        context_.out() << std::flush;
        return !items_.empty() && options_.exit_code ? exit_changes : exit_done;
    }

private:
    void both(std::string const& name, Found const& was, Found const& is) {
        auto const sentences = flow::diff_models(was.model, is.model);
        bool const differ = !sentences.empty() || (options_.text && was.text != is.text);
        if (!differ) return;
        JsonList details;
        for (auto const& sentence : sentences) details.emplace_back(sentence);
        tell("changed", name, was, is, std::move(details));
    }
    /// The texts are the same: what changed stands in another file, as conditions do.
    void tell_outside(std::string const& name, Found const& was, Found const& is, JsonList const& details) {
        context_.out() << "# " << printable(name + ": " + was.label + " and " + is.label) << " have one text; what it uses has changed:\n";
        for (auto const& detail : details) context_.out() << "#   " << printable(detail.as_string()) << "\n";
    }
    void one(std::string const& action, std::string const& name, Found const& was, Found const& is) { tell(action, name, was, is, {}); }

    void tell(std::string const& action, std::string const& name, Found const& was, Found const& is, JsonList details) {
        Json item(JsonMap{{"name", name}, {"action", action}, {"before", was.label}, {"after", is.label}, {"details", details}});
        items_.push_back(std::move(item));
        if (context_.machine_readable()) return;
        auto const& look = context_.out_look();
        if (options_.text) {
            // A file with several workflows is shown once.
            if (was.text == is.text) return tell_outside(name, was, is, details);
            if (told_[was.label + "\n" + is.label]++ == 0) context_.out() << unified_patch(look, was.label.empty() ? "/dev/null" : was.label, was.text, is.label.empty() ? "/dev/null" : is.label, is.text);
            return;
        }
        auto const sign = action == "added" ? "+" : action == "removed" ? "-" : "~";
        auto const paint = action == "added" ? Paint::green : action == "removed" ? Paint::red : Paint::yellow;
        auto const from_to = was.label.empty() ? is.label : is.label.empty() ? was.label : was.label + " -> " + is.label;
        context_.out() << painted(look, paint, printable(std::string(sign) + " workflow " + name + " " + action)) << "  " << painted(look, Paint::dim, printable(from_to)) << "\n";
        for (auto const& detail : details) context_.out() << "    " << printable(detail.as_string()) << "\n";
    }

    Context& context_;
    DiffOptions const& options_;
    JsonList items_;
    std::map<std::string, int> told_;
};

/// The active versions that files would replace or retire.
Result<Side> active_side(Daemon& daemon, Json const& dry_run) {
    Side side;
    for (auto const& change : list_in(dry_run, "changes")) {
        if (change.number("was") == 0 || !is_change(change)) continue;
        auto const workflow = fetch(daemon, {change.text("name"), change.number("was")});
        if (!workflow) return workflow.error();
        side[change.text("name")] = from_daemon(*workflow);
    }
    return side;
}

int files_against_active(Context& context, DiffOptions const& options, std::vector<flow::SourceFile> const& files, std::string const& root, bool whole, flow::Others const& others = {}) {
    auto after = side_of_files(context, files, others);
    if (!after) return exit_failed;
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto request = deploy_request(files, root, true, whole);
    if (!others.conditions.all().empty()) request.set("conditions", others.conditions.model_of_all());
    auto const answer = (*daemon)->post("/v1/deploy", request);
    if (!answer) return deploy_refused(context, **daemon, answer.error(), files);
    auto const before = active_side(**daemon, *answer);
    if (!before) return context.fail(before.error());
    for (auto const& change : list_in(*answer, "changes")) {
        if (!is_change(change)) after->erase(change.text("name"));
    }
    Comparison comparison(context, options);
    comparison.compare(*before, *after, false);
    return comparison.finish();
}

/// Beside what names a file everywhere, a folder with a slash: flows/
bool is_path(std::string const& target) { return names_a_file(target) || target == "." || target.find('/') != std::string::npos; }

int files_here(Context& context, DiffOptions const& options, std::string const& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        auto const project = read_project(context, path);
        if (!project) return context.fail(project.error());
        return files_against_active(context, options, project->files, project->root, project->whole);
    }
    auto const sources = read_sources(context, {path});
    if (!sources) return context.fail(sources.error());
    auto const others = others_elsewhere(context, *sources, path);
    if (!others) return context.fail(others.error());
    return files_against_active(context, options, *sources, project_root(path), false, *others);
}

/// A file, a folder, or a version. An error that has no message was told already.
Result<Side> side_of(Context& context, std::string const& target) {
    if (is_path(target)) {
        auto const sources = read_sources(context, {target});
        if (!sources) return sources.error();
        auto const others = others_elsewhere(context, *sources, target);
        if (!others) return others.error();
        auto side = side_of_files(context, *sources, *others);
        if (!side) return make_error(code::invalid_value, "");
        return std::move(*side);
    }
    auto const name = parse_workflow(target);
    if (!name) return name.error();
    auto const daemon = context.daemon();
    if (!daemon) return daemon.error();
    auto const workflow = fetch(**daemon, *name);
    if (!workflow) return workflow.error();
    return Side{{name->name, from_daemon(*workflow)}};
}

int diff(Context& context, DiffOptions const& options) {
    if (!options.before) return files_here(context, options, ".");
    if (!options.after && is_path(*options.before)) return files_here(context, options, *options.before);
    // One version alone is compared with the active one.
    auto const after_target = options.after ? *options.after : options.before->substr(0, options.before->find('@'));
    auto const before = side_of(context, *options.before);
    if (!before) return before.error().message.empty() ? exit_failed : context.fail(before.error());
    auto const after = side_of(context, after_target);
    if (!after) return after.error().message.empty() ? exit_failed : context.fail(after.error());
    Comparison comparison(context, options);
    comparison.compare(*before, *after, true);
    return comparison.finish();
}

}  // namespace

Command diff_command() {
    auto const options = std::make_shared<DiffOptions>();
    return {
        .path = "diff",
        .summary = "Show what changed between files and versions",
        .text = "Without arguments: the files of this project against the active versions. With a file or a folder: that against the active\n"
                "versions. With a version: that against the active one. Order of keys, comments and short forms are no difference.",
        .arguments = {{.name = "A", .doc = "before: a file, a folder, or a version such as nightly@3", .into = &options->before, .required = false, .completes = Completes::workflows},
                      {.name = "B", .doc = "after: the same", .into = &options->after, .required = false, .completes = Completes::workflows}},
        .options = {{.names = "--text", .doc = "a patch of the texts instead of sentences", .into = &options->text},
                    {.names = "--exit-code", .doc = "exit with 10 when there is a difference", .into = &options->exit_code}},
        .examples = {{"pawl diff", "what is not deployed yet"}, {"pawl diff nightly@3 nightly@4", ""}, {"pawl diff --text nightly@3 flows/nightly.yaml", ""}},
        .run = [options](Context& context) { return diff(context, *options); },
    };
}

}  // namespace pawl::cli
