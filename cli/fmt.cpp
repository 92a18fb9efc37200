// pawl fmt: one layout for all files. What a file means never changes: that is checked before anything is written.
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/render/patch.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/yaml/format.h"

namespace pawl::cli {
namespace {

struct FmtOptions {
    std::vector<std::string> paths;
    bool check = false, diff = false;
};

/// The hashes of the workflows of a text, by which the daemon tells versions apart.
std::vector<std::string> hashes_of(std::string const& name, std::string const& text) {
    std::vector<std::string> hashes;
    for (auto const& workflow : flow::load_file(name, text).workflows) hashes.push_back(workflow.hash);
    return hashes;
}

Result<std::string> formatted(flow::SourceFile const& source) {
    auto text = yaml::format(yaml::parse(source.name, source.text));
    if (!text || *text == source.text) return text;
    if (hashes_of(source.name, source.text) == hashes_of(source.name, *text)) return text;
    return make_error(code::invalid_yaml, "formatting '" + source.name + "' would make a new version of a workflow, so it stays as it is");
}

/// What became of one file; the exit code of the whole is the worst of all.
int format_one(Context& context, FmtOptions const& options, flow::SourceFile const& source) {
    auto const text = formatted(source);
    if (!text) return context.fail(text.error());
    bool const is_input = source.name == "stdin";
    if (options.diff) context.out() << unified_patch(context.out_look(), source.name, source.text, source.name, *text);
    else if (is_input && !options.check) context.out() << *text;
    if (*text == source.text) return exit_done;
    if (options.check) {
        context.say(source.name + " would change");
        return exit_changes;
    }
    if (options.diff || is_input) return exit_done;
    if (auto const written = replace_file(source.name, *text); !written) return context.fail(written.error());
    context.say("formatted " + source.name);
    return exit_done;
}

int fmt(Context& context, FmtOptions const& options) {
    auto const sources = read_sources(context, options.paths.empty() ? std::vector<std::string>{"."} : options.paths);
    if (!sources) return context.fail(sources.error());
    int result = exit_done;
    for (auto const& source : *sources) {
        int const code = format_one(context, options, source);
        if (result == exit_done || code == exit_failed) result = code == exit_done ? result : code;
    }
    return result;
}

}  // namespace

Command fmt_command() {
    auto const options = std::make_shared<FmtOptions>();
    return {
        .path = "fmt",
        .summary = "Lay files out in one way; comments and meaning stay",
        .text = "Indentation by 2, at most one blank line, no space at the end of a line, double quotes where both kinds mean the same.\n"
                "A workflow keeps its hash, so that formatting never makes a new version.",
        .arguments = {{.name = "PATH", .doc = "files, folders or - (default: this folder)", .into = &options->paths, .required = false, .completes = Completes::files}},
        .options = {{.names = "--check", .doc = "write nothing; exit with 10 when a file would change", .into = &options->check},
                    {.names = "--diff", .doc = "write nothing; print a patch", .into = &options->diff}},
        .examples = {{"pawl fmt", "this folder"}, {"pawl fmt --check --diff flows/", "in CI"}, {"pawl fmt - < a.yaml", ""}},
        .run = [options](Context& context) { return fmt(context, *options); },
    };
}

}  // namespace pawl::cli
