// Steps that wait for a person, and steps behind a switch.
#include "tests/unit/core/engine_bench.h"
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

std::string const gate = with_steps("  - {id: ask, uses: approve, with: {prompt: \"Go?\", timeout: 1h}}\n  - {id: a, run: x}\n");

std::string const route = with_steps(
    "  - {id: way, switch: [{when: inputs.n > 5, steps: [big]}, {when: inputs.n > 2, steps: [small]}]}\n"
    "  - {id: big, needs: [way], run: x}\n  - {id: small, needs: [way], run: x}\n  - {id: end, needs: [big, small], run: x}\n",
    "inputs: {n: int}\n");

AnswerApproval answer(std::int64_t run, bool approved, std::string name = "ana", std::vector<std::string> groups = {}) {
    return {.run = RunId{run}, .approved = approved, .comment = "seen", .name = std::move(name), .groups = std::move(groups)};
}

}  // namespace

TEST_CASE("an approval waits without a process, and goes on with the answer", "[core][approve]") {
    RunBench bench{gate};
    bench.admit();
    CHECK(bench.state() == "waiting");
    CHECK(bench.step("ask") == "waiting (approval)");
    CHECK(bench.row("ask").message == "Go?");
    CHECK(next_deadline(bench.run) == bench.now + 1h);
    CHECK(bench.said() == "");
    SECTION("yes") {
        bench.tell(RunApproval{0, true, "ana", "looks right"});
        CHECK(bench.step("ask") == "succeeded");
        CHECK(dump_json(bench.row("ask").outputs) == R"({"approved":true,"by":"ana","comment":"looks right"})");
        CHECK(bench.said() == "launch a#1");
    }
    SECTION("no") {
        bench.tell(RunApproval{0, false, "ana", "too late"});
        CHECK(bench.step("ask") == "failed (rejected)");
        CHECK(bench.row("ask").message == "rejected by ana: too late");
        CHECK(bench.state() == "failed (rejected)");
    }
    SECTION("nobody in time") {
        bench.passes(1h);
        CHECK(bench.step("ask") == "failed (rejected)");
        CHECK(bench.row("ask").message == "nobody answered in time");
    }
    SECTION("cancelled") {
        bench.cancel();
        CHECK(bench.step("ask") == "cancelled (cancelled)");
        CHECK(bench.state() == "cancelled (cancelled)");
    }
    SECTION("a second answer changes nothing") {
        bench.tell(RunApproval{0, true, "ana", ""});
        bench.tell(RunApproval{0, false, "ben", ""});
        CHECK(bench.step("ask") == "succeeded");
    }
}

TEST_CASE("without a timeout an approval waits for ever, and can be cancelled", "[core][approve]") {
    RunBench bench{with_steps("  - {id: ask, uses: approve, with: {prompt: \"Go?\"}}\n")};
    bench.admit();
    CHECK(next_deadline(bench.run) == never);
    bench.cancel();
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("silence can mean yes", "[core][approve]") {
    RunBench bench{with_steps("  - {id: ask, uses: approve, with: {prompt: \"Go?\", timeout: 1m, on_timeout: approve}}\n")};
    bench.admit();
    bench.passes(1min);
    CHECK(bench.state() == "succeeded");
}

TEST_CASE("the first true arm runs; the others are skipped, and what needs them runs", "[core][switch]") {
    auto const [n, big, small] = GENERATE(table<std::string, std::string, std::string>(
        {{"9", "running", "skipped (switch)"}, {"4", "skipped (switch)", "running"}, {"1", "skipped (switch)", "skipped (switch)"}}));
    RunBench bench{route, "{\"n\": " + n + "}"};
    bench.admit();
    CHECK(bench.step("way") == "succeeded");
    CHECK(bench.step("big") == big);
    CHECK(bench.step("small") == small);
    if (big == "running") bench.ends("big", 0);
    if (small == "running") bench.ends("small", 0);
    CHECK(bench.step("end") == "running");
}

TEST_CASE("an answer is for the step that waits, by somebody who may give it", "[core][approve]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: a, needs: [], uses: approve, with: {prompt: \"A?\", by: [ops, eva]}}\n"
                            "  - {id: b, needs: [], uses: approve, with: {prompt: \"B?\"}}\n"));
    bench.start("w");
    CHECK(bench.command(answer(1, true)) == 409);
    CHECK(bench.answer.text("title") == "run 1 waits for several answers: a, b");
    AnswerApproval for_a = answer(1, true);
    for_a.step = "a";
    CHECK(bench.command(for_a) == 403);
    CHECK(bench.answer.text("title") == "'a' is answered by ops, eva, and ana is none of them");
    for_a.groups = {"staff", "ops"};
    CHECK(bench.command(for_a) == 200);
    CHECK(bench.command(for_a) == 409);
    CHECK(bench.answer.text("title") == "step 'a' of run 1 waits for no answer: it is succeeded");
    for_a.step = "c";
    CHECK(bench.command(for_a) == 404);
    CHECK(bench.command(answer(1, false)) == 200);
    CHECK(bench.state(1) == "failed (rejected)");
    CHECK(bench.command(answer(1, true)) == 409);
    CHECK(bench.command(answer(7, true)) == 404);
}

TEST_CASE("a restart finds who waits for an answer", "[core][approve]") {
    EngineBench bench;
    bench.deploy(gate);
    bench.start("w");
    bench.restarts({});
    CHECK(bench.step("1.ask") == "waiting (approval)");
    CHECK(bench.command(answer(1, true)) == 200);
    CHECK(bench.step("1.a") == "running");
}

}  // namespace pawl::test
