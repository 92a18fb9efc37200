// pawl help and pawl version.
#include <ostream>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct HelpOptions {
    std::vector<std::string> words;
};

int help(Context& context, HelpOptions const& options) {
    auto const& look = context.out_look();
    auto const subject = join(options.words, " ");
    if (subject.empty() || subject == "options" || subject == "exit-codes") {
        context.out() << render_overview(look, subject);
        return exit_done;
    }
    for (auto const& entry : command_entries()) {
        if (entry.path != subject) continue;
        context.out() << render_help(look, entry.make());
        return exit_done;
    }
    if (noun_named(subject) != nullptr) {
        context.out() << render_overview(look, subject);
        return exit_done;
    }
    std::vector<std::string_view> names;
    for (auto const& entry : command_entries()) names.push_back(entry.path);
    for (auto const& noun : nouns()) names.push_back(noun.name);
    auto const near = nearest(subject, names);
    return context.fail(make_error(code::usage, "unknown command '" + subject + "'", near.empty() ? "" : "did you mean 'pawl help " + std::string(near) + "'?"));
}

}  // namespace

Command help_command() {
    auto const options = std::make_shared<HelpOptions>();
    return {
        .path = "help",
        .summary = "Show help about a command",
        .arguments = {{.name = "COMMAND", .doc = "a command, its verb, 'options' or 'exit-codes'", .into = &options->words, .required = false}},
        .examples = {{"pawl help run start", ""}, {"pawl help exit-codes", ""}},
        .run = [options](Context& context) { return help(context, *options); },
    };
}

Command version_command() {
    return {.path = "version", .summary = "Print the version", .examples = {{"pawl version", ""}}, .run = [](Context& context) {
                Json version;
                version.set("version", PAWL_VERSION);
                version.set("api", 1);
                if (!print_object(context, version, "version")) context.out() << "pawl " PAWL_VERSION "\n";
                return exit_done;
            }};
}

}  // namespace pawl::cli
