// Files → documents → plans. Every document is judged, whatever the others are worth.
#include "common/flow/load.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/condition.h"
#include "common/flow/conflicts.h"
#include "common/flow/keys.h"
#include "common/flow/model.h"
#include "common/flow/workflow.h"

namespace pawl::flow {
namespace {

using yaml::Node;

enum class DocumentKind : std::uint8_t { workflow, condition, test, project, unknown };

DocumentKind kind_of(Reader& reader, Node const& root) {
    if (!root.is_map()) {
        bool const glued = root.is_scalar() && root.text.starts_with("kind:");
        reader.error(code::wrong_type, root.where, "a document is a map with 'kind' and 'name', not " + describe_kind(root), glued ? "a space stands behind the ':' of a key: kind: " + printable(take_characters(root.text.substr(5, root.text.find_first_of(" \n") - 5), 40)) : "kind: workflow");
        return DocumentKind::unknown;
    }
    yaml::Member const* kind = root.find("kind");
    if (!kind) {
        reader.error(code::missing_key, root.where, "'kind' is missing", "begin the document with kind: workflow");
        return DocumentKind::unknown;
    }
    std::string const& text = kind->value.text;
    if (text == "workflow") return DocumentKind::workflow;
    if (text == "condition") return DocumentKind::condition;
    if (text == "test") return DocumentKind::test;  // tests.h reads them: they speak of workflows of other files
    if (text == "project") return DocumentKind::project;
    SourcePos const& where = kind->value.where;
    if (!kind->value.is_scalar()) {
        reader.error(code::wrong_type, where, "'kind' is text", "kind: workflow");
    } else if (comes_later(Where::kind, text)) {
        reader.error(code::unknown_kind, where, "this version of pawl does not have 'kind: " + text + "'", std::string(hint_for_later));
    } else {
        reader.error(code::unknown_kind, where, quotation(text) + " is no kind of document", hint_for_choice("workflow condition test project", text));
    }
    return DocumentKind::unknown;
}

/// A file while it is read.
class FileLoader {
public:
    FileLoader(std::string name, std::string text)
        : file_(yaml::parse(std::move(name), std::move(text))), diagnostics_(std::move(file_.diagnostics)),
          readable_(!has_errors(diagnostics_)), reader_(file_, diagnostics_) {}
    FileLoader(FileLoader const&) = delete;
    FileLoader& operator=(FileLoader const&) = delete;

    yaml::File const& file() const { return file_; }
    std::string take_text() { return std::move(file_.text); }
    Diagnostics take_diagnostics() {
        if (reader_.is_full()) {
            SourcePos where;
            where.file = file_.name;
            diagnostics_.push_back({.code = code::limit_exceeded, .message = "this file has " + std::to_string(reader_.error_count()) + " or more mistakes; the first " + std::to_string(Reader::mistakes_max) + " are told", .where = where});
        }
        sort_by_place(diagnostics_);
        return std::move(diagnostics_);
    }

    /// First of all, so that every workflow finds the conditions of every file.
    void read_conditions(ConditionReader& conditions) {
        for (auto const& document : file_.documents) {
            yaml::Member const* kind = document->root.is_map() ? document->root.find("kind") : nullptr;
            if (kind && kind->value.text == "condition") conditions.read(reader_, document->root);
        }
    }

    void warn(std::vector<Conflict> const& conflicts) {
        for (Conflict const& conflict : conflicts) diagnostics_.push_back(as_warning(conflict));
    }

    struct Read {
        bool is_workflow = false;            ///< so that its name counts, whether it has a plan or not
        std::shared_ptr<Plan const> plan;    ///< a file that is no good YAML has none
        std::vector<ConditionUse> uses;
    };
    Read load(yaml::Document const& document, Conditions const& conditions) {
        Read read;
        DocumentKind const kind = kind_of(reader_, document.root);
        read.is_workflow = kind == DocumentKind::workflow;
        if (kind == DocumentKind::project) read_project(reader_, document.root);
        if (!read.is_workflow) return read;
        read.plan = read_workflow(reader_, document.root, conditions, read.uses);
        if (!readable_) read.plan = nullptr;
        return read;
    }

private:
    yaml::File file_;
    Diagnostics diagnostics_;
    bool readable_;
    Reader reader_;
};

std::string name_of(Node const& root) {
    yaml::Member const* name = root.find("name");
    return name && name->value.is_scalar() ? name->value.text : std::string();
}

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

LoadedWorkflow load_workflow(yaml::Document const& document, FileLoader::Read read, Conditions const& conditions) {
    LoadedWorkflow workflow;
    workflow.name = name_of(document.root);
    workflow.document = document.index;
    if (read.plan) {
        Json model = model_of(document.root, *read.plan);
        if (!read.uses.empty()) model.set("conditions", conditions.model_of(read.uses));
        workflow.model = dump_json_canonical(model);
        workflow.hash = sha256_hex(workflow.model);
    }
    workflow.plan = std::move(read.plan);
    workflow.conditions = std::move(read.uses);
    return workflow;
}

/// The workflows of a file, when the conditions of all files are known.
Loaded load_workflows(FileLoader& loader, Conditions const& conditions) {
    Loaded loaded;
    loaded.file.name = loader.file().name;
    for (auto const& document : loader.file().documents) {
        FileLoader::Read read = loader.load(*document, conditions);
        if (!read.is_workflow) continue;
        if (read.plan) loader.warn(conflicts_in(*read.plan, Depth::check));
        yaml::Member const* named = document->root.find("name");
        loaded.places.emplace_back(loaded.file.workflows.size(), named ? named->value.where : document->root.where);
        loaded.file.workflows.push_back(load_workflow(*document, std::move(read), conditions));
    }
    for (auto const& [name, condition] : conditions.all())
        if (condition->where.file == loader.file().name) loaded.file.conditions.push_back(condition);
    loaded.file.text = loader.take_text();
    loaded.file.diagnostics = loader.take_diagnostics();
    return loaded;
}

/// When the conditions are known, no file has to do with another. `open`: those that were read for their conditions.
std::vector<Loaded> load_side_by_side(std::vector<std::unique_ptr<FileLoader>> open, std::vector<SourceFile> files, Conditions const& conditions, Keep keep) {
    constexpr std::size_t files_for_a_thread = 50;  // fewer are done before it has started
    constexpr std::size_t threads_max = 4;
    std::vector<Loaded> loaded(files.size());
    std::atomic<std::size_t> next = 0;
    auto const work = [&] {
        for (std::size_t i = next++; i < files.size(); i = next++) {
            if (!open[i]) open[i] = std::make_unique<FileLoader>(std::move(files[i].name), std::move(files[i].text));
            loaded[i] = load_workflows(*open[i], conditions);
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

}  // namespace

LoadedFile load_file(std::string name, std::string text) { return load_file(std::move(name), std::move(text), {}); }

LoadedFile load_file(std::string name, std::string text, Conditions const& others) {
    FileLoader loader(std::move(name), std::move(text));
    ConditionReader reader(others);
    loader.read_conditions(reader);
    Loaded loaded = load_workflows(loader, reader.finish());
    std::unordered_map<std::string, SourcePos> first;
    refuse_doubles(loaded.file, loaded.places, first);
    return std::move(loaded.file);
}

Conditions conditions_of(std::string_view model) {
    if (model.find("\"conditions\":") == std::string_view::npos) return {};
    auto const json = parse_json(model);
    Json const* conditions = json ? json->find("conditions") : nullptr;
    return conditions ? Conditions::from_model(*conditions) : Conditions();
}

std::shared_ptr<Plan const> load_plan(std::string name, std::string text, std::size_t document, std::string_view model, Diagnostics* diagnostics) {
    FileLoader loader(std::move(name), std::move(text));
    Conditions conditions = conditions_of(model);
    if (model.empty()) {  // then those of the file itself
        ConditionReader reader;
        loader.read_conditions(reader);
        conditions = reader.finish();
    }
    std::shared_ptr<Plan const> plan;
    for (auto const& one : loader.file().documents)
        if (one->index == document) plan = loader.load(*one, conditions).plan;
    Diagnostics found = loader.take_diagnostics();
    if (model.empty() && has_errors(found)) plan = nullptr;  // a condition of the file may be broken: its uses say nothing then
    if (diagnostics) *diagnostics = std::move(found);
    return plan;
}

LoadedProject load_project(std::vector<SourceFile> files, Keep keep, Conditions const& others) {
    std::vector<std::unique_ptr<FileLoader>> open(files.size());
    ConditionReader reader(others);
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!may_define_conditions(files[i].text)) continue;
        open[i] = std::make_unique<FileLoader>(std::move(files[i].name), std::move(files[i].text));
        open[i]->read_conditions(reader);
    }
    Conditions const conditions = reader.finish();

    LoadedProject project;
    project.files.reserve(files.size());
    std::unordered_map<std::string, SourcePos> first;
    for (Loaded& loaded : load_side_by_side(std::move(open), std::move(files), conditions, keep)) {
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
