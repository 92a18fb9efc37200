// Matching goes back to the last star only, so that a glob of many stars costs no more than its length times that of the path.
#include "cli/globs.h"

#include <algorithm>

#include "cli/sources.h"
#include "common/base/text.h"
#include "common/yaml/document.h"

namespace pawl::cli {
namespace {

using Names = std::vector<std::string_view>;

bool name_matches(std::string_view glob, std::string_view name) {
    std::size_t g = 0, n = 0, star = std::string_view::npos, resume = 0;
    while (n < name.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            resume = n;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
            ++g;
            ++n;
            if (glob[g - 1] == '?')  // a character, not a byte
                while (n < name.size() && (static_cast<unsigned char>(name[n]) & 0xc0) == 0x80) ++n;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', g) == std::string_view::npos;
}

/// The same over whole names, with `**` as the star.
bool names_match(Names const& glob, Names const& path) {
    std::size_t g = 0, p = 0, resume = 0;
    std::size_t const none = glob.size();
    std::size_t star = none;
    while (p < path.size()) {
        if (g < glob.size() && glob[g] == "**") {
            star = g++;
            resume = p;
        } else if (g < glob.size() && name_matches(glob[g], path[p])) {
            ++g;
            ++p;
        } else if (star != none) {
            g = star + 1;
            p = ++resume;
        } else {
            return false;
        }
    }
    return std::all_of(glob.begin() + static_cast<std::ptrdiff_t>(g), glob.end(), [](std::string_view name) { return name == "**"; });
}

Names names_of(std::string_view path) {
    if (path.starts_with("./")) path.remove_prefix(2);
    while (path.ends_with('/')) path.remove_suffix(1);
    return split(path, '/');
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) { return names_match(names_of(glob), names_of(path)); }

bool is_excluded(std::vector<std::string> const& globs, std::string_view path) {
    Names const names = names_of(path);
    for (auto const& text : globs) {
        Names const glob = names_of(text);
        for (std::size_t count = 1; count <= names.size(); ++count)
            if (names_match(glob, Names(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count)))) return true;
    }
    return false;
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
