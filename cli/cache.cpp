// pawl cache: results of steps that need not run again.
#include <ostream>

#include "cli/artifacts.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct CacheOptions {
    std::string workflow, step, key;
    bool all = false;
};

std::string path_for(CacheOptions const& options) {
    std::string path = "/v1/cache";
    add_query(path, "workflow", options.workflow);
    add_query(path, "step", options.step);
    add_query(path, "key", options.key);
    if (options.all) add_query(path, "all", "true");
    return path;
}

std::vector<Argument> arguments_of(CacheOptions& options) {
    return {{.name = "WORKFLOW", .doc = "only of this workflow", .into = &options.workflow, .required = false, .completes = Completes::workflows},
            {.name = "STEP", .doc = "only of this step, with its items", .into = &options.step, .required = false}};
}

int list(Context& context, CacheOptions const& options) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const answer = (*daemon)->get(path_for(options));
    if (!answer) return context.fail(answer.error());
    ListColumn key{.column = {.title = "KEY"}, .cell = [](Json const& item) { return Cell{item.text("key").substr(0, 12)}; }};
    ListColumn size{.column = {.title = "SIZE", .right = true}, .cell = [](Json const& item) { return Cell{size_text(item.number("bytes"))}; }};
    print_list(context, *answer, {plain_column("WORKFLOW", "workflow"), plain_column("STEP", "step"), std::move(key), plain_column("RUN", "run", true), time_column(context, "MADE", "at"),
                                  time_column(context, "USED", "used_at"), plain_column("HITS", "hits", true), plain_column("FILES", "files", true), std::move(size)},
               "key", "no results are remembered");
    return exit_done;
}

int remove(Context& context, CacheOptions const& options) {
    bool const says_what = !options.workflow.empty() || !options.key.empty();
    if (!says_what && !options.all) return context.misuse("say which results are meant", "a workflow, --key KEY, or --all");
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const answer = (*daemon)->request("DELETE", path_for(options), Json());
    if (!answer) return context.fail(answer.error());
    auto const count = answer->number("removed");
    if (!print_object(context, *answer, "removed")) context.out() << (count == 1 ? "1 result is" : std::to_string(count) + " results are") << " forgotten\n";
    return exit_done;
}

}  // namespace

Command cache_ls_command() {
    auto const options = std::make_shared<CacheOptions>();
    return {
        .path = "cache ls",
        .summary = "List results of steps that need not run again",
        .arguments = arguments_of(*options),
        .options = {{.names = "--key", .value = "KEY", .doc = "the beginning of a key", .into = &options->key}},
        .examples = {{"pawl cache ls", ""}, {"pawl cache ls build compile", ""}},
        .run = [options](Context& context) { return list(context, *options); },
    };
}

Command cache_rm_command() {
    auto const options = std::make_shared<CacheOptions>();
    return {
        .path = "cache rm",
        .summary = "Forget results, so that these steps run again",
        .text = "Files that steps have made stay where they are.",
        .arguments = arguments_of(*options),
        .options = {{.names = "--key", .value = "KEY", .doc = "the beginning of a key", .into = &options->key},
                    {.names = "--all", .doc = "all of the daemon", .into = &options->all}},
        .examples = {{"pawl cache rm build compile", ""}, {"pawl cache rm --all", ""}},
        .run = [options](Context& context) { return remove(context, *options); },
    };
}

}  // namespace pawl::cli
