// Errors as people read them: what, where, why, hint, next. And as scripts do: application/problem+json.
#include "cli/context.h"
#include "common/base/text.h"
#include "common/yaml/render.h"

namespace pawl::cli {
namespace {

std::string labelled(Look const& look, std::string_view label, std::string const& text) {
    return "  " + painted(look, Paint::dim, pad_right(label, 5)) + "  " + printable(text) + "\n";
}

std::string headline(Look const& look, Error const& error) {
    return painted(look, Paint::red, "error:") + " " + printable(error.message) + " [" + std::string(error.code.name) + "]\n";
}

/// `told` is the error they belong to: the first of them often says the same.
std::string diagnostics_of(Look const& look, Json const& document, Error const& told) {
    auto const* list = document.find("diagnostics");
    if (list == nullptr || !list->is_list()) return "";
    Diagnostics diagnostics;
    std::string placeless;
    for (auto const& item : list->as_list()) {
        auto diagnostic = yaml::error_from_json(item);
        if (diagnostic.where) {
            diagnostics.push_back(std::move(diagnostic));
        } else if (diagnostic.message != told.message) {  // of inputs: no file, no caret
            placeless += headline(look, diagnostic);
            if (!diagnostic.hint.empty()) placeless += labelled(look, "hint", diagnostic.hint);
        }
    }
    if (diagnostics.empty()) return placeless;
    return placeless + yaml::render_all(diagnostics, [](std::string_view) -> std::string const* { return nullptr; }, look.width);
}

std::string place_text(SourcePos const& where) {
    std::string text = where.file;
    if (where.line > 0) text += ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
    return text;
}

}  // namespace

std::string render_problem(Look const& look, Problem const& problem) {
    auto const& error = problem.error;
    std::string out = diagnostics_of(look, problem.document, error) + headline(look, error);
    if (error.where) out += labelled(look, "where", place_text(*error.where));
    else if (!problem.where.empty()) out += labelled(look, "where", problem.where);
    if (!problem.why.empty()) out += labelled(look, "why", problem.why);
    if (!error.hint.empty()) out += labelled(look, "hint", error.hint);
    std::string next;
    for (auto const& command : problem.next) next += (next.empty() ? "" : "    ") + command;
    if (!next.empty()) out += labelled(look, "next", next);
    return out;
}

std::string problem_json(Problem const& problem) {
    Json document = problem.document;
    if (document.is_null()) {
        document.set("type", "about:blank");
        document.set("title", problem.error.message);
        document.set("code", problem.error.code.name);
        if (!problem.why.empty()) document.set("detail", problem.why);
        if (!problem.error.hint.empty()) document.set("hint", problem.error.hint);
        if (problem.error.where) {
            document.set("file", problem.error.where->file.text());
            document.set("line", problem.error.where->line);
            document.set("column", problem.error.where->column);
        }
    }
    if (!problem.error.hint.empty() && document.find("hint") == nullptr) document.set("hint", problem.error.hint);
    document.set("exit_code", exit_code_of(problem.error.code));
    if (!problem.next.empty()) {
        JsonList next;
        for (auto const& command : problem.next) next.emplace_back(command);
        document.set("next", std::move(next));
    }
    return dump_json(document);
}

}  // namespace pawl::cli
