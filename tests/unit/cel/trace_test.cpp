// Traces: the value of every part, and what decided.
#include "tests/catch.h"

#include "common/cel/trace.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

Trace traced(std::string const& text) {
    Compiled const compiled = compile_text(text);
    ASSERT(compiled.program);
    Trace trace;
    Budget budget;
    (void)compiled.program->eval(values(), budget, trace);
    return trace;
}

}  // namespace

TEST_CASE("a diagram puts the value under each part", "[cel][trace]") {
    CHECK(diagram(traced("inputs.count > 2 && inputs.name == 'x'")) ==
          "inputs.count > 2 && inputs.name == 'x'\n"
          "       |     |   |         |    |\n"
          "       3     |   false     |    false\n"
          "             true          \"orders\"\n");
}

TEST_CASE("the conditions that decided are marked", "[cel][trace]") {
    CHECK(conditions(traced("inputs.count > 2 && inputs.name == 'x' && !inputs.dry")) ==
          "true    inputs.count > 2\n"
          "false   inputs.name == 'x'  <- decided\n"
          "true    !inputs.dry\n");
    CHECK(conditions(traced("inputs.dry || inputs.count == 3")) ==
          "false   inputs.dry\n"
          "true    inputs.count == 3  <- decided\n");
    CHECK(conditions(traced("inputs.count == 3 && inputs.name == 'orders'")) ==
          "true    inputs.count == 3        <- decided\n"
          "true    inputs.name == 'orders'  <- decided\n");
}

TEST_CASE("the body of a binding is where the conditions stand", "[cel][trace]") {
    std::string const lines = conditions(traced("cel.bind(n, inputs.count, n > 2 && n < 3) || inputs.dry"));
    CHECK(lines.find("cel.bind") == std::string::npos);
    CHECK(lines.find("true    n > 2") != std::string::npos);
    CHECK(lines.find("false   n < 3") != std::string::npos);
}

TEST_CASE("both sides of && and || run in a trace, so that all failing parts are seen", "[cel][trace]") {
    CHECK(conditions(traced("inputs.dry && event.data.total > 5")) ==
          "false   inputs.dry            <- decided\n"
          "error   event.data.total > 5\n");
}

TEST_CASE("a part inside of a comprehension shows its last value and how often it ran", "[cel][trace]") {
    Trace const trace = traced("event.data.items.all(i, i < 2)");
    bool found = false;
    for (Trace::Part const& part : trace.parts) {
        if (trace.text.substr(part.begin, part.end - part.begin) != "i < 2") continue;
        found = true;
        CHECK(part.value == "false");
        CHECK(part.times == 2);  // the second element ends it
    }
    CHECK(found);
}

TEST_CASE("a branch that was not taken has no value", "[cel][trace]") {
    for (Trace::Part const& part : traced("inputs.dry ? inputs.count : inputs.amount").parts) CHECK(part.value != "3");
}
