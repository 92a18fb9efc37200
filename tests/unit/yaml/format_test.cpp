// pawl fmt's layout: what changes, what must not, and that a second time changes nothing.
#include "common/yaml/format.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/base/text.h"
#include "tests/catch.h"
#include "tests/unit/yaml/bench.h"

using namespace pawl;
using namespace pawl::yaml;

namespace {

std::string formatted(std::string_view text) {
    auto const once = format(read(text));
    if (!once) return "refused: " + once.error().message;
    auto const twice = format(read(*once));
    CHECK(twice);
    if (twice) CHECK(*twice == *once);
    return *once;
}

/// The comments of a text, in order, without what stands before them.
std::vector<std::string> comments(std::string_view text) {
    std::vector<std::string> found;
    for (auto const line : split(text, '\n')) {
        if (auto const start = trim(line); start.starts_with('#')) found.emplace_back(start);
    }
    return found;
}

}  // namespace

TEST_CASE("indentation becomes two spaces, lists within maps included", "[yaml][format]") {
    CHECK(formatted("steps:\n- id: a\n  run: x\n- id: b\n") == "steps:\n  - id: a\n    run: x\n  - id: b\n");
    CHECK(formatted("a:\n      b:\n          c: 1\n      d: 2\n") == "a:\n  b:\n    c: 1\n  d: 2\n");
    CHECK(formatted("a:\n -   b: 1\n     c: 2\n -   - x\n     - y\n") == "a:\n  - b: 1\n    c: 2\n  - - x\n    - y\n");
    CHECK(formatted("a:\n-\n  b: 1\n") == "a:\n  -\n    b: 1\n");
    CHECK(formatted("- a\n- b\n") == "- a\n- b\n");
}

TEST_CASE("comments go with the lines they explain", "[yaml][format]") {
    CHECK(formatted("a:\n    # of b\n    b: 1   # beside\n    # at the end of a\nc: 2\n# last\n") == "a:\n  # of b\n  b: 1   # beside\n  # at the end of a\nc: 2\n# last\n");
    CHECK(formatted("steps:\n# of the first\n- a: 1\n      # odd\n- b: 2\n") == "steps:\n  # of the first\n  - a: 1\n  # odd\n  - b: 2\n");
}

TEST_CASE("blank lines, spaces at line ends and line ends are tidied", "[yaml][format]") {
    CHECK(formatted("\n\na: 1  \n\n\n\nb: 2\t\n\n") == "a: 1\n\nb: 2\n");
    CHECK(formatted("a: 1\r\nb: 2") == "a: 1\nb: 2\n");
    CHECK(formatted("a: 1\n\n---\n\n\nb: 2\n") == "a: 1\n\n---\n\nb: 2\n");
}

TEST_CASE("text blocks move as they are", "[yaml][format]") {
    CHECK(formatted("run: |\n      one\n        two  \n\n\n      # no comment\nb: 1\n") == "run: |\n  one\n    two  \n\n\n  # no comment\nb: 1\n");
    CHECK(formatted("- id: a\n  run: |\n   one\n\n\n\n  # a comment\n- b\n") == "- id: a\n  run: |\n    one\n\n  # a comment\n- b\n");
    CHECK(formatted("a:\n    run: |2\n        two more\n      base\n") == "a:\n  run: |2\n      two more\n    base\n");
    CHECK(formatted("a: |+\n  x\n\n\nb: 1\n") == "a: |+\n  x\n\n\nb: 1\n");
    CHECK(formatted("a: >-\n     folded\n     text\n") == "a: >-\n  folded\n  text\n");
    CHECK(formatted("a: |\n") == "a: |\n");
}

TEST_CASE("values that go on over lines keep their text", "[yaml][format]") {
    CHECK(formatted("a:\n     b: one\n        two\n     c: \"x  \n        y\\\n        z\"\n") == "a:\n  b: one\n    two\n  c: \"x  \n    y\\\n    z\"\n");
    CHECK(formatted("a:\n    b: {x: 1,\n        # within\n        y: [1,\n            2]\n    }\n    c: 3\n") == "a:\n  b: {x: 1,\n      # within\n      y: [1,\n          2]\n  }\n  c: 3\n");
    CHECK(formatted("a:\n      text on its own line\nb:\n  - x\n") == "a:\n  text on its own line\nb:\n  - x\n");
}

TEST_CASE("single quotes become double ones where both mean the same", "[yaml][format]") {
    CHECK(formatted("a: 'x'\nb: 'it''s'\nc: '\\d'\nd: '\"'\ne: ['22:00', '']\n") == "a: \"x\"\nb: 'it''s'\nc: '\\d'\nd: '\"'\ne: [\"22:00\", \"\"]\n");
}

TEST_CASE("anchors and aliases stay", "[yaml][format]") {
    CHECK(formatted("a: &x\n      b: 1\nc: *x\nd:\n   - *x\n   - b: *x\n") == "a: &x\n  b: 1\nc: *x\nd:\n  - *x\n  - b: *x\n");
}

TEST_CASE("a file with mistakes is refused, not guessed at", "[yaml][format]") {
    CHECK(formatted("a: \"x\nb: 1\n").starts_with("refused: a file with mistakes"));
    CHECK_FALSE(same_trees(read("a: 1\n"), read("a: \"1\"\n")));
    CHECK(same_trees(read("a:   1 # x\n"), read("a: 1\n")));
}

TEST_CASE("every file of the corpora and the examples keeps its tree and its comments", "[yaml][format][corpus]") {
    namespace fs = std::filesystem;
    std::size_t files = 0, refused = 0;
    for (std::string const folder : {"tests/fuzz/corpus/yaml_parse", "tests/fuzz/corpus/flow_load", "tests/unit/flow/bad", "workflows-examples"}) {
        for (auto const& entry : fs::recursive_directory_iterator(std::string(PAWL_SOURCE_DIR) + "/" + folder)) {
            bool const wanted = entry.is_regular_file() && (entry.path().extension() == ".yaml" || folder.ends_with("yaml_parse"));
            if (!wanted) continue;
            INFO(entry.path().string());
            std::ifstream stream{entry.path(), std::ios::binary};
            std::string const text{std::istreambuf_iterator<char>(stream), {}};
            File const file = read(text);
            auto const result = format(file);
            if (has_errors(file.diagnostics)) {
                CHECK_FALSE(result);
                continue;
            }
            ++files;
            if (!result) {
                ++refused;
                continue;
            }
            CHECK(same_trees(file, read(*result)));
            CHECK(formatted(text) == *result);
            if (folder == "workflows-examples") CHECK(comments(*result) == comments(text));
        }
    }
    CHECK(files >= 30);
    CHECK(refused <= 2);
}
