// What is said about conditions that decide nothing, and about switches: only what was found by evaluating.
#include "common/flow/conflicts.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::test;

namespace {

/// A workflow with such inputs and arms; what the arms lead to stands behind.
std::string choosing(std::string const& inputs, std::string const& arms, std::string const& more = "") {
    return "kind: workflow\nname: w\ninputs: " + inputs + "\n" + more + "steps:\n  - id: way\n    switch: " + arms +
           "\n  - {id: a, needs: [way], run: x}\n  - {id: b, needs: [way], run: x}\n  - {id: c, needs: [way], run: x}\n";
}

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

std::string full(std::string const& text) {
    LoadedWorkflow const workflow = good(text);
    std::string lines;
    for (Conflict const& one : conflicts_in(*workflow.plan, Depth::full))
        lines += std::string(name_of(one.kind)) + ": " + one.message + (one.witness.empty() ? "" : " [" + one.witness + "]") + "\n";
    return lines;
}

}  // namespace

TEST_CASE("a switch without else is told of values for which it takes no arm", "[flow][conflicts]") {
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n > 5, steps: [b]}]")), "5:9 switch_gap: switch 'way' takes no arm when inputs.n = 5"));
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n >= 5, steps: [b]}]")) == "");
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {else: []}]")) == "");
    CHECK(holds(mistakes(choosing("{s: string}", "[{when: inputs.s == 'eu', steps: [a]}, {when: \"inputs.s in ['us', 'other']\", steps: [b]}]")), "takes no arm when inputs.s = \"other1\""));
    CHECK(holds(mistakes(choosing("{x: number}", "[{when: inputs.x < 1.0, steps: [a]}, {when: inputs.x > 1.5, steps: [b]}]")), "takes no arm when inputs.x = 1.0"));
    CHECK(holds(mistakes(choosing("{d: duration}", "[{when: \"inputs.d < duration('1h')\", steps: [a]}, {when: \"inputs.d > duration('1h')\", steps: [b]}]")), "takes no arm when inputs.d = \"3600s\""));
}

TEST_CASE("declared bounds are taken at their word", "[flow][conflicts]") {
    std::string const arms = "[{when: \"inputs.s == 'eu'\", steps: [a]}, {when: \"inputs.s == 'us'\", steps: [b]}]";
    CHECK(mistakes(choosing("{s: {type: string, enum: [eu, us]}}", arms)) == "");
    CHECK(holds(mistakes(choosing("{s: {type: string, enum: [eu, us, ap]}}", arms)), "inputs.s = \"ap\""));
    CHECK(mistakes(choosing("{n: {type: int, min: 1, max: 9}}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n < 10, steps: [b]}]")) == "");
    CHECK(mistakes(choosing("{f: bool}", "[{when: inputs.f, steps: [a]}, {when: \"!inputs.f\", steps: [b]}]")) == "");
    CHECK(holds(mistakes(choosing("{n: {type: int, min: 1}}", "[{when: inputs.n >= 1, steps: [a]}, {else: [b]}]", "if: inputs.n > 0\n")), "4:5 constant_condition: the workflow's 'if' is always true"));
}

TEST_CASE("an arm that the arms above it leave nothing for is never taken", "[flow][conflicts]") {
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n > 5, steps: [a]}, {when: inputs.n > 7, steps: [b]}, {else: [c]}]")), "never_taken: arm 2 of switch 'way' is never taken"));
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n > 7, steps: [a]}, {when: inputs.n > 5, steps: [b]}, {else: [c]}]")) == "");
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n > 5 && inputs.n < 5, steps: [a]}, {else: [c]}]")), "its condition is always false"));
    SECTION("also for several that together cover it") {
        CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n > 3, steps: [b]}, {when: inputs.n == 4, steps: [c]}]")), "arm 3 of switch"));
    }
    SECTION("not when a part of it could be anything") {
        CHECK(mistakes(choosing("{n: int, s: string}", "[{when: size(inputs.s) > 5, steps: [a]}, {when: size(inputs.s) > 7, steps: [b]}, {else: [c]}]")) == "");
    }
    SECTION("not when an arm above may fail for it, which would be told by a run") {
        CHECK(mistakes(choosing("{n: int}", "[{when: 10 / inputs.n > 0 || inputs.n > 0, steps: [a]}, {when: inputs.n < 0, steps: [b]}, {else: [c]}]")) == "");
    }
}

TEST_CASE("what leads to a switch counts: a value that never comes there is no gap", "[flow][conflicts]") {
    std::string const arms = "[{when: inputs.n > 10, steps: [a]}, {when: inputs.n <= 10, steps: [b]}]";
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n > 10, steps: [a]}, {when: inputs.n < 10, steps: [b]}]", "if: inputs.n != 10\n")) == "");
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n > 10, steps: [a]}, {when: inputs.n > 20, steps: [b]}, {else: [c]}]\n    if: inputs.n < 15")).find("never_taken") != std::string::npos);
    CHECK(mistakes("kind: workflow\nname: w\ninputs: {n: int}\nsteps:\n  - id: first\n    switch: [{when: inputs.n > 0, steps: [way]}, {else: []}]\n"
                   "  - id: way\n    needs: [first]\n    switch: [{when: inputs.n > 10, steps: [a]}, {when: inputs.n > 0, steps: [b]}]\n"
                   "  - {id: a, needs: [way], run: x}\n  - {id: b, needs: [way], run: x}\n") == "");
}

TEST_CASE("nothing is claimed about values that are computed", "[flow][conflicts]") {
    CHECK(mistakes(choosing("{f: bool}", "[{when: \"vars.kind == 'a'\", steps: [a]}, {when: \"vars.kind == 'b'\", steps: [b]}]", "vars: {kind: \"${{ inputs.f ? 'a' : 'b' }}\"}\n")) == "");
    std::string const behind = "kind: workflow\nname: w\nsteps:\n  - {id: p, run: x, outputs: {n: int}}\n  - {id: s, needs: [], uses: set, with: {n: 7}}\n";
    CHECK(mistakes(behind + "  - {id: way, needs: [s], switch: [{when: steps.s.outputs.n == 7, steps: [a]}]}\n  - {id: a, needs: [way], run: x}\n") == "");
    CHECK(holds(mistakes(behind + "  - {id: way, needs: [p], switch: [{when: steps.p.outputs.n == 7, steps: [a]}]}\n  - {id: a, needs: [way], run: x}\n"), "takes no arm when steps.p.outputs.n = 6"));
}

TEST_CASE("an if that is the same for all values is told, unless it is written so", "[flow][conflicts]") {
    auto const with_if = [](std::string const& text) { return mistakes("kind: workflow\nname: w\ninputs: {n: {type: int, min: 0, max: 9}, s: {type: string, default: x}, o: {type: string, optional: true}}\nsteps:\n  - {id: a, run: x, if: \"" + text + "\"}\n"); };
    CHECK(holds(with_if("inputs.n < 10"), "constant_condition: 'if' of step 'a' is always true"));
    CHECK(holds(with_if("inputs.n > 5 && inputs.n < 3"), "'if' of step 'a' is always false"));
    CHECK(holds(with_if("inputs.s == 'a' && inputs.s == 'b'"), "always false"));
    CHECK(holds(with_if("failure() && inputs.n > 20"), "always false"));
    for (char const* sane : {"inputs.n < 9", "false", "always()", "always() || inputs.n > 3", "inputs.s == 'a' || inputs.s != 'b'", "inputs.s.startsWith('a') && inputs.s.startsWith('b')", "success()"}) {
        INFO(sane);
        CHECK(with_if(sane) == "");
    }
}

TEST_CASE("a condition with a name is judged by its params", "[flow][conflicts]") {
    auto const condition = [](std::string const& params, std::string const& expr) { return mistakes("kind: condition\nname: c\nparams: " + params + "\nexpr: " + expr + "\n"); };
    CHECK(holds(condition("{n: {type: int, max: 5}}", "params.n > 5"), "condition 'c' is always false"));
    CHECK(condition("{n: int}", "params.n > 5") == "");
    CHECK(condition("{n: int}", "now.getHours('UTC') < 12 || params.n > 5") == "");
    CHECK(holds(condition("{n: int}", "now < timestamp('2026-01-01T00:00:00Z') && now > timestamp('2026-02-01T00:00:00Z')"), "always false"));
}

TEST_CASE("overlaps, and steps side by side, are told to who asks", "[flow][conflicts]") {
    CHECK(full(choosing("{n: int}", "[{when: inputs.n > 7, steps: [a]}, {when: inputs.n > 5, steps: [b]}, {else: [c]}]")) ==
          "overlap: arm 1 and arm 2 of switch 'way' both hold; arm 1 is taken [inputs.n = 8]\n");
    std::string const beside = "kind: workflow\nname: w\ninputs: {n: int}\nsteps:\n  - {id: a, needs: [], run: x, if: inputs.n > 3}\n  - {id: b, needs: [], run: x, if: inputs.n > 5}\n";
    CHECK(full(beside) == "gap: none of the steps 'a', 'b' runs [inputs.n = 3]\noverlap: steps 'a' and 'b' both run [inputs.n = 6]\n");
}

TEST_CASE("many names are no trouble: then nothing is claimed for all values, and some are tried", "[flow][conflicts]") {
    std::string inputs = "{", all = "true";
    for (int i = 0; i < 30; ++i) {
        inputs += (i == 0 ? "" : ", ") + ("i" + std::to_string(i)) + ": int";
        all += " && inputs.i" + std::to_string(i) + " > 0";
    }
    CHECK(holds(mistakes(choosing(inputs + "}", "[{when: \"" + all + "\", steps: [a]}]")), "switch_gap"));
    CHECK(mistakes(choosing(inputs + "}", "[{when: \"" + all + "\", steps: [a]}, {when: \"" + all + "\", steps: [b]}, {else: [c]}]")) == "");
}
