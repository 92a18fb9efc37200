// The shape of expressions, and how the parser goes on behind mistakes.
#include "common/cel/parser.h"

#include "common/cel/print.h"
#include "tests/catch.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

std::string printed(std::string const& text) {
    Source const source{text, {}};
    Reporter reporter{Placer(source)};
    Ast const ast = parse(text, reporter);
    Diagnostics const found = reporter.take();
    return found.empty() ? to_text(ast) : diagnostics_text(found);
}

std::size_t mistakes(std::string const& text) { return compile_text(text).diagnostics.size(); }

}  // namespace

TEST_CASE("operators bind as CEL says", "[cel][parser]") {
    CHECK(printed("a+b*c-d") == "a + b * c - d");
    CHECK(printed("(a+b)*c") == "(a + b) * c");
    CHECK(printed("a-(b-c)") == "a - (b - c)");
    CHECK(printed("a||b&&c||d") == "a || b && c || d");
    CHECK(printed("(a||b)&&c") == "(a || b) && c");
    CHECK(printed("a<b==c") == "a < b == c");
    CHECK(printed("a?b:c?d:e") == "a ? b : c ? d : e");
    CHECK(printed("(a?b:c)?d:e") == "(a ? b : c) ? d : e");
    CHECK(printed("!a.b(c)[d].e") == "!a.b(c)[d].e");
    CHECK(printed("-a.b") == "-a.b");
    CHECK(printed("a in [1,2,]") == "a in [1, 2]");
    CHECK(printed("{'a':1,?b:c}") == "{'a': 1, ?b: c}");
    CHECK(printed("[?a, b][?0]") == "[?a, b][?0]");
    CHECK(printed("a.?b.c") == "a.?b.c");
    CHECK(printed("a.`b-c`") == "a.`b-c`");
    CHECK(printed("a.exists(x, x > 1)") == "a.exists(x, x > 1)");
    CHECK(printed("has(a.b)") == "has(a.b)");
    CHECK(printed(".a") == ".a");
}

TEST_CASE("runs of ! and - collapse by parity", "[cel][parser]") {
    CHECK(printed("!!a") == "a");
    CHECK(printed("!!!a") == "!a");
    CHECK(printed("--a") == "a");
    CHECK(printed("-5") == "-5");
    CHECK(printed("-(5)") == "-(5)");
    CHECK(printed("---a") == "-a");
}

TEST_CASE("what is printed parses to the same text", "[cel][parser]") {
    for (std::string const& text : std::vector<std::string>{"a - (b - c) - -1", "(a && b) && c", "!(a == b)", "-(-x)", "(-5).f()", "{'k\\n': b'\\xff'}[r'\\d']", "a ? (b ? 1 : 2) : 3",
                                   "(a ? b : c).d", "[1u, 2.0, 1e100, -0.5]", "a.map(x, x > 1, x * 2).filter(y, y in [1])", "a.if.for", "(a || b) == c"}) {
        CAPTURE(text);
        std::string const once = printed(text);
        CHECK(printed(once) == once);
    }
}

TEST_CASE("fields may be reserved words, names may not", "[cel][parser]") {
    CHECK(printed("a.for.package") == "a.for.package");
    CHECK(contains(printed("for == 1"), "'for' is a reserved word"));
    CHECK(contains(printed("a.in"), "'in' cannot be a field name here"));
    CHECK(contains(printed("a.true"), "'true' cannot be a field name here"));
}

TEST_CASE("all mistakes of an expression are found in one go", "[cel][parser]") {
    CHECK(check_text("(1 + ) * size(inputs.name, )") ==
          "1:6 expected a value, found ')'; 1:28 expected a value, found ')'");
    CHECK(mistakes("[1 +, 2 *, nope]") == 3);
    CHECK(mistakes("inputs.nope && inputs.nah && event.x >") == 3);
    CHECK(mistakes("size() + upper('x') + '\\q'") == 3);
    CHECK(mistakes("{'a' 1, 'b': nope}") == 2);
    std::string many = "[";
    for (int i = 0; i < 40; ++i) many += "x" + std::to_string(i) + ", ";
    CHECK(mistakes(many + "1]") == 20);
}

TEST_CASE("a mistake is shown where it is", "[cel][parser]") {
    CHECK(check_text("") == "1:1 the expression is empty");
    CHECK(check_text("1 +") == "1:4 expected a value, found the end");
    CHECK(check_text("(1") == "1:3 expected ')', found the end");
    CHECK(check_text("1 2") == "1:3 expected an operator or the end, found '2'");
    CHECK(check_text("true and false") == "1:6 expected an operator or the end, found 'and' | 'and' is written &&");
    CHECK(check_text("inputs.dry ? 1") == "1:15 expected ':' of the condition, found the end");
    CHECK(check_text("inputs.") == "1:8 expected a field name, found the end");
    CHECK(contains(check_text("has(inputs)"), "1:5 has() needs a field"));
    CHECK(contains(check_text("[1].all(x.y, true)"), "1:9 this argument of all() must be a plain name"));
    CHECK(contains(check_text("[1].all(__result__, true)"), "plain name"));
    CHECK(contains(check_text("Thing{a: 1}"), "there is no message type 'Thing'"));
}

TEST_CASE("places follow the user's file through Source::place", "[cel][parser]") {
    Source const source{"inputs.dry && nope", [](std::size_t offset, std::size_t length) {
                            return SourcePos{"flow.yaml", 7, static_cast<std::uint32_t>(offset) + 100, static_cast<std::uint32_t>(length)};
                        }};
    Compiled const compiled = compile(source, environment());
    REQUIRE(compiled.diagnostics.size() == 1);
    CHECK(*compiled.diagnostics[0].where == SourcePos{"flow.yaml", 7, 114, 4});

    SECTION("also at run time, when the source is gone") {
        auto const later = compile(Source{"event.nope", source.place}, environment());
        REQUIRE(later.program);
        auto const result = later.program->eval(values());
        REQUIRE(!result);
        CHECK(*result.error().where == SourcePos{"flow.yaml", 7, 100, 10});
    }
}

TEST_CASE("nesting and length have limits that are told", "[cel][parser]") {
    auto const brackets = [](std::size_t n) { return std::string(n, '(') + "1" + std::string(n, ')'); };
    CHECK(check_text(brackets(200)).empty());
    CHECK(contains(check_text(brackets(5'000)), "nested deeper than 250"));
    CHECK(contains(check_text(std::string(5'000, '[')), "nested deeper than 250"));
    std::string sum = "1", all = "true";
    for (int i = 0; i < 400; ++i) {
        sum += "+1";
        all += " && true";
    }
    CHECK(contains(check_text(sum), "nested deeper than 250"));
    CHECK(check_text(all).empty());  // a chain of && is not deep
    CHECK(contains(check_text(std::string(20'000, '1')), "longer than 16 KiB"));
    CHECK(contains(check_text("'\xff'"), "not valid UTF-8"));
}
