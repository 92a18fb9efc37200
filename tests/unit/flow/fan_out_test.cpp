// foreach and matrix: what is said of them at check.
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::test;

namespace {

std::string wrong(std::string const& steps) { return mistakes("kind: workflow\nname: w\ninputs: {regions: {type: list, items: string}}\nsteps:\n" + steps); }
bool tells(std::string const& steps, std::string_view what) {
    std::string const told = wrong(steps);
    INFO(told);
    return told.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("values of a step see its item or its matrix, typed", "[flow][items]") {
    CHECK(wrong("  - {id: a, foreach: inputs.regions, run: x, env: {R: \"${{ item.upperAscii() }}\"}, retry: {max_attempts: 2, if: \"item != 'eu'\"}, idempotent: true}\n") == "");
    CHECK(wrong("  - {id: a, matrix: {n: [1, 2], s: [a, b]}, argv: [x, \"${{ matrix.n + 1 }}\", \"${{ matrix.s }}\"]}\n") == "");
    CHECK(tells("  - {id: a, foreach: inputs.regions, run: x, env: {R: \"${{ item + 1 }}\"}}\n", "expression_type"));
    CHECK(tells("  - {id: a, matrix: {os: [linux]}, run: x, env: {R: \"${{ matrix.oss }}\"}}\n", "no such field 'oss' in matrix"));
    CHECK(tells("  - {id: a, run: x, env: {R: \"${{ item }}\"}}\n", "only a step with 'foreach' has an item"));
}

TEST_CASE("what is judged once sees no item", "[flow][items]") {
    CHECK(tells("  - {id: a, foreach: inputs.regions, if: \"item == 'eu'\", run: x}\n", "judged once, before there are items"));
    CHECK(tells("  - {id: a, foreach: \"item\", run: x}\n", "judged once, before there are items"));
}

TEST_CASE("steps behind it see the items, each with its own outputs", "[flow][items]") {
    std::string const up = "  - {id: up, foreach: inputs.regions, run: x, outputs: {size: int}}\n";
    CHECK(wrong(up + "  - {id: b, if: \"steps.up.items.all(i, i.outputs.size > 1 && i.item != '')\", run: x}\n") == "");
    CHECK(tells(up + "  - {id: b, if: \"steps.up.outputs.size > 1\", run: x}\n", "it runs once an item: steps.up.items.map(i, i.outputs)"));
    CHECK(tells(up + "  - {id: b, if: \"steps.up.items[0].outputs.size == 'a'\", run: x}\n", "expression_type"));
}

TEST_CASE("who takes an item back sees that item's outputs", "[flow][items][undo]") {
    CHECK(wrong("  - id: up\n    foreach: inputs.regions\n    run: x\n    outputs: {size: int}\n"
                "    undo: {argv: [x, --, \"${{ item }}\", \"${{ steps.up.outputs.size + 1 }}\"]}\n") == "");
}

TEST_CASE("a list, one of the two, and what belongs to it", "[flow][items]") {
    CHECK(tells("  - {id: a, foreach: \"'eu'\", run: x}\n", "'foreach' is a list, not string"));
    CHECK(tells("  - {id: a, foreach: inputs.regions, matrix: {a: [1]}, run: x}\n", "has both 'foreach' and 'matrix'"));
    CHECK(tells("  - {id: a, matrix: {os: linux}, run: x}\n", "'os' of 'matrix' is a list, not text"));
    CHECK(wrong("  - {id: a, matrix: {os: linux}, run: x}\n").find("of 'matrix'") == wrong("  - {id: a, matrix: {os: linux}, run: x}\n").rfind("of 'matrix'"));
    CHECK(tells("  - {id: a, matrix: {os: []}, run: x}\n", "'os' is empty"));
    CHECK(tells("  - {id: a, matrix: {}, run: x}\n", "'matrix' has no list"));
    CHECK(tells("  - {id: a, matrix: {Os: [a]}, run: x}\n", "is no name in a matrix"));
    CHECK(tells("  - {id: a, max_parallel: 2, run: x}\n", "'max_parallel' has no meaning without 'foreach' or 'matrix'"));
    CHECK(tells("  - {id: a, foreach: inputs.regions, max_parallel: 0, run: x}\n", "max_parallel"));
    CHECK(tells("  - {id: a, foreach: inputs.regions, switch: [{when: \"1 < 2\", steps: [b]}]}\n  - {id: b, run: x}\n", "a switch is not taken once an item"));
    CHECK(tells("  - {id: a, for_each: inputs.regions, run: x}\n", "did you mean 'foreach'"));
}
