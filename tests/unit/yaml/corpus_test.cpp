// Every file that once broke the loader, or seeds its fuzzing, is read again.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/catch.h"
#include "tests/unit/yaml/bench.h"

using namespace pawl;
using namespace pawl::yaml;

TEST_CASE("every file of the fuzzing corpus is read, shown and fixed without harm", "[yaml][corpus]") {
    std::size_t files = 0;
    for (auto const& entry : std::filesystem::directory_iterator(std::string(PAWL_SOURCE_DIR) + "/tests/fuzz/corpus/yaml_parse")) {
        INFO(entry.path().filename().string());
        std::ifstream stream{entry.path(), std::ios::binary};
        std::string const text{std::istreambuf_iterator<char>(stream), {}};
        File const file = read(text);
        bool const answered = !file.diagnostics.empty() || !file.documents.empty();
        CHECK(answered);
        CHECK(shown(file).size() < 100'000);
        read(fixed(text));
        ++files;
    }
    CHECK(files >= 10);
}
