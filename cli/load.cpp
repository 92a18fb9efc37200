#include "cli/load.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
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

flow::Others others_in(flow::LoadedProject const& project) {
    flow::Others others(conditions_in(project));
    std::map<std::string, std::shared_ptr<flow::Interface const>> workflows;
    for (flow::LoadedFile const& file : project.files)
        for (flow::LoadedWorkflow const& workflow : file.workflows) {
            auto interface = std::make_shared<flow::Interface>();
            if (workflow.plan) *interface = flow::interface_of(*workflow.plan);
            else interface->broken = true;
            interface->name = workflow.name;
            workflows.emplace(workflow.name, std::move(interface));
        }
    others.workflow = [workflows = std::move(workflows)](std::string const& name) {
        auto const found = workflows.find(name);
        return found == workflows.end() ? nullptr : found->second;
    };
    return others;
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

bool uses_workflows(flow::SourceFile const& source) { return !flow::used_workflows(std::string_view(source.text)).empty(); }
bool names_others(flow::SourceFile const& source) { return source.text.find("conditions") != std::string::npos || uses_workflows(source); }

}  // namespace

Result<flow::Others> others_elsewhere(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& path) {
    std::string const root = project_root(path);
    if (!asks_elsewhere(sources, path, root, names_others)) return flow::Others();
    bool const wants_interfaces = std::ranges::any_of(sources, uses_workflows);
    auto const others = load_others(context, sources, root, wants_interfaces ? flow::Keep::plans : flow::Keep::models);
    if (!others) return others.error();
    return wants_interfaces ? others_in(*others) : flow::Others(conditions_in(*others));
}

Result<flow::LoadedProject> project_beside(Context& context, std::vector<flow::SourceFile> const& sources, std::string const& path) {
    std::string const root = project_root(path);
    auto const asks = [](flow::SourceFile const& source) { return names_others(source) || flow::may_hold_tests(source.text); };
    if (!asks_elsewhere(sources, path, root, asks)) return flow::LoadedProject();
    return load_others(context, sources, root, flow::Keep::plans);
}

Result<flow::LoadedFile> load_target(Context& context, flow::SourceFile source) {
    bool const alone = source.name == "stdin" || !names_others(source);
    if (alone) return flow::load_file(std::move(source.name), std::move(source.text));
    auto beside = read_project_of(context, source.name);
    if (!beside) return beside.error();
    beside->erase(beside->begin());
    flow::LoadedProject const project = flow::load_project(std::move(*beside));
    return flow::load_file(std::move(source.name), std::move(source.text), others_in(project));
}

flow::LoadedFile load_version(Json const& version) {
    Json const* source = version.find("source");
    Json const* model = version.find("model");
    if (source == nullptr) return {};
    return flow::load_file(source->text("file"), source->text("text"), model == nullptr ? flow::Others() : flow::others_of(*model));
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
