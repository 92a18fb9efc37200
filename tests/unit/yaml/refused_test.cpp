// What YAML would read silently in a way nobody means, and how the parser's own errors are put into words.
#include <chrono>

#include "common/base/error_codes.h"
#include "tests/catch.h"
#include "tests/unit/yaml/bench.h"

using namespace pawl;
using namespace pawl::yaml;

TEST_CASE("a key may stand once, however it is quoted", "[yaml]") {
    CHECK(mistakes("env: 1\nenv: 2\n") == "2:1 duplicate key 'env'");
    CHECK(mistakes("{\"a\": 1, a: 2, 'a': 3}") == "1:10 duplicate key 'a'; 1:16 duplicate key 'a'");
    File const file = read("a:\n  k: 1\n  l: 2\n  k: 3\n");
    REQUIRE(file.diagnostics.size() == 1);
    CHECK(file.diagnostics[0].code == code::duplicate_key);
    REQUIRE(file.diagnostics[0].notes.size() == 1);
    CHECK(file.diagnostics[0].notes[0].message == "first defined here");
    CHECK(file.diagnostics[0].notes[0].where.line == 2);
    CHECK(dump_json(to_json(file.documents[0]->root)) == R"({"a":{"k":1,"l":2}})");
    std::string large;
    for (int i = 0; i < 100; ++i) large += "k" + std::to_string(i) + ": 1\n";
    CHECK(mistakes(large + "k7: 2\n") == "101:1 duplicate key 'k7'");
    CHECK(mistakes(large + "k99: 2\n") == "101:1 duplicate key 'k99'");
}

TEST_CASE("merge keys are refused", "[yaml]") {
    CHECK(mistakes("b: &b {x: 1}\na:\n  <<: *b\n  y: 2\n") == "3:3 merge keys are not supported");
    CHECK(mistakes("\"<<\": 1\n") == "");
}

TEST_CASE("tags are refused, and so is a negation that YAML takes for one", "[yaml]") {
    for (std::string_view text : {"if: !x", "if: ! x", "if: !!int 3", "if: !<tag:x> y", "if: !<!> y", "if: &a !x y", "if: !has(x) && y", "if: !",
                                  "if: !foo {a: 1}", "if: !foo\n  a: 1", "- ! x: 1\n"}) {
        INFO(text);
        CHECK(mistakes(text).find("a value cannot start with '!'") != std::string::npos);
        CHECK(read(text).diagnostics.size() == 1);
    }
    CHECK(fixed("if: !has(x) && y  # why\nb: [!z, 1]\n") == "if: \"!has(x) && y\"  # why\nb: [\"!z\", 1]\n");
    CHECK(shown("if: !x\n") ==
          "f.yaml:1:5: error: a value cannot start with '!' [invalid_yaml]\n"
          "    1 | if: !x\n"
          "      |     ^~\n"
          "   hint: quote it: if: \"!x\"\n");
    CHECK(mistakes("a: \"x\"\nb: 'x'\nc: |\n  !x\nd: >\n  x\ne: &a \"x\"\nf: x!y\n") == "");
    CHECK(trees("if: !has(x) && y\n").find(R"({"if":"!has(x) && y"})") != std::string::npos);  // later checks see what was meant
}

TEST_CASE("an ampersand is an anchor only before a name and a space", "[yaml]") {
    CHECK(mistakes("run: && echo hi\n") == "1:6 a value cannot start with '&'");
    CHECK(mistakes("run: &a&b echo\n") == "1:6 a value cannot start with '&'");
    CHECK(fixed("run: && echo hi\n") == "run: \"&& echo hi\"\n");
    CHECK(mistakes("run: &name echo hi\n") == "");
}

TEST_CASE("an expression that YAML cuts is named with the column of the cut", "[yaml]") {
    CHECK(mistakes("{a: ${{ x }}}") == "1:5 YAML ends this expression at column 6");
    CHECK(mistakes("if: \"a\" == b\n") == "1:5 YAML ends this expression at column 9");
    CHECK(mistakes("if: a ? b : c\n") == "1:5 YAML ends this expression at column 11");
    CHECK(mistakes("if: x == 'a: b'\n") == "1:5 YAML ends this expression at column 12");
    CHECK(mistakes("- {id: a, if: \"x\" == y, run: z}\n") == "1:15 YAML ends this expression at column 19");
    CHECK(mistakes("g\xC3\xBC: ${{ \xC3\xBC }}: y\n") == "1:5 YAML ends this expression at column 13");
    CHECK(mistakes("text: see: this\n") == "1:7 YAML ends this value at column 10");
    CHECK(shown("if: \"a\" == b\n") ==
          "f.yaml:1:5: error: YAML ends this expression at column 9 [invalid_yaml]\n"
          "    1 | if: \"a\" == b\n"
          "      |     ^~~~\n"
          "   hint: quote the whole: if: '\"a\" == b'\n"
          "f.yaml:1:5: note: the rest of this file was not checked\n");
    CHECK(fixed("if: \"a\" == b\n") == "if: '\"a\" == b'\n");
    CHECK(fixed("{a: ${{ x }}, b: 1}") == "{a: \"${{ x }}\", b: 1}");
    CHECK(fixed("text: 'it's'\n") == "text: \"it's\"\n");
    CHECK(fixed("text: say \"a: b\" # c\n") == "text: 'say \"a: b\"' # c\n");
}

TEST_CASE("a further document needs its line of dashes", "[yaml]") {
    CHECK(mistakes("- a\nb: 1\n") == "2:1 unexpected text after the document");
    CHECK(mistakes("a: 1\n...\nb: 2\n") == "3:1 unexpected text after the document");
    CHECK(mistakes("  a: 1\nb: 2\n") == "2:1 unexpected text after the document");
    CHECK(mistakes("{a: 1} {b: 2}\n") == "1:8 unexpected text after the document");
    CHECK(mistakes("---x\n") == "");  // a scalar
}

TEST_CASE("a comma alone, on which the parser would go on for ever, is an error", "[yaml]") {
    CHECK(mistakes(",") == "1:1 unexpected ','");
    CHECK(mistakes("a: 1\n---\n,\n") == "3:1 unexpected text after the document");
    CHECK(mistakes("]").find("unexpected ']'") != std::string::npos);
    CHECK(mistakes("}") != "");
}

TEST_CASE("a quote that is never closed is blamed at its start", "[yaml]") {
    CHECK(mistakes("a: \"x never\nb: 1\n") == "1:4 quote is not closed");
    CHECK(mistakes("a: \"x never\nb: 1") == "1:4 quote is not closed");
    CHECK(mistakes("a: 1\nb: don't\nc: ['x, 2]\n") == "3:5 quote is not closed");
    CHECK(mistakes("a: \"x\n---\nb: 1\n") == "1:4 quote is not closed");
    CHECK(mistakes("\"abc\n") == "1:1 quote is not closed");
    CHECK(mistakes("a: \"b\\\"\n") == "1:4 quote is not closed");
    CHECK(mistakes("a: 'b''\n") == "1:4 quote is not closed");
    File const file = read("a: 'x\nb: 'y'\n");
    CHECK(mistakes(file) == "1:4 quote is not closed");
    CHECK(file.diagnostics[0].notes[0].message == "YAML closes it here");
    CHECK(file.diagnostics[0].notes[0].where.line == 2);
}

TEST_CASE("brackets that do not match are named", "[yaml]") {
    CHECK(mistakes("a: [1, 2\n") == "1:4 '[' is not closed");
    CHECK(mistakes("a: {b: 1\nc: 2\n") == "1:4 '{' is not closed");
    CHECK(mistakes("{a: 1, b: [1, 2}\n") == "1:16 unexpected '}'");
    CHECK(mistakes("a: }x\n") == "1:4 a value cannot start with '}'");
    CHECK(mistakes("a: [1, 2] x\n") == "1:11 unexpected 'x'");
    CHECK(mistakes("a: [\n- b\n]\n") == "2:1 a '-' item cannot stand inside brackets");
    CHECK(mistakes("a: [1, , 2]\n") == "1:8 an item is missing before ','");
}

TEST_CASE("a tab in the indentation is pointed at", "[yaml]") {
    CHECK(mistakes("a:\n\tb: 1\n") == "2:1 tab in indentation");
    CHECK(mistakes("a:\n  b: 1\n \tc: 2\n") == "3:2 tab in indentation");
    CHECK(mistakes("a:\n\t- 1\n") == "2:1 tab in indentation");
    CHECK(mistakes("a:\n  -\tb: 1\n    c: 2\n") == "2:4 tab in indentation");
    CHECK(mistakes("a: 1\n\tb: 2\n") == "2:1 tab in indentation");
    CHECK(mistakes("a:\t1\nb: x\ty\n") == "");
}

TEST_CASE("indentation that fits nothing is explained by looking at the lines", "[yaml]") {
    CHECK(mistakes("a: b\n  c: d\n") == "2:3 this line is indented too deep for a key");
    CHECK(mistakes("k:\n  - a: 1\n   b: 2\n") == "3:4 this line's indentation fits nothing above it");
    CHECK(mistakes("a: 1\n- b\n") == "2:1 a list item where a key is expected");
    CHECK(mistakes("a: - b\n") == "1:4 a list cannot start on the line of its key");
    CHECK(mistakes("key:value\nb: 1\n") == "1:4 a space is missing after ':'");
    CHECK(fixed("key:value\nb: 1\n") == "key: value\nb: 1\n");
    CHECK(mistakes("a: 1\nb\n") == "2:1 ':' is missing after this key");
    CHECK(mistakes("a: 1\nb\nc: 2\n") == "2:1 ':' is missing after this key");
}

TEST_CASE("a value that starts with an indicator is quoted for the user", "[yaml]") {
    CHECK(mistakes("at: @daily\n") == "1:5 a value cannot start with '@'");
    CHECK(fixed("at: @daily\n") == "at: \"@daily\"\n");
    CHECK(mistakes("cpu: %50\n") == "1:6 a value cannot start with '%'");
    CHECK(mistakes("a: `x`\n") == "1:4 a value cannot start with '`'");
    CHECK(mistakes("path: *.csv\n") == "1:7 unknown alias '*.csv'");
    CHECK(fixed("path: [*.csv, 2]\n") == "path: [\"*.csv\", 2]\n");
    CHECK(mistakes("a: |x\n") == "1:4 text cannot follow '|' on its line");
    CHECK(mistakes("a: \"\\d\"\n") == "1:5 unknown escape '\\d'");
    CHECK(mistakes("a: \"\\xzz\"\n") == "1:5 unknown escape '\\xzz'");
    CHECK(mistakes("a: \"\\ud800\"\n") == "1:5 unknown escape '\\ud800'");
    CHECK(read("a: \"\\ud83d\\ude00\"\n").diagnostics.at(0).hint == "YAML has one escape for the pair: '\\U0001f600'");
    CHECK(mistakes("a: \"\\N\"\n") == "1:4 escapes '\\N' and '\\_' are not supported");
}

TEST_CASE("keys are text", "[yaml]") {
    CHECK(mistakes("{[a]: 1, b: 2}\n") == "1:2 a key must be text");
    CHECK(mistakes(": 1\n") == "1:1 a key is missing here");
    CHECK(mistakes("a: &x [1]\n*x : 2\n") == "2:1 a key must be text");
    File const file = read("a: {{ x }}\n");
    CHECK(mistakes(file) == "1:5 a key must be text");
    CHECK(file.diagnostics[0].hint == "an expression is \"${{ x }}\", in quotes");
}

TEST_CASE("an alias may not contain itself", "[yaml]") {
    CHECK(mistakes("&x [*x]\n") == "1:5 alias contains itself");
    CHECK(mistakes("a: &x\n  b:\n    c: [1, *x]\n") == "3:12 alias contains itself");
}

TEST_CASE("an alias bomb stops at the budget of nodes", "[yaml]") {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        std::string const before = "*a" + std::to_string(i - 1);
        std::string const name = "a" + std::to_string(i);
        bomb += name + ": &" + name + " [";
        for (int k = 0; k < 9; ++k) bomb += (k > 0 ? "," : "") + before;
        bomb += "]\n";
    }
    CHECK(bomb.size() < 500);
    File const file = read(bomb);
    REQUIRE(file.diagnostics.size() == 1);
    CHECK(file.diagnostics[0].code == code::limit_exceeded);
    CHECK(file.diagnostics[0].message == "more than 100,000 values, aliases counted as copies");
}

TEST_CASE("an alias of a long text counts its bytes", "[yaml]") {
    std::string text = "a: &a \"" + std::string(100'000, 'x') + "\"\nb: [*a";
    for (int i = 0; i < 20; ++i) text += ", *a";
    File const file = read(text + "]\n");
    CHECK(file.diagnostics[0].message == "aliases repeat more than 1 MiB of text");
}

TEST_CASE("an alias of a deep value counts its depth", "[yaml]") {
    std::string const deep = "a: &a " + std::string(40, '[') + std::string(40, ']') + "\n";
    CHECK(mistakes(deep + "b: " + std::string(20, '[') + "*a" + std::string(20, ']') + "\n") == "");
    CHECK(mistakes(deep + "b: " + std::string(30, '[') + "*a" + std::string(30, ']') + "\n") == "2:34 nested deeper than 64 levels");
}

TEST_CASE("depth, size and the number of values are limited, each with its own message", "[yaml]") {
    CHECK(mistakes(std::string(64, '[') + std::string(64, ']')) == "");
    CHECK(mistakes(std::string(65, '[') + std::string(65, ']')) == "1:65 nested deeper than 64 levels");
    CHECK(mistakes(std::string(500, '[') + std::string(500, ']')) == "1:65 nested deeper than 64 levels");
    CHECK(mistakes(std::string(5000, '{')).find("nested deeper than 64 levels") != std::string::npos);
    std::string block;
    for (int i = 0; i < 500; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "k:\n";
    CHECK(mistakes(block).find("nested deeper than 64 levels") != std::string::npos);

    File const large = read("a: " + std::string(1 << 20, 'x'));
    REQUIRE(large.diagnostics.size() == 1);
    CHECK(large.diagnostics[0].code == code::limit_exceeded);
    CHECK(large.diagnostics[0].where->line == 0);
    CHECK(mistakes("a: " + std::string((1 << 20) - 3, 'x')) == "");

    std::string many;
    for (int i = 0; i < 100'001; ++i) many += "- 1\n";
    CHECK(mistakes(many).find("more than 100,000 values") != std::string::npos);
}

TEST_CASE("bytes that are no text are reported, all of them, and the rest is still checked", "[yaml]") {
    CHECK(mistakes(std::string_view("a: x\0y\n", 7)) == "1:5 NUL character");
    CHECK(mistakes(std::string_view("\0a: 1\n", 6)) == "1:1 NUL character");  // yaml-cpp would read UTF-16
    CHECK(mistakes("a: \"x\\0\"\n") == "1:4 text cannot hold a NUL character");
    CHECK(mistakes("a: \x01\nb: \x1b[31m\n") == "1:4 control character '\\x01'; 2:4 control character '\\x1b'");
    CHECK(mistakes("a: x\x04\nb: 1\nb: 2\n") == "1:5 control character '\\x04'; 3:1 duplicate key 'b'");
    CHECK(mistakes("a: \xC3\xBC\xff\n") == "1:5 not UTF-8");
    CHECK(mistakes("a: \xED\xA0\x80\n").starts_with("1:4 not UTF-8"));
    CHECK(mistakes("a: 1\rb: 2\n") == "1:5 carriage return inside a line");
    CHECK(mistakes("a: x\xEF\xBB\xBFy\n") == "1:5 byte order mark inside the text");
    CHECK(mistakes("a: x\x7f\n") == "1:5 control character '\\x7f'");
    CHECK(mistakes("\xFF\xFE" "a\n") == "1:1 not UTF-8");
    CHECK(read(std::string(1000, '\x01')).diagnostics.size() == 20);
    CHECK(mistakes("a: \"\\u001b\"\n") == "");  // an escape says what it means
}

TEST_CASE("a file without a document is an error at its first character", "[yaml]") {
    for (std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "---\n---\n", "\xEF\xBB\xBF", " "}) {
        CHECK(mistakes(text) == "1:1 the file holds no document");
    }
}

TEST_CASE("all mistakes of a file are told at once, in reading order", "[yaml]") {
    CHECK(mistakes("a: !x\nb: \x01\nb: 2\nc: {d: 1, d: 2}\ne: [1, 2\n") ==
          "1:4 a value cannot start with '!'; 2:4 control character '\\x01'; 3:1 duplicate key 'b'; 4:11 duplicate key 'd'; "
          "5:4 '[' is not closed");
}

TEST_CASE("a syntax error ends its file with a note, and keeps the documents before it", "[yaml]") {
    File const file = read("a: 1\n---\nb: [\n");
    REQUIRE(file.documents.size() == 1);
    REQUIRE(file.diagnostics.size() == 1);
    CHECK(file.diagnostics[0].notes.back().message == "the rest of this file was not checked");
}

TEST_CASE("hostile files cost no more than their size", "[yaml]") {
    std::size_t const size = 1u << 20;
    for (std::string_view piece : {"[", "{", "a: [", "- ", "? ", "&a ", "!a ", "'", "\"\\", "*a ", "a,", "{a: ", "[,", ": ", "%", "\t", "--- ", "> ", "|\n"}) {
        std::string text;
        while (text.size() + piece.size() <= size) text += piece;
        INFO(piece);
        auto const started = std::chrono::steady_clock::now();
        File const file = read(text);
        CHECK(shown(file).size() < 100'000);
        CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds{20});  // a square of the size would take hours
    }
}

TEST_CASE("an open bracket is not taken for a key", "[yaml]") {
    CHECK(mistakes("a: [[1\n").ends_with("'[' is not closed"));
    CHECK(read("a: [[1, {b: [2\n").diagnostics.size() == 1);
    CHECK(mistakes(std::string(1000, '[')).ends_with("nested deeper than 64 levels"));
}

TEST_CASE("a file of a thousand mistakes is left after five hundred", "[yaml]") {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "a: 1\n";
    File const file = read(text);
    CHECK(file.diagnostics.size() == 500);
    CHECK(file.diagnostics.back().notes.back().message == "the rest of this file was not checked");
}
