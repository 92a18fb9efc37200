// Shared by deploy, plan and diff.
#include "cli/project.h"

#include <algorithm>
#include <filesystem>

#include "cli/diagnostics.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

struct Sign {
    std::string_view sign;
    Paint paint;
};
Sign sign_of_change(std::string_view action) {
    if (action == "added") return {"+", Paint::green};
    if (action == "changed") return {"~", Paint::yellow};
    if (action == "reactivated") return {"^", Paint::yellow};
    if (action == "retired") return {"-", Paint::red};
    return {"=", Paint::dim};
}

}  // namespace

bool has_project_file(std::string const& folder) {
    std::error_code error;
    return fs::is_regular_file(fs::path(folder) / "pawl.yaml", error);
}

Result<Project> read_project(Context& context, std::string const& path) {
    std::error_code error;
    if (!fs::exists(path, error)) return make_error(code::not_found, "there is no '" + path + "'");
    Project project;
    project.root = project_root(path);
    project.whole = has_project_file(project.root);
    auto files = read_sources(context, {project.root});
    if (!files) return files.error();
    for (auto& file : *files) file.name = fs::path(file.name).lexically_relative(project.root).string();
    project.files = std::move(*files);
    return project;
}

Json deploy_request(std::vector<flow::SourceFile> const& sources, std::string const& root, bool dry_run, bool whole) {
    JsonList files;
    for (auto const& source : sources) {
        Json file;
        file.set("name", source.name);
        file.set("text", source.text);
        files.push_back(std::move(file));
    }
    Json body;
    body.set("files", std::move(files));
    body.set("root", root);
    body.set("dry_run", dry_run);
    if (whole) body.set("project", true);
    return body;
}

Diagnostics diagnostics_in(Json const& answer, std::string_view key) {
    Diagnostics found;
    for (auto const& item : list_in(answer, key)) found.push_back(yaml::error_from_json(item));
    return found;
}

JsonList list_in(Json const& map, std::string_view key) {
    auto const* list = map.find(key);
    return list == nullptr || !list->is_list() ? JsonList{} : list->as_list();
}

std::string change_text(Look const& look, Json const& change) {
    auto const sign = sign_of_change(change.text("action"));
    auto line = std::string(sign.sign) + " " + change.text("kind", "workflow") + " " + change.text("name");
    if (change.number("version") > 0) line += "@" + std::to_string(change.number("version"));
    line += " " + change.text("action");
    auto text = painted(look, sign.paint, printable(line));
    if (!change.text("file").empty()) text += "  " + painted(look, Paint::dim, printable(change.text("file")));
    text += "\n";
    for (auto const& detail : list_in(change, "details")) text += "    " + printable(detail.is_string() ? detail.as_string() : dump_json(detail)) + "\n";
    return text;
}

std::string counts_text(JsonList const& changes) {
    std::string text;
    for (std::string_view const action : {"added", "changed", "reactivated", "retired", "unchanged"}) {
        auto const count = std::count_if(changes.begin(), changes.end(), [&](Json const& change) { return change.text("action") == action; });
        if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(action);
    }
    return text.empty() ? "nothing to deploy" : text;
}

bool is_change(Json const& change) { return change.text("action") != "unchanged"; }

}  // namespace pawl::cli
