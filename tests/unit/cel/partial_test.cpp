// Partial evaluation: what the known values decide, and what is left.
#include "tests/catch.h"

#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

/// Only `inputs` and `now` are known.
Values known() { return Values().set("inputs", R"({"dry": false, "amount": 10.0, "count": 3, "name": "orders", "tags": ["a", "b"], "due": "2026-01-02T03:04:05Z"})").set("now", R"("2026-11-24T17:20:12Z")"); }

Program rest_of(std::string const& text) {
    Compiled const compiled = compile_text(text);
    ASSERT(compiled.program);
    return compiled.program->partial(known());
}

/// The constant, or "open".
std::string decided(std::string const& text) {
    auto const value = rest_of(text).constant();
    return value ? dump_json(*value) : "open";
}

/// The rest over values without what was known.
std::string rest_value(std::string const& text) {
    Values const others = Values().set("event", R"({"data": {"amount": 7, "items": [1, 2, 3], "user": {"id": "u1"}}})");
    auto const result = rest_of(text).eval(others);
    return result ? dump_json(*result) : "error " + result.error().message;
}

}  // namespace

TEST_CASE("known values decide what needs nothing else", "[cel][partial]") {
    CHECK(decided("inputs.count + 1") == "4");
    CHECK(decided("inputs.tags.map(t, t + '!')") == R"(["a!","b!"])");
    CHECK(decided("inputs.due < now") == "true");
    CHECK(decided("event.data.amount") == "open");
}

TEST_CASE("an unknown is absorbed by && and || like an error", "[cel][partial]") {
    CHECK(decided("inputs.dry && event.data.amount > 5") == "false");
    CHECK(decided("event.data.amount > 5 && inputs.dry") == "false");
    CHECK(decided("!inputs.dry || event.data.amount > 5") == "true");
    CHECK(decided("!inputs.dry && event.data.amount > 5") == "open");
    CHECK(decided("!(inputs.dry && event.data.amount > 5)") == "true");
    CHECK(decided("(inputs.dry && event.x) || inputs.count == 3") == "true");
}

TEST_CASE("a known condition chooses its branch", "[cel][partial]") {
    CHECK(decided("inputs.dry ? event.data.amount : inputs.count") == "3");
    CHECK(decided("inputs.dry ? inputs.count : event.data.amount") == "open");
}

TEST_CASE("the rest asks for known values no more", "[cel][partial]") {
    CHECK(rest_value("event.data.amount > inputs.count && !inputs.dry") == "true");
    CHECK(rest_value("event.data.items.filter(i, i >= inputs.count)") == "[3]");
    CHECK(rest_value("inputs.tags.map(t, t + event.data.user.id)") == R"(["au1","bu1"])");
    CHECK(rest_value("[event.data.amount, inputs.count, event.data.?none.orValue(inputs.count)]") == "[7,3,3]");
    CHECK(rest_value("{inputs.name: event.data.amount, ?'b': event.data.?b}") == R"({"orders":7})");
    CHECK(rest_value("cel.bind(x, inputs.count, x + event.data.amount)") == "10");
}

TEST_CASE("a known part that fails stays an error, and stays absorbed", "[cel][partial]") {
    CHECK(contains(rest_value("inputs.tags[5] == event.data.user.id"), "error index 5 is not in the list of 2"));
    CHECK(rest_value("inputs.tags[5] == 'x' || event.data.amount == 7") == "true");
}
