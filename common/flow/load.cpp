// Files → documents → plans. Every document is judged, whatever the others are worth.
#include "common/flow/load.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/conflicts.h"
#include "common/flow/file_loader.h"
#include "common/flow/interface_finder.h"
#include "common/flow/model.h"

namespace pawl::flow {
namespace {

/// Names are unique in a daemon. The first definition keeps its plan.
void refuse_doubles(LoadedFile& file, std::vector<std::pair<std::size_t, SourcePos>> const& places, std::unordered_map<std::string, SourcePos>& first) {
    std::size_t found = 0;
    for (auto const& [index, where] : places) {
        LoadedWorkflow& workflow = file.workflows[index];
        if (workflow.name.empty()) continue;
        auto const [original, fresh] = first.emplace(workflow.name, where);
        if (fresh) continue;
        workflow.plan = nullptr;
        if (found == Reader::mistakes_max) continue;
        ++found;
        file.diagnostics.push_back({.code = code::duplicate_name, .message = "workflow '" + printable(take_characters(workflow.name, 64)) + "' is defined twice",
                                    .where = where, .hint = {}, .notes = {{original->second, "first defined here"}}});
    }
    if (found > 0) sort_by_place(file.diagnostics);
}

struct Loaded {
    LoadedFile file;
    std::vector<std::pair<std::size_t, SourcePos>> places;  ///< of the names of its workflows
};

LoadedWorkflow load_workflow(yaml::Document const& document, FileLoader::Read read, Definitions const& definitions) {
    LoadedWorkflow workflow;
    workflow.name = name_of(document.root);
    workflow.document = document.index;
    if (read.plan) {
        Json model = model_of(document.root, *read.plan);
        if (!read.uses.empty()) model.set("conditions", definitions.conditions.model_of(read.uses));
        workflow.uses = used_workflows(*read.plan);
        if (!workflow.uses.empty()) model.set("workflows", definitions.workflows.model_of(workflow.uses));
        workflow.model = dump_json_canonical(model);
        workflow.hash = sha256_hex(workflow.model);
    }
    workflow.plan = std::move(read.plan);
    workflow.conditions = std::move(read.uses);
    return workflow;
}

/// The workflows of a file, when what all files define is known.
Loaded load_workflows(FileLoader& loader, Definitions const& definitions) {
    Loaded loaded;
    loaded.file.name = loader.file().name;
    for (auto const& document : loader.file().documents) {
        FileLoader::Read read = loader.load(*document, definitions);
        if (!read.is_workflow) continue;
        if (read.plan) loader.warn(conflicts_in(*read.plan, Depth::check));
        yaml::Member const* named = document->root.find("name");
        loaded.places.emplace_back(loaded.file.workflows.size(), named ? named->value.where : document->root.where);
        loaded.file.workflows.push_back(load_workflow(*document, std::move(read), definitions));
    }
    for (auto const& [name, condition] : definitions.conditions.all())
        if (condition->where.file == loader.file().name) loaded.file.conditions.push_back(condition);
    loaded.file.text = loader.take_text();
    loaded.file.diagnostics = loader.take_diagnostics();
    return loaded;
}

/// When the definitions are known, no file has to do with another. `open`: those that were read for their conditions.
std::vector<Loaded> load_side_by_side(std::vector<std::unique_ptr<FileLoader>> open, std::vector<SourceFile> files, Definitions const& definitions, Keep keep) {
    constexpr std::size_t files_for_a_thread = 50;  // fewer are done before it has started
    constexpr std::size_t threads_max = 4;
    std::vector<Loaded> loaded(files.size());
    std::atomic<std::size_t> next = 0;
    auto const work = [&] {
        for (std::size_t i = next++; i < files.size(); i = next++) {
            if (!open[i]) open[i] = std::make_unique<FileLoader>(std::move(files[i].name), std::move(files[i].text));
            loaded[i] = load_workflows(*open[i], definitions);
            open[i] = nullptr;
            if (keep == Keep::models)
                for (LoadedWorkflow& workflow : loaded[i].file.workflows) workflow.plan = nullptr;
        }
    };
    std::size_t const cores = std::max(1u, std::thread::hardware_concurrency());
    std::size_t const threads = std::min({threads_max, cores, files.size() / files_for_a_thread});
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
    helpers.clear();  // waits for them
    return loaded;
}

/// Saves a second look at the files of large projects that have none: whatever defines a condition says so.
bool may_define_conditions(std::string_view text) { return text.find("condition") != std::string_view::npos; }

/// What a file that is loaded alone may name. `sources`: the file itself.
Definitions definitions_of(FileLoader& loader, std::vector<SourceFile> const& sources, Others const& others) {
    ConditionReader reader(others.conditions);
    loader.read_conditions(reader);
    Definitions definitions{reader.finish(), {}, others.has_all_workflows};
    definitions.workflows = InterfaceFinder(sources, definitions.conditions, others).run();
    return definitions;
}

Definitions definitions_in(Json const& model) {
    Definitions definitions;
    if (Json const* conditions = model.find("conditions")) definitions.conditions = Conditions::from_model(*conditions);
    if (Json const* workflows = model.find("workflows")) definitions.workflows = Interfaces::from_model(*workflows);
    return definitions;
}

/// Most models name nothing that stands elsewhere, and are not even read.
Definitions definitions_in(std::string_view model) {
    bool const has_some = model.find("\"conditions\":") != std::string_view::npos || model.find("\"workflows\":") != std::string_view::npos;
    auto const json = has_some ? parse_json(model) : Result<Json>(Json());
    return json ? definitions_in(*json) : Definitions();
}

}  // namespace

LoadedFile load_file(std::string name, std::string text) { return load_file(std::move(name), std::move(text), {}); }

LoadedFile load_file(std::string name, std::string text, Others const& others) {
    std::vector<SourceFile> const sources{{name, text}};
    FileLoader loader(std::move(name), std::move(text));
    Loaded loaded = load_workflows(loader, definitions_of(loader, sources, others));
    std::unordered_map<std::string, SourcePos> first;
    refuse_doubles(loaded.file, loaded.places, first);
    return std::move(loaded.file);
}

Others others_of(Json const& model) {
    Definitions stored = definitions_in(model);
    Others others(std::move(stored.conditions));
    others.workflow = [workflows = std::move(stored.workflows)](std::string const& name) -> std::shared_ptr<Interface const> {
        Interface const* interface = workflows.find(name);
        return interface ? std::make_shared<Interface const>(*interface) : nullptr;
    };
    return others;
}

std::shared_ptr<Plan const> load_plan(std::string name, std::string text, std::size_t document, std::string_view model, Diagnostics* diagnostics) {
    bool const is_alone = model.empty();  // then it is made with what its file defines
    std::vector<SourceFile> sources;
    if (is_alone) sources.push_back({name, text});
    FileLoader loader(std::move(name), std::move(text));
    Definitions const definitions = is_alone ? definitions_of(loader, sources, {}) : definitions_in(model);
    std::shared_ptr<Plan const> plan;
    for (auto const& one : loader.file().documents)
        if (one->index == document) plan = loader.load(*one, definitions).plan;
    Diagnostics found = loader.take_diagnostics();
    if (is_alone && has_errors(found)) plan = nullptr;  // a condition of the file may be broken: its uses say nothing then
    if (diagnostics) *diagnostics = std::move(found);
    return plan;
}

LoadedProject load_project(std::vector<SourceFile> files, Keep keep, Others const& others) {
    std::vector<std::unique_ptr<FileLoader>> open(files.size());
    ConditionReader reader(others.conditions);
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!may_define_conditions(files[i].text)) continue;
        open[i] = std::make_unique<FileLoader>(files[i].name, files[i].text);
        open[i]->read_conditions(reader);
    }
    Definitions definitions{reader.finish(), {}, others.has_all_workflows};
    definitions.workflows = InterfaceFinder(files, definitions.conditions, others).run();

    LoadedProject project;
    project.files.reserve(files.size());
    std::unordered_map<std::string, SourcePos> first;
    for (Loaded& loaded : load_side_by_side(std::move(open), std::move(files), definitions, keep)) {
        refuse_doubles(loaded.file, loaded.places, first);
        project.diagnostics.insert(project.diagnostics.end(), loaded.file.diagnostics.begin(), loaded.file.diagnostics.end());
        project.files.push_back(std::move(loaded.file));
    }
    sort_by_place(project.diagnostics);
    return project;
}

std::optional<StepIndex> Plan::find(std::string_view id) const {
    auto const found = std::ranges::find(steps, id, &StepPlan::id);
    if (found == steps.end()) return {};
    return static_cast<StepIndex>(found - steps.begin());
}

}  // namespace pawl::flow
