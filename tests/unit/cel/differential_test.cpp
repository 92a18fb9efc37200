// One program, evaluated in every way there is: folded or not, traced or not, in part first, without types. The answers must agree.
#include "tests/catch.h"

#include <cstdlib>

#include "common/cel/parser.h"
#include "common/cel/print.h"
#include "common/cel/trace.h"
#include "tests/unit/cel/bench.h"
#include "tests/unit/cel/random_program.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

constexpr std::uint64_t seed = 20261125;
constexpr Budget roomy{.steps_left = 10'000'000, .bytes_left = 64u << 20};

/// The value as JSON, or "error": which of several errors is told may differ.
std::string answer(Result<Json> const& result) { return result ? dump_json(*result) : "error"; }

std::string evaluated(Program const& program, Values const& given) {
    Budget budget = roomy;
    return answer(program.eval(given, budget));
}

std::string traced(Program const& program, Values const& given) {
    Budget budget = roomy;
    Trace trace;
    return answer(program.eval(given, budget, trace));
}

std::optional<Program> compiled(std::string const& text, Strictness strictness) {
    Environment place = environment();
    place.strictness(strictness);
    return compile(Source{text, {}}, place).program;
}

std::string reprinted(std::string const& text) {
    Source const source{text, {}};
    Reporter reporter{Placer(source)};
    Ast const ast = parse(text, reporter);
    return reporter.failed() ? "does not parse" : to_text(ast);
}

}  // namespace

TEST_CASE("random programs give one answer in every way of evaluating them", "[cel][differential]") {
    std::size_t const wanted = std::getenv("PAWL_TESTS_LONG") != nullptr ? 200'000 : 2'500;
    RandomPrograms programs(seed);
    Values const all = values();
    Values const inputs = Values().set("inputs", dump_json(*all.variable("inputs"))).set("vars", dump_json(*all.variable("vars")));
    Values const others = Values().set("event", dump_json(*all.variable("event")));
    std::size_t compared = 0, with_values = 0;
    for (std::size_t attempt = 0; compared < wanted; ++attempt) {
        REQUIRE(attempt < wanted * 4);
        std::string const text = programs.next();
        auto const plain = compiled(text, {.types = true, .division = false, .folding = false});
        INFO(text);
        if (!plain) {
            // the only reason may be that a literal is of another kind than the names around it
            REQUIRE_FALSE(reprinted(text) == "does not parse");
            continue;
        }
        ++compared;
        std::string const expected = evaluated(*plain, all);
        if (expected != "error") ++with_values;
        REQUIRE(traced(*plain, all) == expected);
        REQUIRE(evaluated(*compiled(text, {.types = false, .division = false}), all) == expected);
        REQUIRE(evaluated(plain->partial(inputs), others) == expected);
        REQUIRE(evaluated(plain->partial(others), inputs) == expected);
        REQUIRE(evaluated(plain->partial(all), Values()) == expected);
        // what can only fail is refused when it is folded
        auto const folded = compiled(text, {.types = true, .division = false, .folding = true});
        if (folded) {
            REQUIRE(evaluated(*folded, all) == expected);
            REQUIRE(traced(*folded, all) == expected);
        } else {
            REQUIRE(expected == "error");
        }
        REQUIRE(reprinted(reprinted(text)) == reprinted(text));
    }
    CHECK(with_values > wanted / 4);  // else the programs are too wild to say much
}
