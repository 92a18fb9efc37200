// place_in(): from a byte of a scalar's value back to the place in the file, through every way of spelling it.
#include "tests/catch.h"
#include "tests/unit/yaml/bench.h"

using namespace pawl;
using namespace pawl::yaml;

namespace {

/// Where each byte of the first document's value under "a" is written, as "line:column" separated by spaces.
std::string places(std::string_view text) {
    File const file = read(text);
    REQUIRE(mistakes(file) == "");
    Node const& value = file.documents[0]->root.find("a")->value;
    std::string out;
    for (std::size_t i = 0; i < value.text.size(); ++i) {
        SourcePos const where = file.place_in(value, i);
        out += (i > 0 ? " " : "") + std::to_string(where.line) + ":" + std::to_string(where.column);
    }
    return out;
}

std::string one(std::string_view text, std::string_view needle, std::size_t length = 1) {
    File const file = read(text);
    REQUIRE(mistakes(file) == "");
    Node const& value = file.documents[0]->root.find("a")->value;
    std::size_t const at = value.text.find(needle);
    REQUIRE(at != std::string::npos);
    SourcePos const where = file.place_in(value, at, length);
    return std::to_string(where.line) + ":" + std::to_string(where.column) + "+" + std::to_string(where.length);
}

}  // namespace

TEST_CASE("a byte of a plain scalar is found on its line, in characters", "[yaml][place]") {
    CHECK(places("a: xyz") == "1:4 1:5 1:6");
    CHECK(one("a: \xC3\xBC\xC3\xBC x", "x") == "1:7+1");
    CHECK(one("a: one\n  two\n\n  three", "three", 5) == "4:3+5");
    CHECK(places("a: x\n  y") == "1:4 1:5 2:3");
    CHECK(places("a: x \n\n\n  y") == "1:4 1:6 1:6 4:3");
    CHECK(one("k: 1\na: &anchor value", "value", 99) == "2:12+5");
}

TEST_CASE("a byte of a quoted scalar is found through escapes and folds", "[yaml][place]") {
    CHECK(places("a: \"xy\"") == "1:5 1:6");
    CHECK(places("a: 'x''y'") == "1:5 1:6 1:8");
    CHECK(places(R"(a: "\"x\\y\n")") == "1:5 1:7 1:8 1:10 1:11");
    CHECK(places(R"(a: "\x41b\u00e9c\U0001F600d")") == "1:5 1:9 1:10 1:10 1:16 1:17 1:17 1:17 1:17 1:27");
    CHECK(places("a: \"x\n   y\"") == "1:5 1:6 2:4");
    CHECK(places("a: \"x  \\\n   y\"") == "1:5 1:6 1:7 2:4");
    CHECK(places("a: \"x\n\n\n  y\"") == "1:5 1:6 1:6 4:3");
    CHECK(one("a: \"\xE6\x97\xA5\\t\xE6\x9C\xAC z\"", "z") == "1:10+1");
    CHECK(one("a: \"x\r\n  y\"\r\n", "y") == "2:3+1");
    CHECK(one("a: \"\\L x\"", "x") == "1:8+1");
}

TEST_CASE("a byte of a block scalar is found on its own line", "[yaml][place]") {
    CHECK(one("a: |\n  first\n  second\n", "second", 3) == "3:3+3");
    CHECK(places("a: |\n  x\n\n  y\n") == "2:3 2:4 3:1 4:3 4:4");
    CHECK(places("a: >\n  x\n  y\n") == "2:3 2:4 3:3 3:4");
    CHECK(one("a: >-\n  one\n  two\n\n  three\n", "three") == "5:3+1");
    CHECK(one("a: |2\n    deep\n  flat\n", "deep") == "2:5+1");
    CHECK(one("a: |  # comment\n  x\n", "x") == "2:3+1");
    CHECK(one("a: >\n  x\n    more\n  y\n", "more") == "3:5+1");
    CHECK(one("a: >\n  x\n    more\n  y\n", "y") == "4:3+1");
    CHECK(one("a: |\n\n\n  x\n", "x") == "4:3+1");
    CHECK(one("a: |+\n  x\n\n\nb: 1\n", "x") == "2:3+1");
    CHECK(one("b:\n- a: 1\na: |\n \xC3\xBC x\n", "x") == "4:4+1");
    CHECK(one("a: |\r\n  x\r\n  y\r\n", "y") == "3:3+1");
    CHECK(one("a: |\n  x\n  \ty\n", "y") == "3:4+1");
}

TEST_CASE("the end of a scalar's spelling is known", "[yaml][place]") {
    auto const spelled = [](std::string_view text) {
        File const file = read(text);
        REQUIRE(mistakes(file) == "");
        Node const& value = file.documents[0]->root.find("a")->value;
        return file.text.substr(value.offset, value.end - value.offset);
    };
    CHECK(spelled("a: x y   # c\n") == "x y");
    CHECK(spelled("a: \"x \\\" y\"  # c\n") == "\"x \\\" y\"");
    CHECK(spelled("a: 'it''s'\n") == "'it''s'");
    CHECK(spelled("a: one\n  two  \nb: 1\n") == "one\n  two");
    CHECK(spelled("a: |\n  x\n  y\nb: 1\n") == "|\n  x\n  y");
    CHECK(spelled("a: >-\n  x\n\n  y\n\nb: 1\n") == ">-\n  x\n\n  y");
    CHECK(spelled("{a: x y, b: 1}") == "x y");
}

TEST_CASE("the length is cut at the end of the line, and a place past the end is the end", "[yaml][place]") {
    CHECK(one("a: x y\nb: 1\n", "y", 50) == "1:6+1");
    File const file = read("a: \"xyz\"\n");
    CHECK(file.place_in(file.documents[0]->root.find("a")->value, 3).column == 8);
    CHECK(file.place_in(file.documents[0]->root.find("a")->value, 99).column == 8);
}
