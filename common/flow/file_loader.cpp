#include "common/flow/file_loader.h"

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/keys.h"
#include "common/flow/workflow.h"

namespace pawl::flow {
namespace {

using yaml::Node;

enum class DocumentKind : std::uint8_t { workflow, condition, test, project, unknown };

DocumentKind kind_of(Reader& reader, Node const& root) {
    if (!root.is_map()) {
        bool const glued = root.is_scalar() && root.text.starts_with("kind:");
        reader.error(code::wrong_type, root.where, "a document is a map with 'kind' and 'name', not " + describe_kind(root),
                     glued ? "a space stands behind the ':' of a key: kind: " + printable(take_characters(root.text.substr(5, root.text.find_first_of(" \n") - 5), 40)) : "kind: workflow");
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

}  // namespace

Diagnostics FileLoader::take_diagnostics() {
    if (reader_.is_full()) {
        SourcePos where;
        where.file = file_.name;
        diagnostics_.push_back({.code = code::limit_exceeded, .message = "this file has " + std::to_string(reader_.error_count()) + " or more mistakes; the first " + std::to_string(Reader::mistakes_max) + " are told", .where = where});
    }
    sort_by_place(diagnostics_);
    return std::move(diagnostics_);
}

void FileLoader::read_conditions(ConditionReader& conditions) {
    for (auto const& document : file_.documents) {
        yaml::Member const* kind = document->root.is_map() ? document->root.find("kind") : nullptr;
        if (kind && kind->value.text == "condition") conditions.read(reader_, document->root);
    }
}

void FileLoader::warn(std::vector<Conflict> const& conflicts) {
    for (Conflict const& conflict : conflicts) diagnostics_.push_back(as_warning(conflict));
}

FileLoader::Read FileLoader::load(yaml::Document const& document, Definitions const& definitions) {
    Read read;
    DocumentKind const kind = kind_of(reader_, document.root);
    read.is_workflow = kind == DocumentKind::workflow;
    if (kind == DocumentKind::project) read_project(reader_, document.root);
    if (!read.is_workflow) return read;
    read.plan = read_workflow(reader_, document.root, definitions, read.uses);
    if (!readable_) read.plan = nullptr;
    return read;
}

std::string name_of(Node const& root) {
    yaml::Member const* name = root.find("name");
    return name && name->value.is_scalar() ? name->value.text : std::string();
}

}  // namespace pawl::flow
