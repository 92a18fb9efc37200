// Files with mistakes, and what is said about them: tests/unit/flow/bad/NAME.yaml and NAME.txt. A change of a message is a diff.
// PAWL_APPROVE=1 writes the texts anew: read them before you commit.
// A wrong line of NAME.yaml ends with "# ! code, code" (behind "//" in an expression): what must be found there, and nothing else.
// Files that break YAML before the comment, or that are older than the marks, have none.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "common/base/error_codes.h"
#include "common/flow/tests.h"
#include "common/yaml/render.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;

namespace {

std::string contents(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A file with what is wrong with its tests too.
LoadedFile loaded(std::string const& name, std::string const& text) {
    LoadedFile file = load_file(name, text);
    Diagnostics const of_tests = load_tests({file}).diagnostics;
    file.diagnostics.insert(file.diagnostics.end(), of_tests.begin(), of_tests.end());
    sort_by_place(file.diagnostics);
    return file;
}

std::string report(std::string const& name, std::string const& text) {
    LoadedFile const file = loaded(name, text);
    std::string shown = yaml::render_all(file.diagnostics, [&](std::string_view) { return &file.text; });
    bool const fixable = std::ranges::any_of(file.diagnostics, [](Error const& error) { return !error.fixes.empty(); });
    if (!fixable) return shown;
    std::string fixed = text;
    std::vector<Fix> all;
    for (Error const& error : file.diagnostics) all.insert(all.end(), error.fixes.begin(), error.fixes.end());
    return shown + "---- fixed:\n" + yaml::apply_fixes(text, all);
}

std::vector<std::filesystem::path> bad_files() {
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(std::filesystem::path(PAWL_SOURCE_DIR) / "tests/unit/flow/bad"))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// The marks of a file, "12 unknown_key" a line, in reading order.
std::string marks(std::string const& text) {
    std::string all;
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        std::size_t at = line.find("# ! ");
        if (at == std::string::npos) at = line.find("// ! ");
        if (at == std::string::npos) continue;
        std::istringstream codes(line.substr(line.find("! ", at) + 2));
        for (std::string code; std::getline(codes >> std::ws, code, ',');) all += std::to_string(number) + " " + code + "\n";
    }
    return all;
}

/// What was found in a file, told like its marks.
std::string found(Diagnostics const& diagnostics) {
    std::string all;
    for (Error const& error : diagnostics)
        all += std::to_string(error.where ? error.where->line : 0) + " " + std::string(error.code.name) + "\n";
    return all;
}

/// Mistakes of these codes are easy to make and have a way out that can be named.
bool needs_hint(ErrorCode code) {
    return code == code::unknown_key || code == code::unknown_name || code == code::wrong_type || code == code::invalid_name ||
           code == code::expression_in_run;
}

}  // namespace

TEST_CASE("mistakes are told as approved", "[flow][bad]") {
    std::vector<std::filesystem::path> const files = bad_files();
    REQUIRE(files.size() >= 60);
    for (std::filesystem::path const& path : files) {
        std::filesystem::path approved = path;
        approved.replace_extension(".txt");
        std::string const now = report(path.filename().string(), contents(path));
        if (std::getenv("PAWL_APPROVE")) std::ofstream(approved, std::ios::binary) << now;
        INFO(path.filename().string());
        CHECK(now == contents(approved));
    }
}

TEST_CASE("every marked mistake is found with a hint, and no other", "[flow][bad]") {
    int marked = 0;
    for (std::filesystem::path const& path : bad_files()) {
        std::string const text = contents(path);
        std::string const expected = marks(text);
        if (expected.empty()) continue;
        ++marked;
        INFO(path.filename().string());
        Diagnostics const diagnostics = loaded(path.filename().string(), text).diagnostics;
        CHECK(found(diagnostics) == expected);
        for (Error const& error : diagnostics) {
            if (!needs_hint(error.code)) continue;
            INFO(error.message);
            CHECK_FALSE(error.hint.empty());
        }
    }
    CHECK(marked >= 40);
}
