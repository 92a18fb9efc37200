// A plan holds hashes of the files and the versions it was made for. The texts stay in the files: a plan is no second source of truth.
#include "cli/plan_file.h"

#include <filesystem>
#include <map>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {

Json make_plan(Project const& project, Json const& answer, UtcTime now) {
    JsonList files;
    for (auto const& file : project.files) files.push_back(JsonMap{{"name", file.name}, {"sha256", sha256_hex(file.text)}});
    JsonMap expected;
    for (auto const& change : list_in(answer, "changes")) expected.append(change.text("name"), change.number("was"));
    return JsonMap{{"schema_version", 1},
                   {"kind", "plan"},
                   {"root", project.root},
                   {"project", project.whole},
                   {"made_at", format_utc(now)},
                   {"files", std::move(files)},
                   {"expected", std::move(expected)},
                   {"changes", list_in(answer, "changes")}};
}

bool is_plan(Json const& document) {
    auto const* expected = document.find("expected");
    return document.text("kind") == "plan" && document.number("schema_version") == 1 && expected != nullptr && expected->is_map();
}

Result<Json> read_plan(std::string const& path) {
    std::error_code error;
    if (path == "-" || path.ends_with(".yaml") || std::filesystem::is_directory(path, error)) return Json();
    auto const text = read_file(path);
    if (!text) return text.error();
    auto document = parse_json(*text, {.bytes_max = 64u << 20, .depth_max = 64});
    if (document && is_plan(*document)) return document;
    if (path.ends_with(".plan")) return make_error(code::usage, "'" + printable(path) + "' is no plan", "pawl plan -o " + path + " writes one");
    return Json();
}

std::vector<std::string> changes_since(Json const& plan, Project const& project) {
    std::map<std::string, std::string> then;
    for (auto const& file : list_in(plan, "files")) then[file.text("name")] = file.text("sha256");
    std::vector<std::string> changes;
    for (auto const& file : project.files) {
        auto const known = then.find(file.name);
        if (known == then.end()) {
            changes.push_back("'" + file.name + "' is new");
            continue;
        }
        if (known->second != sha256_hex(file.text)) changes.push_back("'" + file.name + "' has changed");
        then.erase(known);
    }
    for (auto const& [name, hash] : then) changes.push_back("'" + name + "' is gone");
    return changes;
}

}  // namespace pawl::cli
