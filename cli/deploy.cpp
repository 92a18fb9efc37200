// pawl deploy: stores and activates workflows, all or nothing.
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/output.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct DeployOptions {
    std::vector<std::string> paths;
    bool dry_run = false;
};

Json files_json(std::vector<flow::SourceFile> const& sources) {
    JsonList files;
    for (auto const& source : sources) {
        Json file;
        file.set("name", source.name);
        file.set("text", source.text);
        files.push_back(std::move(file));
    }
    return files;
}

Diagnostics diagnostics_in(Json const& answer, std::string_view key) {
    Diagnostics found;
    auto const* list = answer.find(key);
    if (list == nullptr || !list->is_list()) return found;
    for (auto const& item : list->as_list()) found.push_back(yaml::error_from_json(item));
    return found;
}

struct Sign {
    std::string_view sign;
    Paint paint;
};
Sign sign_of_change(std::string_view action) {
    if (action == "added") return {"+", Paint::green};
    if (action == "changed") return {"~", Paint::yellow};
    if (action == "reactivated") return {"^", Paint::yellow};
    if (action == "retired") return {"-", Paint::red};
    return {"=", Paint::dim};
}

std::string change_text(Look const& look, Json const& change) {
    auto const sign = sign_of_change(change.text("action"));
    auto line = std::string(sign.sign) + " " + change.text("kind", "workflow") + " " + change.text("name");
    if (change.number("version") > 0) line += "@" + std::to_string(change.number("version"));
    line += " " + change.text("action");
    auto text = painted(look, sign.paint, printable(line));
    if (!change.text("file").empty()) text += "  " + painted(look, Paint::dim, printable(change.text("file")));
    text += "\n";
    if (auto const* details = change.find("details"); details != nullptr && details->is_list()) {
        for (auto const& detail : details->as_list()) text += "    " + printable(detail.is_string() ? detail.as_string() : dump_json(detail)) + "\n";
    }
    return text;
}

std::string counts_text(JsonList const& changes) {
    std::string text;
    for (std::string_view const action : {"added", "changed", "reactivated", "retired", "unchanged"}) {
        std::size_t count = 0;
        for (auto const& change : changes) count += change.text("action") == action ? 1 : 0;
        if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(action);
    }
    return text.empty() ? "nothing to deploy" : text;
}

int deploy(Context& context, DeployOptions const& options) {
    auto const sources = read_sources(context, options.paths);
    if (!sources) return context.fail(sources.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    Json body;
    body.set("files", files_json(*sources));
    body.set("root", project_root(options.paths.front()));
    body.set("dry_run", options.dry_run);
    auto const answer = (*daemon)->post("/v1/deploy", body);
    if (!answer) return deploy_refused(context, **daemon, answer.error(), *sources);

    TextIndex const texts(*sources);
    context.err() << render_diagnostics(context.err_look(), "text", diagnostics_in(*answer, "warnings"), texts);
    if (print_object(context, *answer, "name")) return exit_done;
    auto const* changes = answer->find("changes");
    if (changes == nullptr || !changes->is_list()) return exit_done;
    for (auto const& change : changes->as_list()) context.out() << change_text(context.out_look(), change);
    context.out() << std::flush;
    context.say((options.dry_run ? "dry run, nothing was stored: " : "deployed: ") + counts_text(changes->as_list()));
    return exit_done;
}

}  // namespace

int deploy_refused(Context& context, Daemon& daemon, Error const& error, std::vector<flow::SourceFile> const& sources) {
    auto const diagnostics = diagnostics_in(daemon.last_problem(), "diagnostics");
    if (diagnostics.empty() || !diagnostics.front().where || context.format() == OutputFormat::json || context.format() == OutputFormat::jsonl) return context.fail(error);
    TextIndex const texts(sources);
    context.err() << render_diagnostics(context.err_look(), "text", diagnostics, texts);
    context.err() << painted(context.err_look(), Paint::red, "error:") << " " << printable(error.message) << " [" << error.code.name << "]\n" << std::flush;
    return exit_failed;
}

Command deploy_command() {
    auto const options = std::make_shared<DeployOptions>();
    return {
        .path = "deploy",
        .summary = "Store and activate workflows, all or nothing",
        .text = "A changed workflow gets a new version; runs that are under way stay on theirs. What `pawl check` refuses is refused.",
        .arguments = {{.name = "PATH", .doc = "files, folders or -", .into = &options->paths, .completes = Completes::files}},
        .options = {{.names = "--dry-run", .doc = "say what would change and store nothing", .into = &options->dry_run}},
        .examples = {{"pawl deploy flows/", ""}, {"pawl deploy backup.yaml --dry-run", "what would change"}},
        .run = [options](Context& context) { return deploy(context, *options); },
    };
}

}  // namespace pawl::cli
