// Formatting makes no new version: the hash of every example is the same before and after, however its layout was spoilt first.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "common/base/text.h"
#include "common/flow/load.h"
#include "common/yaml/format.h"
#include "tests/catch.h"

using namespace pawl;

namespace {

std::vector<std::string> hashes(std::string const& text) {
    std::vector<std::string> found;
    for (auto const& workflow : flow::load_file("f.yaml", text).workflows) found.push_back(workflow.name + " " + workflow.hash);
    return found;
}

std::string formatted(std::string const& text) {
    auto const result = yaml::format(yaml::parse("f.yaml", text));
    return result ? *result : "refused: " + result.error().message;
}

/// The text as somebody else might have laid it out: wider, with blank lines and spaces at line ends. Lines after a text block or within
/// {} are left out of it by only touching what stays the same document.
std::string spoilt(std::string const& text, std::mt19937& dice) {
    std::string out;
    for (auto const line : split(text, '\n')) {
        auto const indent = std::min(line.find_first_not_of(' '), line.size());
        out += std::string(indent * 2, ' ') + std::string(line.substr(indent));
        if (dice() % 4 == 0 && line.ends_with(':')) out += "   ";
        out += "\n";
        if (dice() % 6 == 0 && line.ends_with(':')) out += "\n\n\n";
    }
    return out;
}

}  // namespace

TEST_CASE("formatting an example never changes the hash of a workflow", "[flow][format]") {
    namespace fs = std::filesystem;
    std::mt19937 dice(11);
    std::size_t workflows = 0, spoilt_files = 0;
    for (auto const& entry : fs::recursive_directory_iterator(std::string(PAWL_SOURCE_DIR) + "/workflows-examples")) {
        if (entry.path().extension() != ".yaml") continue;
        INFO(entry.path().string());
        std::ifstream stream{entry.path(), std::ios::binary};
        std::string const text{std::istreambuf_iterator<char>(stream), {}};
        auto const before = hashes(text);
        workflows += before.size();
        auto const once = formatted(text);
        CHECK(hashes(once) == before);
        CHECK(formatted(once) == once);
        // What is spoilt may mean something else (the inside of a text block grows too); then the formatter keeps that meaning.
        for (int round = 0; round < 5; ++round) {
            auto const other = spoilt(text, dice);
            auto const tidied = formatted(other);
            CHECK(hashes(tidied) == hashes(other));
            spoilt_files += tidied != other;
        }
    }
    CHECK(workflows >= 13);
    CHECK(spoilt_files >= 50);
}
