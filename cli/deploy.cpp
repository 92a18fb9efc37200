// pawl deploy: stores and activates workflows, all or nothing.
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/plan_file.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct DeployOptions {
    std::vector<std::string> paths;
    bool dry_run = false;
};

/// What the daemon answered: warnings, changes, and their number.
int show_deployed(Context& context, Json const& answer, std::vector<flow::SourceFile> const& sources, bool dry_run) {
    TextIndex const texts(sources);
    context.err() << render_diagnostics(context.err_look(), "text", diagnostics_in(answer, "warnings"), texts);
    if (print_object(context, answer, "name")) return exit_done;
    auto const changes = list_in(answer, "changes");
    for (auto const& change : changes) context.out() << change_text(context.out_look(), change);
    context.out() << std::flush;
    context.say((dry_run ? "dry run, nothing was stored: " : "deployed: ") + counts_text(changes));
    return exit_done;
}

int stale(Context& context, std::string const& path, Json const& plan, std::string const& message) {
    Problem problem{.error = make_error(code::plan_stale, message), .where = path + ", made " + plan.text("made_at"), .why = "", .next = {"pawl plan -o " + path}, .document = {}};
    return context.fail(problem);
}

/// Exactly what the plan says, or nothing.
int deploy_plan(Context& context, DeployOptions const& options, Json const& plan) {
    auto const& path = options.paths.front();
    auto const project = read_project(context, plan.text("root"));
    if (!project) return context.fail(project.error());
    if (auto const changes = changes_since(plan, *project); !changes.empty())
        return stale(context, path, plan, "'" + path + "' is out of date: " + join(changes, ", "));
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto body = deploy_request(project->files, project->root, options.dry_run, plan.flag("project"));
    body.set("expected", *plan.find("expected"));
    auto const answer = (*daemon)->post("/v1/deploy", body);
    if (!answer && answer.error().code == code::plan_stale) return stale(context, path, plan, answer.error().message);
    if (!answer) return deploy_refused(context, **daemon, answer.error(), project->files);
    return show_deployed(context, *answer, project->files, options.dry_run);
}

/// A folder may be another branch by mistake, so the loss of workflows is asked for. False: rather not.
Result<bool> may_retire(Context& context, Daemon& daemon, Json body) {
    body.set("dry_run", true);
    auto const answer = daemon.post("/v1/deploy", body);
    if (!answer) return true;  // the deploy itself will tell what is wrong
    std::vector<std::string> gone;
    for (auto const& change : list_in(*answer, "changes")) {
        if (change.text("action") == "retired") gone.push_back(change.text("name"));
    }
    if (gone.empty()) return true;
    return context.confirm("Retire what is gone from the files: " + join(gone, ", ") + "?");
}

int deploy(Context& context, DeployOptions const& options) {
    bool const single = options.paths.size() == 1;
    auto const plan = single ? read_plan(options.paths.front()) : Result<Json>(Json());
    if (!plan) return context.fail(plan.error());
    if (plan->is_map()) return deploy_plan(context, options, *plan);
    auto const sources = read_sources(context, options.paths);
    if (!sources) return context.fail(sources.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    bool const whole = single && has_project_file(options.paths.front());
    auto const others = others_elsewhere(context, *sources, options.paths.front());
    if (!others) return context.fail(others.error());
    auto body = deploy_request(*sources, project_root(options.paths.front()), options.dry_run, whole);
    if (!others->conditions.all().empty()) body.set("conditions", others->conditions.model_of_all());
    if (whole && !options.dry_run) {
        auto const sure = may_retire(context, **daemon, body);
        if (!sure) return context.fail(sure.error());
        if (!*sure) {
            context.say("nothing was deployed");
            return exit_done;
        }
    }
    auto const answer = (*daemon)->post("/v1/deploy", body);
    if (!answer) return deploy_refused(context, **daemon, answer.error(), *sources);
    return show_deployed(context, *answer, *sources, options.dry_run);
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
        .text = "A changed workflow gets a new version; runs that are under way stay on theirs. What `pawl check` refuses is refused.\n"
                "The folder of a whole project (with pawl.yaml) also retires what is gone from its files, and asks before; a plan does exactly\n"
                "what it says, or is refused with plan_stale when files or versions have changed since.",
        .arguments = {{.name = "PATH", .doc = "files, folders or -; or one plan", .into = &options->paths, .completes = Completes::files}},
        .options = {{.names = "--dry-run", .doc = "say what would change and store nothing", .into = &options->dry_run}},
        .examples = {{"pawl deploy flows/", ""}, {"pawl deploy backup.yaml --dry-run", "what would change"}, {"pawl plan -o p.plan && pawl deploy p.plan", ""}},
        .run = [options](Context& context) { return deploy(context, *options); },
    };
}

}  // namespace pawl::cli
