// Files and folders, with the operating system's own words when they cannot be read.
#include "cli/sources.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <map>
#include <set>

#include "cli/globs.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

/// What the projects that the files of a walk belong to exclude; each pawl.yaml is read once.
class Exclusions {
public:
    bool cover(fs::path const& file) {
        auto const& project = project_of(file.parent_path());
        std::error_code error;
        return !project.globs.empty() && is_excluded(project.globs, fs::absolute(file, error).lexically_normal().lexically_relative(project.root).generic_string());
    }

private:
    struct Project {
        std::string root;
        std::vector<std::string> globs;
    };
    Project const& project_of(fs::path const& folder) {
        auto root = project_root(folder.empty() ? "." : folder.string());
        auto const [at, fresh] = projects_.try_emplace(root);
        if (fresh) at->second = {root, excluded_by_project(root)};
        return at->second;
    }
    std::map<std::string, Project> projects_;
};

bool is_hidden(fs::path const& path) { return path.filename().string().starts_with("."); }

Result<std::vector<std::string>> yaml_files_below(std::string const& folder) {
    std::vector<std::string> files;
    std::error_code error;
    fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, error);
    if (error) return make_error(code::io, "cannot read the folder '" + folder + "': " + error.message());
    Exclusions exclusions;
    for (auto end = fs::end(walk); walk != end; walk.increment(error)) {
        if (error) return make_error(code::io, "cannot read the folder '" + folder + "': " + error.message());
        if (is_hidden(walk->path()) && walk->is_directory(error)) walk.disable_recursion_pending();
        else if (walk->path().extension() == ".yaml" && walk->is_regular_file(error) && !exclusions.cover(walk->path())) files.push_back(walk->path().string());
    }
    std::sort(files.begin(), files.end());
    for (auto& file : files) {
        if (file.starts_with("./") && folder == ".") file.erase(0, 2);
    }
    return files;
}

/// A file that lies beside the one to run by chance must not stop it: only what is ours, whole, and no second workflow of a known name.
bool fits_beside(std::set<std::string>& names, flow::LoadedFile const& loaded, std::string const& target) {
    bool const wanted = std::ranges::any_of(loaded.conditions, [&](auto const& condition) { return target.find("conditions." + condition->name) != std::string::npos; });
    if (wanted) return true;  // and if it has mistakes, they are the ones to tell
    if (has_errors(loaded.diagnostics)) return false;
    for (auto const& workflow : loaded.workflows) {
        if (names.contains(workflow.name)) return false;
    }
    for (auto const& workflow : loaded.workflows) names.insert(workflow.name);
    return true;
}

}  // namespace

Result<std::string> read_file(std::string const& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return make_error(code::io, "'" + path + "' is a folder");
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        int const reason = errno;
        return make_error(reason == ENOENT ? code::not_found : code::io, "cannot read '" + path + "': " + std::strerror(reason));
    }
    std::string text;
    std::array<char, 16384> piece{};
    while (file.read(piece.data(), piece.size()) || file.gcount() > 0) text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    return text;
}

Result<std::string> read_data(Context& context, std::string const& value) {
    if (value == "-") return std::string(std::istreambuf_iterator<char>(context.world().in), {});
    if (value.starts_with("@")) return read_file(value.substr(1));
    return value;
}

Result<std::vector<flow::SourceFile>> read_sources(Context& context, std::vector<std::string> const& paths) {
    std::vector<flow::SourceFile> sources;
    for (auto const& path : paths) {
        std::error_code error;
        if (path == "-") {
            sources.push_back({"stdin", std::string(std::istreambuf_iterator<char>(context.world().in), {})});
            continue;
        }
        if (!fs::is_directory(path, error)) {
            auto text = read_file(path);
            if (!text) return text.error();
            sources.push_back({path, std::move(*text)});
            continue;
        }
        auto const files = yaml_files_below(path);
        if (!files) return files.error();
        for (auto const& file : *files) {
            auto text = read_file(file);
            if (!text) return text.error();
            sources.push_back({file, std::move(*text)});
        }
        if (files->empty()) return make_error(code::not_found, "there is no *.yaml file in '" + path + "'");
    }
    return sources;
}

std::string project_root(std::string const& path) {
    std::error_code error;
    auto folder = fs::absolute(path == "-" ? "." : path, error).lexically_normal();
    if (!fs::is_directory(folder, error)) folder = folder.parent_path();
    if (!folder.has_filename()) folder = folder.parent_path();
    for (auto up = folder; !up.empty(); up = up.parent_path()) {
        if (fs::exists(up / "pawl.yaml", error)) return up.string();
        if (up == up.root_path()) break;
    }
    return folder.string();
}

Result<std::vector<flow::SourceFile>> read_project_of(Context& context, std::string const& file) {
    auto first = read_sources(context, {file});
    if (!first || file == "-") return first;
    std::error_code error;
    auto const root = project_root(file);
    bool const has_project_file = fs::exists(fs::path(root) / "pawl.yaml", error);
    auto const same = [&](std::string const& other) { return fs::equivalent(other, file, error); };
    auto const folder = fs::path(file).parent_path().string();
    std::vector<std::string> others;
    if (has_project_file) {
        auto all = yaml_files_below(root);
        if (!all) return all.error();
        others = std::move(*all);
    } else {
        for (auto const& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
            if (entry.path().extension() == ".yaml" && entry.is_regular_file(error)) others.push_back(folder.empty() ? entry.path().filename().string() : entry.path().string());
        }
        std::sort(others.begin(), others.end());
    }
    if (has_project_file) {
        for (auto const& other : others) {
            if (same(other)) continue;
            auto text = read_file(other);
            if (!text) return text.error();
            first->push_back({other, std::move(*text)});
        }
        return first;
    }
    std::vector<flow::SourceFile> beside;
    for (auto const& other : others) {
        if (same(other)) continue;
        auto text = read_file(other);
        if (!text) return text.error();
        bool const ours = text->starts_with("kind:") || text->find("\nkind:") != std::string::npos;
        if (ours) beside.push_back({other, std::move(*text)});
    }
    std::set<std::string> names;
    auto const target = flow::load_file(file, first->front().text);
    for (auto const& workflow : target.workflows) names.insert(workflow.name);
    flow::Conditions own;
    for (auto const& condition : target.conditions) own.add(condition);
    auto neighbours = flow::load_project(std::move(beside), flow::Keep::models, own);
    for (auto& loaded : neighbours.files)
        if (fits_beside(names, loaded, first->front().text)) first->push_back({loaded.name, std::move(loaded.text)});
    return first;
}

bool names_a_file(std::string_view target) {
    return target == "-" || target.starts_with("/") || target.starts_with("./") || target.starts_with("../") || target.ends_with(".yaml");
}

}  // namespace pawl::cli
