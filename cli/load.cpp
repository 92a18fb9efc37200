#include "cli/load.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "cli/project.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/tests.h"

namespace pawl::cli {

flow::Conditions conditions_in(flow::LoadedProject const& project) {
    flow::Conditions conditions;
    for (flow::LoadedFile const& file : project.files)
        for (auto const& condition : file.conditions) conditions.add(condition);
    return conditions;
}

namespace {

Result<flow::LoadedProject> load_others(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& root, flow::Keep keep) {
    auto all = read_sources(context, {root});
    if (!all) return all.error();
    std::set<std::string> given;
    std::error_code error;
    for (auto const& source : sources) given.insert(std::filesystem::weakly_canonical(source.name, error).string());
    std::erase_if(*all, [&](flow::SourceFile const& source) { return given.contains(std::filesystem::weakly_canonical(source.name, error).string()); });
    return flow::load_project(std::move(*all), keep);
}

/// Does a text ask for what may stand in other files of the project, a folder with pawl.yaml?
template <class Asks>
bool asks_elsewhere(std::vector<flow::SourceFile> const& sources, std::string const& path, std::string const& root, Asks asks) {
    return path != "-" && std::ranges::any_of(sources, asks) && has_project_file(root);
}

bool names_conditions(flow::SourceFile const& source) { return source.text.find("conditions") != std::string::npos; }

}  // namespace

Result<flow::Conditions> conditions_elsewhere(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& path) {
    std::string const root = project_root(path);
    if (!asks_elsewhere(sources, path, root, names_conditions)) return flow::Conditions();
    auto const others = load_others(context, sources, root, flow::Keep::models);
    if (!others) return others.error();
    return conditions_in(*others);
}

Result<flow::LoadedProject> project_beside(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& path) {
    std::string const root = project_root(path);
    auto const asks = [](flow::SourceFile const& source) { return names_conditions(source) || flow::may_hold_tests(source.text); };
    if (!asks_elsewhere(sources, path, root, asks)) return flow::LoadedProject();
    return load_others(context, sources, root, flow::Keep::plans);
}

Result<flow::LoadedFile> load_target(Context& context, flow::SourceFile source) {
    bool const alone = source.name == "stdin" || source.text.find("conditions") == std::string::npos;
    if (alone) return flow::load_file(std::move(source.name), std::move(source.text));
    auto beside = read_project_of(context, source.name);
    if (!beside) return beside.error();
    beside->erase(beside->begin());
    flow::LoadedProject const project = flow::load_project(std::move(*beside), flow::Keep::models);
    return flow::load_file(std::move(source.name), std::move(source.text), conditions_in(project));
}

flow::LoadedFile load_version(Json const& version) {
    Json const* source = version.find("source");
    Json const* model = version.find("model");
    if (source == nullptr) return {};
    Json const* conditions = model == nullptr ? nullptr : model->find("conditions");
    return flow::load_file(source->text("file"), source->text("text"), conditions == nullptr ? flow::Conditions() : flow::Conditions::from_model(*conditions));
}

Result<flow::LoadedWorkflow const*> meant_workflow(flow::LoadedFile const& file, std::string const& name) {
    std::vector<std::string_view> names;
    std::string listed;
    for (auto const& workflow : file.workflows) {
        if (workflow.name == name || (name.empty() && file.workflows.size() == 1)) return &workflow;
        names.push_back(workflow.name);
        listed += (listed.empty() ? "" : ", ") + workflow.name;
    }
    if (file.workflows.empty()) return make_error(code::not_found, "there is no workflow in '" + file.name + "'");
    if (name.empty()) return make_error(code::usage, "'" + file.name + "' has several workflows", "name one behind the file: " + listed);
    auto const near = nearest(name, names);
    return make_error(code::not_found, "'" + file.name + "' has no workflow '" + name + "'", near.empty() ? "it has: " + listed : "did you mean '" + std::string(near) + "'?");
}

}  // namespace pawl::cli
