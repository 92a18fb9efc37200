// pawl test: the tests of files, on a simulated clock, without a daemon.
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <set>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/play/coverage.h"
#include "cli/play/suite.h"
#include "cli/project.h"
#include "cli/sources.h"
#include "cli/test_report.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct TestOptions {
    std::vector<std::string> paths;
    std::string name, format;
    bool coverage = false;
};

std::string counted(std::size_t count, std::string const& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

/// What is wrong with the files, without the red tests beside conditions: those are results.
Diagnostics mistakes_in(flow::LoadedProject const& project, flow::LoadedTests const& tests) {
    Diagnostics mistakes = project.diagnostics;
    mistakes.insert(mistakes.end(), tests.diagnostics.begin(), tests.diagnostics.end());
    std::erase_if(mistakes, [](Error const& error) { return error.code == code::test_failed; });
    sort_by_place(mistakes);
    return mistakes;
}

/// Mistakes in the files, so that they are red for those too who read only the report.
std::vector<CaseResult> as_results(Diagnostics const& mistakes) {
    std::vector<CaseResult> results;
    for (Error const& mistake : mistakes) {
        if (mistake.severity != Severity::error || !mistake.where) continue;
        CaseResult result{.test = "check", .target = "check", .name = mistake.message, .where = *mistake.where, .findings = {}, .play = {}};
        result.findings.push_back({mistake, {}});
        results.push_back(std::move(result));
    }
    return results;
}

std::vector<CaseResult> run_all(flow::LoadedProject const& project, flow::LoadedTests const& tests, Wanted const& wanted) {
    std::vector<CaseResult> results = run_tests(tests.tests, wanted);
    for (flow::LoadedFile const& file : project.files)
        for (auto const& condition : file.conditions) std::ranges::move(run_tests(*condition, wanted), std::back_inserter(results));
    std::ranges::stable_sort(results, {}, &CaseResult::where);
    return results;
}

std::string format_of(Context const& context, TestOptions const& options) {
    if (!options.format.empty()) return options.format;
    return context.format() == OutputFormat::json ? "json" : "text";
}

void print(Context& context, std::string const& format, std::vector<CaseResult> const& results, TextIndex const& texts) {
    if (format == "junit") context.out() << junit_text(results);
    else if (format == "tap") context.out() << tap_text(results);
    else if (format == "json") {
        JsonList items;
        for (CaseResult const& result : results) items.push_back(test_json(result));
        context.out() << dump_json_pretty(Json(JsonMap{{"schema_version", 1}, {"items", std::move(items)}})) << "\n";
    } else {
        for (CaseResult const& result : results) context.out() << test_text(context.out_look(), result, texts.text_of());
    }
    context.out() << std::flush;
}

/// Behind the results, for people; lines of the places that no case has reached.
void print_coverage(Context& context, std::vector<Coverage> const& coverage) {
    for (Coverage const& one : coverage) {
        context.out() << one.target << ": " << one.steps_run << " of " << one.steps << " steps ran";
        if (one.branches > 0) context.out() << ", " << one.branches_seen << " of " << one.branches << " branches were taken";
        context.out() << '\n';
        for (Gap const& gap : one.gaps) context.out() << "  " << gap.where.file.text() << ':' << gap.where.line << ": " << printable(gap.what) << '\n';
    }
    context.out() << std::flush;
}

int test(Context& context, TestOptions const& options) {
    auto const paths = options.paths.empty() ? std::vector<std::string>{"."} : options.paths;
    auto sources = read_sources(context, paths);
    if (!sources) return context.fail(sources.error());
    auto const others = project_beside(context, *sources, paths.front());
    if (!others) return context.fail(others.error());
    auto const project = flow::load_project(std::move(*sources), flow::Keep::plans, others_in(*others));
    auto const tests = flow::load_tests(project.files, others->files);
    TextIndex const texts(project.files);
    auto const mistakes = mistakes_in(project, tests);
    bool const wrong = has_errors(mistakes);
    if (wrong) context.err() << render_diagnostics(context.err_look(), "text", mistakes, texts) << std::flush;

    Wanted const wanted = options.name.empty() ? Wanted() : [&](std::string const& name) { return name.find(options.name) != std::string::npos; };
    auto const results = run_all(project, tests, wanted);
    std::string const format = format_of(context, options);
    std::vector<CaseResult> reported = format == "text" ? std::vector<CaseResult>() : as_results(mistakes);  // people have read them above
    std::ranges::copy(results, std::back_inserter(reported));
    print(context, format, reported, texts);
    if (options.coverage && format == "text") print_coverage(context, coverage_of(tests.tests, results));
    auto const red = static_cast<std::size_t>(std::ranges::count_if(results, &CaseResult::red));
    if (results.empty() && !options.name.empty()) context.say("no test has '" + options.name + "' in its name");
    else if (results.empty() && wrong) context.say("no test could be run: mend the files first");
    else if (results.empty()) context.say("there are no tests here: pawl new test NAME");
    else context.say(counted(results.size(), "test") + ": " + std::to_string(results.size() - red) + " passed, " + std::to_string(red) + " failed");
    return wrong || red > 0 ? exit_failed : exit_done;
}

}  // namespace

Command test_command() {
    auto const options = std::make_shared<TestOptions>();
    return {
        .path = "test",
        .summary = "Run the tests of files on a simulated clock, without a daemon",
        .text = "Documents of kind test play their workflow in the engine of the daemon, with mocked steps and a clock that jumps; tests beside\n"
                "conditions are evaluated. No process, file or socket has a part in it. A step that would run without a mock fails its case.",
        .arguments = {{.name = "PATH", .doc = "files, folders or - (default: this folder)", .into = &options->paths, .required = false, .completes = Completes::files}},
        .options = {{.names = "--coverage", .doc = "also what no case has reached", .into = &options->coverage},
                    {.names = "-k", .value = "NAME", .doc = "only tests with this in their name", .into = &options->name, .completes = Completes::tests},
                    {.names = "--format", .value = "FORMAT", .doc = "form of the results", .into = &options->format, .choices = {"text", "junit", "tap"}, .completes = Completes::choices}},
        .examples = {{"pawl test", "all of this folder"}, {"pawl test -k dst", ""}, {"pawl test flows/ --format junit > results.xml", "for a build server"}},
        .run = [options](Context& context) { return test(context, *options); },
    };
}

}  // namespace pawl::cli
