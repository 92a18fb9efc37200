// $PAWL_OUTPUT: its two forms, its types, and everything that can be wrong with it.
#include "common/base/error_codes.h"
#include "common/flow/declaration.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;

namespace {

std::string parsed(std::string_view text, std::vector<Declaration> const& declarations = {}) {
    Result<Json> const outputs = parse_outputs(text, declarations);
    return outputs ? dump_json(*outputs) : outputs.error().message;
}

std::vector<Declaration> size_and_name() {
    return {{.name = "size", .where = {}, .type = ValueType::integer}, {.name = "name", .where = {}, .type = ValueType::string, .optional = true}};
}

}  // namespace

TEST_CASE("undeclared outputs are text, and the last line for a name wins", "[flow][outputs]") {
    CHECK(parsed("") == "{}");
    CHECK(parsed("\n\n") == "{}");
    CHECK(parsed("a=1\nb=x y = z\n") == R"({"a":"1","b":"x y = z"})");
    CHECK(parsed("a=1\nb=2\na=3") == R"({"a":"3","b":"2"})");
    CHECK(parsed("a=") == R"({"a":""})");
    CHECK(parsed("a=x<<y") == R"({"a":"x<<y"})");
}

TEST_CASE("a value of several lines stands between name<<WORD and WORD", "[flow][outputs]") {
    CHECK(parsed("a<<END\none\ntwo\nEND\nb=2\n") == R"({"a":"one\ntwo","b":"2"})");
    CHECK(parsed("a<<END\nEND\n") == R"({"a":""})");
    CHECK(parsed("a<<END\n\nEND\n") == R"({"a":""})");
    CHECK(parsed("a<<END\n\n\nEND") == R"({"a":"\n"})");
    CHECK(parsed("a<<END\nb=1\n END\nEND") == R"({"a":"b=1\n END"})");
    CHECK(parsed("a<<END\none\n") == "output 'a' has no closing line 'END'");
    CHECK(parsed("a<<\none\n") == "line 1 of the outputs names no closing word");
}

TEST_CASE("lines that say nothing sensible are told with their number", "[flow][outputs]") {
    CHECK(parsed("a=1\nhello") == "line 2 of the outputs is neither name=value nor name<<WORD: 'hello'");
    CHECK(parsed("A=1") == "'A' in line 1 of the outputs is no name for an output");
    CHECK(parsed("=1") == "'' in line 1 of the outputs is no name for an output");
    CHECK(parsed("a <<END\nEND") == "'a ' in line 1 of the outputs is no name for an output");
    CHECK(parsed("a<b=1") == "line 1 of the outputs is neither name=value nor name<<WORD: 'a<b=1'");
    CHECK(parsed("a=\xff") == "the outputs are not valid UTF-8");
    CHECK(parsed(std::string_view("a=\0b", 4)) == "the outputs contain a NUL character");
    CHECK(parsed("\x1b[31m=1") == "'\\x1b[31m' in line 1 of the outputs is no name for an output");
}

TEST_CASE("declared outputs are typed, and nothing else may appear", "[flow][outputs]") {
    CHECK(parsed("size=10\n", size_and_name()) == R"({"size":10})");
    CHECK(parsed("name=x\nsize=10\n", size_and_name()) == R"({"size":10,"name":"x"})");
    CHECK(parsed("name=x\n", size_and_name()) == "output 'size' is missing");
    CHECK(parsed("size=ten\n", size_and_name()) == "output 'size' is an integer, not \"ten\"");
    CHECK(parsed("size=1\nsiz=2\n", size_and_name()) == "output 'siz' is not declared");
    CHECK(parse_outputs("size=1\nsiz=2\n", size_and_name()).error().hint == "did you mean 'size'?");
    CHECK(parse_outputs("size=ten\n", size_and_name()).error().code == code::invalid_value);
}

TEST_CASE("outputs end at 64 KiB", "[flow][outputs]") {
    std::string const most = "a=" + std::string(64 * 1024 - 2, 'x');
    CHECK(parse_outputs(most, {}));
    CHECK(parsed(most + "x") == "the outputs are larger than 64 KiB");
}
