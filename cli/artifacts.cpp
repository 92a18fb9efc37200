// pawl artifacts: the files that steps left behind.
#include <algorithm>
#include <map>
#include <ostream>

#include "cli/artifacts.h"
#include "cli/commands.h"
#include "cli/download.h"
#include "cli/output.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/base/path_glob.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct ListOptions {
    std::string run, step;
    bool all = false;
};
struct GetOptions {
    std::string run, file, to = ".";
    bool force = false;
};

std::string step_with_attempt(Json const& item) {
    auto const attempt = item.number("attempt", 1);
    return item.text("step") + (attempt > 1 ? "#" + std::to_string(attempt) : "");
}

std::vector<ListColumn> artifact_columns(Context const& context) {
    ListColumn step{.column = {.title = "STEP"}, .cell = [](Json const& item) { return Cell{step_with_attempt(item)}; }};
    ListColumn size{.column = {.title = "SIZE", .right = true}, .cell = [](Json const& item) { return Cell{size_text(item.number("bytes"))}; }};
    ListColumn hash{.column = {.title = "SHA256"}, .cell = [](Json const& item) { return Cell{item.text("sha256")}; }, .wide = true};
    return {std::move(step), plain_column("FILE", "path"), std::move(size), std::move(hash), time_column(context, "KEPT", "at"), time_column(context, "UNTIL", "until", true)};
}

Result<Json> artifacts_of(Daemon& daemon, std::string const& run, StepTarget const& step, bool all) {
    std::string path = "/v1/runs/" + run + "/artifacts";
    add_query(path, "step", step.step);
    if (step.attempt > 0) add_query(path, "attempt", std::to_string(step.attempt));
    if (all) add_query(path, "all", "true");
    return daemon.get(path);
}

int list(Context& context, ListOptions const& options) {
    if (auto const checked = check_run(options.run); !checked) return context.fail(checked.error());
    StepTarget step;
    if (!options.step.empty()) {
        auto const named = parse_step(options.step);
        if (!named) return context.fail(named.error());
        step = *named;
    }
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = run_number(**daemon, options.run);
    if (!run) return context.fail(run.error());
    auto const answer = artifacts_of(**daemon, *run, step, options.all);
    if (!answer) return context.fail(answer.error());
    print_list(context, *answer, artifact_columns(context), "path", "no files were kept");
    return exit_done;
}

/// "build/dist/app.tar", "build[a/b]#2/dist": the step ends at the first slash that is not within brackets.
std::pair<std::string, std::string> step_and_path(std::string const& text) {
    std::size_t const open = text.find('['), first = text.find('/');
    std::size_t from = 0;
    if (open != std::string::npos && open < first) from = std::min(text.find("]/", open), text.size());
    std::size_t const slash = text.find('/', from);
    if (slash == std::string::npos) return {text, ""};
    return {text.substr(0, slash), text.substr(slash + 1)};
}

JsonList matching(Json const& answer, std::string const& path) {
    JsonList found;
    Json const* const items = answer.find("items");
    if (items == nullptr || !items->is_list()) return found;
    PathGlob const glob(path);
    for (Json const& item : items->as_list())
        if (path.empty() || item.text("path") == path || glob.matches_or_holds(item.text("path"))) found.push_back(item);
    return found;
}

Source source_of(Daemon& daemon, std::string const& run, Json const& item) {
    std::string path = "/v1/runs/" + run + "/artifacts/file";
    add_query(path, "step", item.text("step"));
    add_query(path, "attempt", std::to_string(item.number("attempt", 1)));
    add_query(path, "path", item.text("path"));
    return [&daemon, path](std::function<Status(std::string_view)> const& piece) { return daemon.stream(path, "application/octet-stream", piece); };
}

Download download_of(Json const& item, std::string const& prefix) {
    return {.path = prefix + item.text("path"), .sha256 = item.text("sha256"), .bytes = static_cast<std::uint64_t>(item.number("bytes")),
            .mode = static_cast<std::uint32_t>(item.number("mode", 0644))};
}

/// Of several items of a step each gets a folder of its own.
bool has_several_steps(JsonList const& items) {
    return std::ranges::any_of(items, [&](Json const& item) { return item.text("step") != items.front().text("step"); });
}

std::string folder_named_after(std::string step) {
    std::ranges::replace(step, '/', '_');
    return step + "/";
}

int get_all(Context& context, Daemon& daemon, std::string const& run, JsonList const& items, GetOptions const& options) {
    bool const apart = has_several_steps(items);
    std::int64_t bytes = 0;
    for (Json const& item : items) {
        Download const file = download_of(item, apart ? folder_named_after(item.text("step")) : "");
        if (Status done = download(options.to, file, options.force, source_of(daemon, run, item)); !done) return context.fail(done.error());
        bytes += item.number("bytes");
        if (!context.machine_readable()) context.out() << printable(options.to == "." ? file.path : options.to + "/" + file.path) << "\n";
    }
    if (context.machine_readable()) print_list(context, JsonMap{{"items", items}}, artifact_columns(context), "path", "");
    context.say(std::to_string(items.size()) + (items.size() == 1 ? " file, " : " files, ") + size_text(bytes));
    return exit_done;
}

int print_one(Context& context, Daemon& daemon, std::string const& run, JsonList const& items) {
    if (items.size() > 1) return context.misuse("'--to -' prints one file, and " + std::to_string(items.size()) + " match", "name one of them, or a folder");
    Status const done = source_of(daemon, run, items.front())([&](std::string_view piece) -> Status {
        context.out() << piece;
        return Done{};
    });
    return done ? exit_done : context.fail(done.error());
}

int get(Context& context, GetOptions const& options) {
    if (auto const checked = check_run(options.run); !checked) return context.fail(checked.error());
    auto const [step, path] = step_and_path(options.file);
    auto const named = parse_step(step);
    if (!named) return context.fail(named.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = run_number(**daemon, options.run);
    if (!run) return context.fail(run.error());
    auto const answer = artifacts_of(**daemon, *run, *named, false);
    if (!answer) return context.fail(answer.error());
    JsonList const items = matching(*answer, path);
    if (items.empty())
        return context.fail(make_error(code::not_found, "step '" + step + "' of run " + *run + " kept no file" + (path.empty() ? "" : " '" + path + "'"), "pawl artifacts " + *run + " lists what there is"));
    if (options.to == "-") return print_one(context, **daemon, *run, items);
    return get_all(context, **daemon, *run, items, options);
}

}  // namespace

std::string size_text(std::int64_t bytes) {
    static constexpr std::string_view units[] = {"KiB", "MiB", "GiB"};
    if (bytes < 1024) return std::to_string(bytes) + "B";
    double size = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; size >= 1024 && unit < 2; ++unit) size /= 1024;
    auto const tenths = static_cast<std::int64_t>(size * 10 + 0.5);
    return std::to_string(tenths / 10) + (tenths < 1000 && tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "") + std::string(units[unit]);
}

std::string artifacts_line(Daemon& daemon, Json const& run, std::string const& step) {
    auto const answer = artifacts_of(daemon, std::to_string(run.number("id")), {.step = step, .attempt = 0}, false);
    Json const* const items = answer ? answer->find("items") : nullptr;
    if (items == nullptr || !items->is_list() || items->as_list().empty()) return {};
    std::int64_t bytes = 0;
    for (Json const& item : items->as_list()) bytes += item.number("bytes");
    std::size_t const count = items->as_list().size();
    return std::to_string(count) + (count == 1 ? " file, " : " files, ") + size_text(bytes) + ": pawl artifacts " + std::to_string(run.number("id")) + (step.empty() ? "" : " " + step);
}

Command artifacts_ls_command() {
    auto const options = std::make_shared<ListOptions>();
    return {
        .path = "artifacts ls",
        .summary = "List the files that steps of a run left behind",
        .text = "`pawl artifacts RUN` is short for `pawl artifacts ls RUN`. Of a step with several attempts, the newest that left files is listed.",
        .arguments = {{.name = "RUN", .doc = "a run, or last", .into = &options->run, .completes = Completes::runs},
                      {.name = "STEP", .doc = "only this step, with its items, or step#attempt", .into = &options->step, .required = false, .completes = Completes::steps}},
        .options = {{.names = "--all", .doc = "of all attempts", .into = &options->all}},
        .examples = {{"pawl artifacts last", ""}, {"pawl artifacts 812 build -o json", ""}},
        .run = [options](Context& context) { return list(context, *options); },
    };
}

Command artifacts_get_command() {
    auto const options = std::make_shared<GetOptions>();
    return {
        .path = "artifacts get",
        .summary = "Fetch files that a step left behind",
        .text = "What comes is compared with the SHA-256 of what was kept. Of several items of a step each gets a folder named after it.",
        .arguments = {{.name = "RUN", .doc = "a run, or last", .into = &options->run, .completes = Completes::runs},
                      {.name = "STEP[/PATH]", .doc = "all of a step, or a file, folder or glob of it", .into = &options->file, .completes = Completes::steps}},
        .options = {{.names = "--to", .value = "DIR", .doc = "where they go; - prints one file (.)", .into = &options->to, .completes = Completes::files},
                    {.names = "--force", .doc = "replace files that are there", .into = &options->force}},
        .examples = {{"pawl artifacts get last build --to out", ""}, {"pawl artifacts get 812 test/report.xml --to -", "print it"}, {"pawl artifacts get 812 'build/dist/*.tar'", ""}},
        .run = [options](Context& context) { return get(context, *options); },
    };
}

}  // namespace pawl::cli
