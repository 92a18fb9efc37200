// Files → documents → plans. Every document is judged, whatever the others are worth.
#include "common/flow/load.h"

#include <algorithm>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/keys.h"
#include "common/flow/model.h"
#include "common/flow/workflow.h"

namespace pawl::flow {
namespace {

using yaml::Node;

enum class DocumentKind : std::uint8_t { workflow, project, unknown };

DocumentKind kind_of(Reader& reader, Node const& root) {
    if (!root.is_map()) {
        reader.error(code::wrong_type, root.where, "a document is a map with 'kind' and 'name', not " + describe_kind(root), "kind: workflow");
        return DocumentKind::unknown;
    }
    yaml::Member const* kind = root.find("kind");
    if (!kind) {
        reader.error(code::missing_key, root.where, "'kind' is missing", "begin the document with kind: workflow");
        return DocumentKind::unknown;
    }
    std::string const& text = kind->value.text;
    if (text == "workflow") return DocumentKind::workflow;
    if (text == "project") return DocumentKind::project;
    SourcePos const& where = kind->value.where;
    if (!kind->value.is_scalar()) {
        reader.error(code::wrong_type, where, "'kind' is text", "kind: workflow");
    } else if (comes_later(Where::kind, text)) {
        reader.error(code::unknown_kind, where, "this version of pawl does not have 'kind: " + text + "'", std::string(hint_for_later));
    } else {
        reader.error(code::unknown_kind, where, quotation(text) + " is no kind of document", hint_for_choice("workflow project", text));
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

    /// `is_workflow`: so that its name counts, whether it has a plan or not. A file that is no good YAML has no plans.
    std::shared_ptr<Plan const> load(yaml::Document const& document, bool& is_workflow) {
        DocumentKind const kind = kind_of(reader_, document.root);
        is_workflow = kind == DocumentKind::workflow;
        if (kind == DocumentKind::project) read_project(reader_, document.root);
        if (!is_workflow) return nullptr;
        std::shared_ptr<Plan const> plan = read_workflow(reader_, document.root);
        return readable_ ? plan : nullptr;
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

Loaded load_one(std::string name, std::string text) {
    Loaded loaded;
    loaded.file.name = name;
    FileLoader loader(std::move(name), std::move(text));
    for (auto const& document : loader.file().documents) {
        bool is_workflow = false;
        std::shared_ptr<Plan const> plan = loader.load(*document, is_workflow);
        if (!is_workflow) continue;
        LoadedWorkflow workflow;
        workflow.name = name_of(document->root);
        workflow.document = document->index;
        if (plan) {
            workflow.model = dump_json_canonical(model_of(document->root, *plan));
            workflow.hash = sha256_hex(workflow.model);
        }
        workflow.plan = std::move(plan);
        yaml::Member const* named = document->root.find("name");
        loaded.places.emplace_back(loaded.file.workflows.size(), named ? named->value.where : document->root.where);
        loaded.file.workflows.push_back(std::move(workflow));
    }
    loaded.file.text = loader.take_text();
    loaded.file.diagnostics = loader.take_diagnostics();
    return loaded;
}

}  // namespace

LoadedFile load_file(std::string name, std::string text) {
    Loaded loaded = load_one(std::move(name), std::move(text));
    std::unordered_map<std::string, SourcePos> first;
    refuse_doubles(loaded.file, loaded.places, first);
    return std::move(loaded.file);
}

std::shared_ptr<Plan const> load_plan(std::string name, std::string text, std::size_t document, Diagnostics* diagnostics) {
    FileLoader loader(std::move(name), std::move(text));
    std::shared_ptr<Plan const> plan;
    for (auto const& one : loader.file().documents) {
        bool is_workflow = false;
        if (one->index == document) plan = loader.load(*one, is_workflow);
    }
    if (diagnostics) *diagnostics = loader.take_diagnostics();
    return plan;
}

LoadedProject load_project(std::vector<SourceFile> files, Keep keep) {
    LoadedProject project;
    project.files.reserve(files.size());
    std::unordered_map<std::string, SourcePos> first;
    for (SourceFile& source : files) {
        Loaded loaded = load_one(std::move(source.name), std::move(source.text));
        refuse_doubles(loaded.file, loaded.places, first);
        if (keep == Keep::models)
            for (LoadedWorkflow& workflow : loaded.file.workflows) workflow.plan = nullptr;
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
