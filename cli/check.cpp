// pawl check: all that is wrong with files, without a daemon.
#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/sources.h"
#include "common/flow/tests.h"

namespace pawl::cli {
namespace {

struct CheckOptions {
    std::vector<std::string> paths;
    std::string format;
    bool fix = false, strict = false;
};

/// Writes the ready rewrites of one file; returns how many were applied.
Result<std::size_t> fix_file(flow::LoadedFile const& file) {
    std::vector<Fix> fixes;
    std::size_t mistakes = 0;
    for (auto const& diagnostic : file.diagnostics) {
        if (diagnostic.fixes.empty()) continue;
        fixes.insert(fixes.end(), diagnostic.fixes.begin(), diagnostic.fixes.end());
        ++mistakes;
    }
    if (mistakes == 0) return mistakes;
    auto const text = yaml::apply_fixes(file.text, std::move(fixes));
    if (text == file.text) return std::size_t{0};
    if (auto const written = replace_file(file.name, text); !written) return written.error();
    return mistakes;
}

Status fix_all(Context& context, flow::LoadedProject const& project) {
    std::size_t all = 0;
    for (auto const& file : project.files) {
        if (file.name == "stdin") continue;
        auto const fixed = fix_file(file);
        if (!fixed) return fixed.error();
        all += *fixed;
        if (*fixed > 0) context.say(file.name + ": fixed " + std::to_string(*fixed) + (*fixed == 1 ? " mistake" : " mistakes"));
    }
    if (all == 0) context.say(project.diagnostics.empty() ? "--fix: nothing to fix" : "--fix: none of the findings has a ready rewrite; nothing was changed");
    return Done{};
}

std::size_t workflows_in(flow::LoadedProject const& project) {
    std::size_t count = 0;
    for (auto const& file : project.files) count += file.workflows.size();
    return count;
}

std::string counted(std::size_t count, std::string const& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

/// The files with what is wrong with them and with their tests, whose workflows may stand elsewhere in the project.
struct Checked {
    flow::LoadedProject project;
    std::size_t cases = 0;
};

Result<Checked> load(Context& context, std::vector<std::string> const& paths) {
    auto sources = read_sources(context, paths);
    if (!sources) return sources.error();
    bool const has_tests = std::ranges::any_of(*sources, [](flow::SourceFile const& source) { return flow::may_hold_tests(source.text); });
    if (!has_tests) {
        auto const others = conditions_elsewhere(context, *sources, paths.front());
        if (!others) return others.error();
        return Checked{flow::load_project(std::move(*sources), flow::Keep::models, *others)};
    }
    auto const others = project_beside(context, *sources, paths.front());
    if (!others) return others.error();
    Checked checked{flow::load_project(std::move(*sources), flow::Keep::plans, conditions_in(*others))};
    auto const tests = flow::load_tests(checked.project.files, others->files);
    auto& found = checked.project.diagnostics;
    found.insert(found.end(), tests.diagnostics.begin(), tests.diagnostics.end());
    sort_by_place(found);
    for (flow::Test const& test : tests.tests) checked.cases += test.cases.size();
    return checked;
}

int check(Context& context, CheckOptions const& options) {
    auto const paths = options.paths.empty() ? std::vector<std::string>{"."} : options.paths;
    auto checked = load(context, paths);
    if (!checked) return context.fail(checked.error());
    if (options.fix) {
        if (auto const done = fix_all(context, checked->project); !done) return context.fail(done.error());
        checked = load(context, paths);
        if (!checked) return context.fail(checked.error());
    }
    flow::LoadedProject const& project = checked->project;
    auto diagnostics = project.diagnostics;
    if (options.strict) {
        for (auto& diagnostic : diagnostics) diagnostic.severity = Severity::error;
    }
    auto format = options.format;
    if (format.empty()) format = context.format() == OutputFormat::json ? "json" : "text";
    TextIndex const texts(project.files);
    context.out() << render_diagnostics(context.out_look(), format, diagnostics, texts) << std::flush;  // the summary stands behind them

    auto const errors = static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(), [](Error const& e) { return e.severity == Severity::error; }));
    auto const warnings = diagnostics.size() - errors;
    if (format == "text") {
        auto const conditions = conditions_in(project).all().size();
        auto const seen = counted(project.files.size(), "file") + ", " + counted(workflows_in(project), "workflow") + (conditions == 0 ? "" : ", " + counted(conditions, "condition")) + (checked->cases == 0 ? "" : ", " + counted(checked->cases, "test"));
        if (diagnostics.empty()) context.say(seen + ": all is well");
        else context.say(seen + ": " + counted(errors, "error") + ", " + counted(warnings, "warning"));
    }
    return errors > 0 ? exit_failed : exit_done;
}

}  // namespace

Command check_command() {
    auto const options = std::make_shared<CheckOptions>();
    return {
        .path = "check",
        .summary = "Find all mistakes in files, without a daemon",
        .text = "Reads every file (folders: all *.yaml below), resolves names and types every expression. Executes nothing.",
        .arguments = {{.name = "PATH", .doc = "files, folders or - (default: this folder)", .into = &options->paths, .required = false, .completes = Completes::files}},
        .options = {{.names = "--format", .value = "FORMAT", .doc = "form of the findings", .into = &options->format, .choices = {"text", "json", "github", "sarif"}, .completes = Completes::choices},
                    {.names = "--fix", .doc = "apply the ready rewrites; comments stay", .into = &options->fix},
                    {.names = "--strict", .doc = "warnings are errors", .into = &options->strict}},
        .examples = {{"pawl check", "this folder"}, {"pawl check flows/ --format github", "annotations in a GitHub workflow"}, {"pawl check backup.yaml --fix", ""}},
        .run = [options](Context& context) { return check(context, *options); },
    };
}

}  // namespace pawl::cli
