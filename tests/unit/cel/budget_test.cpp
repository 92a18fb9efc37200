// Steps, memory and time of an evaluation are bounded, and nothing absorbs the end of the budget.
#include <chrono>

#include "tests/catch.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

constexpr auto spent = "the expression takes too many steps or too much memory";

/// A list of `n` numbers under vars.
Values with_list(std::size_t n) {
    std::string text = "{\"list\": [";
    for (std::size_t i = 0; i < n; ++i) text += (i > 0 ? "," : "") + std::to_string(i);
    return values().set("vars", text + "]}");
}

Values with_text(std::size_t n) { return values().set("vars", "{\"text\": \"" + std::string(n, 'a') + "\"}"); }

}  // namespace

TEST_CASE("a node costs a step", "[cel][budget]") {
    CHECK(eval_text("inputs.count + 1 > 2", values(), {.steps_left = 6}) == "true");
    CHECK(contains(eval_text("inputs.count + 1 > 2", values(), {.steps_left = 5}), spent));
    Budget budget;
    REQUIRE(compile_text("inputs.dry").program->eval(values(), budget));
    CHECK(budget.steps_left == 100'000 - 2);
}

TEST_CASE("running out is absorbed by nothing and has its own code", "[cel][budget]") {
    std::string const endless = "vars.list.all(a, vars.list.all(b, vars.list.all(c, a + b + c >= 0)))";
    for (std::string const& text : std::vector<std::string>{endless, endless + " || true", "true || " + endless + " && false", "inputs.dry && " + endless + " || !inputs.dry && " + endless,
                                   "vars.list.exists(x, " + endless + ")", "!(" + endless + ") || inputs.count == 3"}) {
        CAPTURE(text);
        auto const result = compile_text(text).program->eval(with_list(1'000));
        if (text.starts_with("true ||")) {  // decided before it starts
            CHECK(result);
            continue;
        }
        REQUIRE(!result);
        CHECK(result.error().message == spent);
        CHECK(result.error().code == code::limit_exceeded);
    }
}

TEST_CASE("what is built is paid for", "[cel][budget]") {
    CHECK(contains(eval_text("vars.text + vars.text", with_text(600'000)), spent));
    CHECK(contains(eval_text("[1,2,3,4,5,6,7,8].map(x, vars.text + 'x')", with_text(200'000)), spent));
    CHECK(contains(eval_text("vars.list.map(x, vars.list)", with_list(1'000)), "the result of the expression is too large"));
    CHECK(contains(eval_text("json.encode(vars.list.map(x, vars.list))", with_list(1'000)), spent));
    CHECK(contains(eval_text("vars.list.map(x, [x, x, x, x, x, x, x, x])", with_list(10'000)), spent));
    CHECK(contains(eval_text("vars.text.replace('a', vars.text)", with_text(10'000)), spent));
    CHECK(contains(eval_text("[1,2,3,4,5,6,7,8,9].map(x, vars.text.split('')).size() > 0", with_text(50'000)), spent));
    CHECK(contains(eval_text("json.parse(vars.text)", with_text(500'000)), spent));
}

TEST_CASE("looking at long values is paid for", "[cel][budget]") {
    CHECK(contains(eval_text("vars.list.all(x, vars.list == vars.list)", with_list(5'000)), spent));
    CHECK(contains(eval_text("vars.list.all(x, !(-1 in vars.list))", with_list(5'000)), spent));
    CHECK(contains(eval_text("[1,2,3,4,5,6,7,8,9].all(x, vars.text.matches('(a?){90}' + string(x)))", with_text(50'000)), spent));
    CHECK(contains(eval_text("vars.text.contains(vars.text.substring(0, 400000) + 'b')", with_text(900'000)), spent));
}

TEST_CASE("the budget keeps every evaluation short", "[cel][budget]") {
    std::vector<std::pair<std::string, Values>> worst;
    worst.emplace_back("vars.list.all(a, vars.list.all(b, vars.list.all(c, a + b + c >= 0)))", with_list(1'000));
    worst.emplace_back("[1,2,3,4,5,6,7,8,9].all(x, vars.text.matches('(a|b|ab)*c' + string(x)))", with_text(100'000));
    worst.emplace_back("[1,2,3,4,5,6,7,8,9].all(x, vars.text.matches('(x{1,100}){1,9}' + string(x)))", with_text(10));
    for (auto const& [text, given] : worst) {
        CAPTURE(text);
        Compiled const compiled = compile_text(text);
        REQUIRE(compiled.program);
        auto const begin = std::chrono::steady_clock::now();
        (void)compiled.program->eval(given);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));  // milliseconds in fact; sanitizers and load take their share
    }
}

TEST_CASE("a pattern has at most 1,000 bytes", "[cel][budget]") {
    CHECK(contains(check_text("inputs.name.matches('" + std::string(1'001, 'a') + "')"), "longer than 1,000 bytes"));
    CHECK(contains(eval_text("inputs.name.matches(vars.text)", with_text(1'001)), "longer than 1,000 bytes"));
}

TEST_CASE("a template cannot multiply a long value", "[cel][budget]") {
    std::string text;
    for (int i = 0; i < 20; ++i) text += "${{ vars.text }}";
    CompiledTemplate const made = compile_template(Source{text, {}}, environment());
    REQUIRE(made.value);
    auto const result = made.value->eval_text(with_text(100'000));
    REQUIRE(!result);
    CHECK(result.error().code == code::limit_exceeded);
}

TEST_CASE("many warnings never hide an error", "[cel][checker]") {
    std::string text = "[";
    for (int i = 0; i < 30; ++i) text += "steps.dump.outputs.note, ";
    Compiled const compiled = compile_text(text + "nope]");
    CHECK(compiled.diagnostics.size() == 20);
    CHECK(has_errors(compiled.diagnostics));
    CHECK(!compiled.program);
}
