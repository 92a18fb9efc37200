// Arms of a switch, and what an approval is told.
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::test;

namespace {

std::string wrong(std::string const& steps) { return mistakes("kind: workflow\nname: w\nsteps:\n" + steps); }

}  // namespace

TEST_CASE("an arm names steps that wait for the switch", "[flow][switch]") {
    CHECK(wrong("  - {id: way, switch: [{when: \"1 < 2\", steps: [a]}, {else: [b]}]}\n  - {id: a, run: x}\n  - {id: b, needs: [way], run: x}\n") == "");
    CHECK(wrong("  - {id: way, switch: [{when: \"1 < 2\", steps: [a]}]}\n  - {id: a, needs: [], run: x}\n").find(
              "step 'a' does not wait for the switch that decides about it") != std::string::npos);
    CHECK(wrong("  - {id: way, switch: [{when: \"1 < 2\", steps: [bb]}]}\n  - {id: b, needs: [way], run: x}\n").find(
              "step 'way' leads to 'bb', which does not exist") != std::string::npos);
}

TEST_CASE("else stands last and alone; every other arm has when and steps", "[flow][switch]") {
    std::string const behind = "  - {id: a, needs: [way], run: x}\n";
    CHECK(wrong("  - {id: way, switch: [{else: [a]}, {when: \"true\", steps: [a]}]}\n" + behind).find("arms behind 'else' are never taken") != std::string::npos);
    CHECK(wrong("  - {id: way, switch: [{else: [a], when: \"true\"}]}\n" + behind).find("an arm with 'else' has nothing beside it") != std::string::npos);
    CHECK(wrong("  - {id: way, switch: [{steps: [a]}]}\n" + behind).find("an arm of 'switch' has 'when' and 'steps', or 'else'") != std::string::npos);
    CHECK(wrong("  - {id: way, switch: []}\n").find("'switch' has no arm") != std::string::npos);
    CHECK(wrong("  - {id: way, switch: [{when: \"1 + 1\", steps: [a]}]}\n" + behind).find("bool") != std::string::npos);
    CHECK(wrong("  - {id: way, switch: [{else: [a]}], env: {A: x}}\n" + behind).find("'env' has no meaning beside 'switch'") != std::string::npos);
}

TEST_CASE("an approval needs a question, and knows its outputs", "[flow][approve]") {
    CHECK(wrong("  - {id: a, uses: approve, with: {prompt: \"Go?\", by: [ops], timeout: 4h, on_timeout: approve}}\n"
                "  - {id: b, if: \"steps.a.outputs.approved && steps.a.outputs.by != ''\", run: x}\n") == "");
    CHECK(wrong("  - {id: a, uses: approve}\n").find("'with' is missing beside 'uses: approve'") != std::string::npos);
    CHECK(wrong("  - {id: a, uses: approve, with: {by: [ops]}}\n").find("'prompt' is missing") != std::string::npos);
    CHECK(wrong("  - {id: a, uses: approve, with: {message: \"Go?\"}}\n").find("did you mean 'prompt'") != std::string::npos);
    CHECK(wrong("  - {id: a, uses: approve, with: {prompt: \"Go?\", on_timeout: approve}}\n").find("'on_timeout' has no meaning without 'timeout'") != std::string::npos);
}
