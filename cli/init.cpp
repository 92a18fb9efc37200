// pawl init: a project from a template. It is rendered and checked in memory, and then written whole or not at all.
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/new_files.h"
#include "cli/output.h"
#include "cli/templates.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::string_view standard_template = "starter";

struct InitOptions {
    std::string folder, name;
    std::vector<std::string> parameters;
    bool list = false;
};

Json parameter_json(flow::Declaration const& parameter) {
    Json item;
    item.set("name", parameter.name);
    item.set("type", flow::name_of(parameter.type));
    if (parameter.default_value) item.set("default", *parameter.default_value);
    item.set("description", parameter.description);
    return item;
}

Json items_answer(JsonList items) {
    Json answer;
    answer.set("schema_version", 1);
    answer.set("items", std::move(items));
    return answer;
}

int list_templates(Context& context) {
    JsonList items;
    for (auto const name : template_names()) {
        auto const found = *find_template(name);
        JsonList parameters;
        std::string names;
        for (auto const& parameter : found.parameters) {
            parameters.push_back(parameter_json(parameter));
            names += (names.empty() ? "" : " ") + parameter.name;
        }
        Json item;
        item.set("name", found.name);
        item.set("description", found.description);
        item.set("parameters", std::move(parameters));
        items.push_back(std::move(item));
    }
    print_list(context, items_answer(std::move(items)), {plain_column("TEMPLATE", "name"), plain_column("DESCRIPTION", "description")}, "name", "there are no templates");
    context.say("more: pawl init --list -t TEMPLATE shows its parameters");
    return exit_done;
}

int list_parameters(Context& context, Template const& chosen) {
    JsonList items;
    for (auto const& parameter : chosen.parameters) items.push_back(parameter_json(parameter));
    context.say(chosen.name + ": " + chosen.description);
    print_list(context, items_answer(std::move(items)), {plain_column("PARAMETER", "name"), plain_column("TYPE", "type"), plain_column("DEFAULT", "default"), plain_column("MEANING", "description")}, "name", "it has no parameters");
    return exit_done;
}

/// A value can be of the right type and still make no workflow: a script of 100 KiB, say. Better told now than after writing.
bool checks(Context& context, std::vector<flow::SourceFile> const& files) {
    std::vector<flow::SourceFile> sources;
    for (auto const& file : files) {
        if (file.name.ends_with(".yaml")) sources.push_back(file);
    }
    auto const project = flow::load_project(sources);
    if (!has_errors(project.diagnostics)) return true;
    context.err() << yaml_text(context.err_look(), project.diagnostics, sources);
    return false;
}

int init(Context& context, InitOptions const& options) {
    if (options.list && options.name.empty()) return list_templates(context);
    auto const chosen = find_template(options.name.empty() ? standard_template : std::string_view(options.name));
    ASSERT(chosen);  // the grammar knows the names
    if (options.list) return list_parameters(context, *chosen);

    auto const folder = options.folder.empty() ? std::string(".") : options.folder;
    std::error_code ignored;
    auto absolute = std::filesystem::absolute(folder, ignored).lexically_normal();
    if (!absolute.has_filename()) absolute = absolute.parent_path();
    auto const values = template_values(*chosen, project_name_for(absolute.filename().string()), options.parameters);
    if (!values) return context.fail(values.error());
    auto const files = render_template(*chosen, *values);
    if (!checks(context, files)) return context.fail(make_error(code::usage, "with these parameters the project would have mistakes; nothing was written"));
    if (auto const written = write_new_files(folder, files); !written) return context.fail(written.error());

    auto const prefix = folder == "." ? std::string() : folder + (folder.ends_with('/') ? "" : "/");
    for (auto const& file : files) context.out() << printable(prefix + file.name) << "\n";
    context.out() << std::flush;
    context.say("project " + values->text("project") + " is made from the template " + chosen->name + "; next:");
    context.say("  " + (prefix.empty() ? "" : "cd " + folder + " && ") + chosen->next);
    return exit_done;
}

}  // namespace

Command init_command() {
    auto const options = std::make_shared<InitOptions>();
    std::vector<std::string> names;
    for (auto const name : template_names()) names.emplace_back(name);
    return {
        .path = "init",
        .summary = "Make a project from a template",
        .text = "Writes pawl.yaml, workflows that run as they are, and a README. A file that exists is never touched: then nothing is written.",
        .arguments = {{.name = "DIR", .doc = "the folder (default: this one); made when it is missing", .into = &options->folder, .required = false, .completes = Completes::files}},
        .options = {{.names = "-t,--template", .value = "TEMPLATE", .doc = "what to begin with (starter)", .into = &options->name, .choices = names, .completes = Completes::choices},
                    {.names = "-p,--parameter", .value = "NAME=VALUE", .doc = "a value of the template; may be repeated", .into = &options->parameters},
                    {.names = "--list", .doc = "show the templates, or with -t the parameters of one", .into = &options->list}},
        .examples = {{"pawl init --list", "the templates"}, {"pawl init nightly -t backup -p source=/srv/data -p keep=14", ""}},
        .run = [options](Context& context) { return init(context, *options); },
    };
}

}  // namespace pawl::cli
