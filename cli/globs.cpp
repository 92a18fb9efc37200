// What `exclude:` of a project takes away.
#include "cli/globs.h"

#include <algorithm>

#include "cli/sources.h"
#include "common/base/path_glob.h"
#include "common/yaml/document.h"

namespace pawl::cli {

bool glob_matches(std::string_view glob, std::string_view path) { return PathGlob(glob).matches(path); }

bool is_excluded(std::vector<std::string> const& globs, std::string_view path) {
    return std::ranges::any_of(globs, [path](std::string const& glob) { return PathGlob(glob).matches_or_holds(path); });
}

std::vector<std::string> excluded_by_project(std::string const& root) {
    std::vector<std::string> globs;
    auto text = read_file(root + "/pawl.yaml");
    if (!text) return globs;
    auto const file = yaml::parse("pawl.yaml", std::move(*text));
    for (auto const& document : file.documents) {
        auto const* kind = document->root.find("kind");
        auto const* exclude = document->root.find("exclude");
        if (kind == nullptr || kind->value.text != "project" || exclude == nullptr) continue;
        if (exclude->value.is_scalar()) globs.push_back(exclude->value.text);
        for (auto const& item : exclude->value.items)
            if (item.is_scalar() && !item.text.empty()) globs.push_back(item.text);
    }
    return globs;
}

}  // namespace pawl::cli
