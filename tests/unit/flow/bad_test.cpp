// Files with mistakes, and what is said about them: tests/unit/flow/bad/NAME.yaml and NAME.txt. A change of a message is a diff.
// PAWL_APPROVE=1 writes the texts anew: read them before you commit.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/yaml/render.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;

namespace {

std::string contents(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string report(std::string const& name, std::string const& text) {
    LoadedFile const file = load_file(name, text);
    std::string shown = yaml::render_all(file.diagnostics, [&](std::string_view) { return &file.text; });
    bool const fixable = std::ranges::any_of(file.diagnostics, [](Error const& error) { return !error.fixes.empty(); });
    if (!fixable) return shown;
    std::string fixed = text;
    std::vector<Fix> all;
    for (Error const& error : file.diagnostics) all.insert(all.end(), error.fixes.begin(), error.fixes.end());
    return shown + "---- fixed:\n" + yaml::apply_fixes(text, all);
}

}  // namespace

TEST_CASE("mistakes are told as approved", "[flow][bad]") {
    std::filesystem::path const folder = std::filesystem::path(PAWL_SOURCE_DIR) / "tests/unit/flow/bad";
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::ranges::sort(files);
    REQUIRE(files.size() >= 15);
    for (std::filesystem::path const& path : files) {
        std::filesystem::path approved = path;
        approved.replace_extension(".txt");
        std::string const now = report(path.filename().string(), contents(path));
        if (std::getenv("PAWL_APPROVE")) std::ofstream(approved, std::ios::binary) << now;
        INFO(path.filename().string());
        CHECK(now == contents(approved));
    }
}
