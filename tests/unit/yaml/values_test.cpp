// What a file's values are, and where they stand.
#include "tests/catch.h"
#include "tests/unit/yaml/bench.h"

using namespace pawl;
using namespace pawl::yaml;

namespace {

Node const& at(File const& file, std::string_view key) {
    REQUIRE(!file.documents.empty());
    Member const* member = file.documents[0]->root.find(key);
    REQUIRE(member != nullptr);
    return member->value;
}

std::string place(SourcePos const& where) {
    return std::to_string(where.line) + ":" + std::to_string(where.column) + "+" + std::to_string(where.length);
}

}  // namespace

TEST_CASE("only true and false are booleans, and only JSON's numbers are numbers", "[yaml]") {
    CHECK(trees("[true, false, True, yes, on, no]") == R"([true,false,"True","yes","on","no"])");
    CHECK(trees("[0, 12, -3, 012, 0x1f, 0o7, 1_000, +1, '3', \"true\"]") ==
          R"([0,12,-3,"012","0x1f","0o7","1_000","+1","3","true"])");
    CHECK(trees("[2.5, 1e3, -0.5E-2, .5, 1., 1e, .inf, .nan, 1e999]") ==
          R"([2.5,1000.0,-0.005,".5","1.","1e",".inf",".nan","1e999"])");
    CHECK(trees("[9223372036854775807, 18446744073709551615, 18446744073709551616]") ==
          R"([9223372036854775807,18446744073709551615,"18446744073709551616"])");
    CHECK(trees("[22:00, 2026-01-01, 12e03]") == R"(["22:00","2026-01-01",12000.0])");
    CHECK(trees("[null, ~, Null, \"null\"]") == R"([null,null,"Null","null"])");
    CHECK(trees("a: |\n  12\n") == R"({"a":"12\n"})");
}

TEST_CASE("a plain null is a scalar, no value is empty", "[yaml]") {
    File const file = read("a: null\nb:\nc: ~\nd: \"\"\n");
    CHECK(at(file, "a").is_scalar());
    CHECK(at(file, "a").text == "null");
    CHECK(at(file, "b").is_empty());
    CHECK(at(file, "c").text == "~");
    CHECK(at(file, "d").is_scalar());
    CHECK(at(file, "d").quoted);
}

TEST_CASE("a value that is missing above a key named null is still missing", "[yaml]") {
    File const file = read("a:\nnull: 1\n");
    CHECK(at(file, "a").is_empty());
    CHECK(place(at(file, "a").where) == "1:1+1");
    CHECK(at(file, "null").text == "1");
    File const deeper = read("a:\n  b:\nnull: 1\n");
    CHECK(at(deeper, "a").find("b")->value.is_empty());
    CHECK(trees("a:\n  -\nnull: 1\n") == R"({"a":[null],"null":1})");
}

TEST_CASE("no value is blamed on its key, or on the dash that promised it", "[yaml]") {
    File const file = read("first:\n\n# comment\n\nsecond: 1\nlist:\n  - 1\n  - # nothing\n  - 3\n");
    CHECK(place(at(file, "first").where) == "1:1+5");
    CHECK(place(at(file, "list").items[1].where) == "8:3+1");
}

TEST_CASE("places are counted in characters and underline the whole scalar", "[yaml]") {
    File const file = read("gr\xC3\xBC\xC3\x9F" "e: \"\xE6\x97\xA5\xE6\x9C\xAC\"  # c\nb: {k\xC3\xBC: v, l: 'w x'}\n");
    Member const& first = file.documents[0]->root.members[0];
    CHECK(place(first.key.where) == "1:1+5");
    CHECK(place(first.value.where) == "1:8+4");
    CHECK(first.value.offset == 9);
    CHECK(first.value.end == 17);
    Node const& map = at(file, "b");
    CHECK(place(map.where) == "2:4+1");
    CHECK(place(map.members[0].key.where) == "2:5+2");
    CHECK(place(map.members[0].value.where) == "2:9+1");
    CHECK(place(map.members[1].value.where) == "2:15+5");
}

TEST_CASE("a byte order mark belongs to no column, but to the byte offsets", "[yaml]") {
    File const file = read("\xEF\xBB\xBF" "a: 1\nb: x\n");
    CHECK(place(file.documents[0]->root.members[0].key.where) == "1:1+1");
    CHECK(file.documents[0]->root.members[0].key.offset == 3);
    CHECK(file.text.substr(at(file, "b").offset, 1) == "x");
    CHECK(mistakes("\xEF\xBB\xBF" "a: 1\na: 2\n") == "2:1 duplicate key 'a'");
}

TEST_CASE("lines may end with CR LF", "[yaml]") {
    CHECK(trees("a: 1\r\nb: |\r\n  x\r\n  y\r\nc: \"p\r\n  q\"\r\n") == R"({"a":1,"b":"x\ny\n","c":"p q"})");
    File const file = read("a: 1\r\nb: two words\r\n");
    CHECK(place(at(file, "b").where) == "2:4+9");
    CHECK(mistakes("a: 1\r\na: 2\r\n") == "2:1 duplicate key 'a'");
}

TEST_CASE("a file may hold several documents, and empty ones do not count", "[yaml]") {
    CHECK(trees("a: 1\n---\nb: 2\n---\n---\n# nothing\n---\nc: 3\n...\n") == R"({"a":1} {"b":2} {"c":3})");
    File const file = read("---\n---\na: 1\n--- # second\nb: 2\n");
    REQUIRE(file.documents.size() == 2);
    CHECK(file.documents[0]->index == 0);
    CHECK(file.documents[1]->index == 1);
    CHECK(place(file.documents[1]->root.members[0].key.where) == "5:1+1");
    CHECK(trees("%YAML 1.2\n---\na: 1\n") == R"({"a":1})");
}

TEST_CASE("an alias is a copy that stands where the alias stands", "[yaml]") {
    CHECK(trees("a: &x {b: [1, 2]}\nc: *x\nd: [*x, &y z, *y]\n") ==
          R"({"a":{"b":[1,2]},"c":{"b":[1,2]},"d":[{"b":[1,2]},"z","z"]})");
    File const file = read("a: &x 30\nb:   *x\n");
    CHECK(place(at(file, "a").where) == "1:7+2");
    CHECK(place(at(file, "b").where) == "2:6+2");
    CHECK(at(file, "b").text == "30");
    CHECK(place(file.place_in(at(file, "b"), 1)) == "2:6+2");
    CHECK(trees("&k key: 1\nb: *k\n") == R"({"key":1,"b":"key"})");
    CHECK(trees("a: &x b\n*x : 2\n") == R"({"a":"b","b":2})");
    CHECK(trees("a: &x\nb: *x\n") == R"({"a":null,"b":null})");
    CHECK(trees("- &a 1\n- &a 2\n- *a\n") == "[1,2,2]");
    CHECK(trees("a: &x 1\n---\nb: 2\n") == R"({"a":1} {"b":2})");
    CHECK(mistakes("a: &x 1\n---\nb: *x\n") == "3:4 unknown alias '*x'");
}
