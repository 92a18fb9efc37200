// Steps that start runs of other workflows: one run a step, which ends with it and is stopped with it.
#include "tests/unit/core/engine_bench.h"

namespace pawl::test {
namespace {

std::string const callee = R"(
kind: workflow
name: callee
inputs: {n: {type: int, max: 5}}
steps: [{id: work, run: x}, {id: more, run: x}]
outputs: {m: "${{ inputs.n + 1 }}"}
)";
std::string const family = "kind: workflow\nname: caller\nsteps:\n  - {id: call, uses: workflow/callee, with: {n: 2}}\n"
                           "  - {id: after, argv: [x, \"${{ string(steps.call.outputs.m) }}\"]}\noutputs: {m: \"${{ steps.call.outputs.m }}\"}\n---" + callee;

/// A caller with this step, and the callee.
std::string calling(std::string const& step, std::string const& head = "") { return "kind: workflow\nname: caller\n" + head + "steps:\n" + step + "---" + callee; }

}  // namespace

TEST_CASE("a step starts a run of another workflow and ends with it, with its outputs", "[core][children]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    CHECK(bench.said() == "launch 2.work#1");
    CHECK(bench.step("1.call") == "waiting (child)");
    CHECK(bench.row("1.call").child == RunId{2});
    CHECK(bench.state(1) == "waiting");
    CHECK(bench.rows().at(RunId{2}).run.parent == RunId{1});
    CHECK(dump_json(bench.rows().at(RunId{2}).data.inputs) == R"({"n":2})");
    CHECK(bench.rows().at(RunId{2}).data.event.text("type") == "workflow.call");
    bench.ends("2.work", 0);
    bench.ends("2.more", 0);
    CHECK(bench.state(2) == "succeeded");
    CHECK(bench.step("1.call") == "succeeded");
    CHECK(dump_json(bench.row("1.call").outputs) == R"({"m":3})");
    CHECK(bench.step("1.after") == "running");
}

TEST_CASE("a run that fails fails its step, one that is skipped skips it", "[core][children]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    bench.ends("2.work", 3);
    CHECK(bench.step("1.call") == "failed (child)");
    CHECK(bench.row("1.call").message == "run 2 failed: exited with 3");
    CHECK(bench.step("1.after") == "skipped (upstream)");
    CHECK(bench.state(1) == "failed (child)");

    EngineBench other;
    other.deploy("kind: workflow\nname: caller\nsteps: [{id: call, uses: workflow/idle}, {id: after, run: x}]\n---\nkind: workflow\nname: idle\nif: \"1 > 2\"\nsteps: [{id: a, run: x}]\n");
    other.start("caller");
    CHECK(other.state(2) == "skipped (condition)");
    CHECK(other.step("1.call") == "skipped (child)");
    CHECK(other.step("1.after") == "running");
}

TEST_CASE("a cancel goes down, and the step ends when its run has", "[core][children]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    bench.said();
    CHECK(bench.cancel(1) == 202);
    CHECK(bench.said() == "stop 2.work#1");
    CHECK(bench.step("1.call") == "stopping (child)");
    CHECK(bench.state(1) == "stopping (cancelled)");
    CHECK(bench.cancel(1, true) == 202);
    CHECK(bench.said() == "stop 2.work#1 now");
    bench.ends("2.work", ended_by(EndKind::stopped));
    CHECK(bench.state(2) == "cancelled (cancelled)");
    CHECK(bench.step("1.call") == "cancelled (cancelled)");
    CHECK(bench.state(1) == "cancelled (cancelled)");
}

TEST_CASE("a run that somebody else cancels fails its step", "[core][children]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    bench.cancel(2);
    bench.ends("2.work", ended_by(EndKind::stopped));
    CHECK(bench.step("1.call") == "failed (cancelled)");
    CHECK(bench.row("1.call").message == "run 2 was cancelled");
}

TEST_CASE("a run keeps the versions that were active when it was made", "[core][children]") {
    EngineBench bench;
    bench.deploy(calling("  - {id: first, run: x}\n  - {id: call, uses: workflow/callee, with: {n: 2}}\n"));
    bench.start("caller");
    std::string newer = callee;
    newer.replace(newer.find("id: more"), 8, "id: less");
    bench.deploy(newer);
    bench.ends("1.first", 0);
    bench.ends("2.work", 0);
    CHECK(bench.step("2.more") == "running");
    bench.start("callee", R"({"n": 1})");
    bench.ends("3.work", 0);
    CHECK(bench.step("3.less") == "running");
}

TEST_CASE("each item of a step has a run of its own", "[core][children][items]") {
    EngineBench bench;
    bench.deploy(calling("  - {id: call, foreach: \"[1, 2, 3]\", max_parallel: 2, uses: workflow/callee, with: {n: \"${{ item }}\"}}\n"));
    bench.start("caller");
    CHECK(bench.said() == "launch 2.work#1, launch 3.work#1");
    bench.ends("2.work", 1);
    CHECK(bench.step("1.call[1]") == "failed (child)");
    CHECK(bench.said() == "launch 4.work#1");
    CHECK(bench.rows().at(RunId{4}).data.inputs.number("n") == 3);
}

TEST_CASE("a workflow that does not take what it is given is told, and nothing is started", "[core][children]") {
    EngineBench bench;
    bench.deploy(calling("  - {id: call, uses: workflow/callee, with: {n: \"${{ inputs.n }}\"}}\n", "inputs: {n: int}\n"));
    bench.start("caller", R"({"n": 9})");
    CHECK(bench.step("1.call") == "failed (child)");
    CHECK(bench.row("1.call").message.find("workflow 'callee' does not take this") == 0);
    CHECK_FALSE(bench.knows(2));
}

TEST_CASE("a run that would wait for its own parent's group fails at once", "[core][children]") {
    EngineBench bench;
    bench.deploy("kind: workflow\nname: caller\nconcurrency: {group: one}\nsteps: [{id: call, uses: workflow/inner}]\n---\n"
                 "kind: workflow\nname: inner\nconcurrency: {group: one}\nsteps: [{id: a, run: x}]\n");
    bench.start("caller");
    CHECK(bench.step("1.call") == "failed (concurrency)");
    CHECK(bench.row("1.call").message.find("which waits for it: it would never begin") != std::string::npos);
}

TEST_CASE("a workflow that others use cannot be removed", "[core][children]") {
    EngineBench bench;
    bench.deploy(family);
    CHECK(bench.command(RemoveWorkflow{"callee"}) == 409);
    CHECK(bench.answer.text("title") == "workflow 'caller' uses 'callee'");
    CHECK(bench.command(RemoveWorkflow{"caller"}) == 200);
    CHECK(bench.command(RemoveWorkflow{"callee"}) == 200);
}

TEST_CASE("a retry goes on within the run that failed", "[core][children][retry]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    bench.ends("2.work", 0);
    bench.ends("2.more", 1);
    REQUIRE(bench.state(1) == "failed (child)");
    bench.said();
    CHECK(bench.retry(1) == 201);
    CHECK(bench.said() == "launch 4.more#1");
    CHECK(bench.rows().at(RunId{4}).run.retry_of == RunId{2});
    CHECK(bench.rows().at(RunId{4}).run.parent == RunId{3});
    bench.ends("4.more", 0);
    CHECK(bench.step("3.call") == "succeeded");
    CHECK(dump_json(bench.row("3.call").outputs) == R"({"m":3})");
}

TEST_CASE("a retry from the step itself begins its run anew", "[core][children][retry]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    bench.ends("2.work", 0);
    bench.ends("2.more", 1);
    bench.said();
    CHECK(bench.retry(1, "call") == 201);
    CHECK(bench.said() == "launch 4.work#1");
}

TEST_CASE("parents and their runs go on after a crash, and none is started twice", "[core][children]") {
    EngineBench bench;
    bench.deploy(family);
    bench.start("caller");
    bench.restarts({{"2.work#1", {.kind = VerdictKind::ended, .end = exited(0)}}});
    CHECK(bench.step("2.more") == "running");
    CHECK_FALSE(bench.knows(3));
    bench.ends("2.more", 0);
    CHECK(bench.step("1.call") == "succeeded");
}

TEST_CASE("a step that begins while the daemon recovers starts one run", "[core][children]") {
    EngineBench bench;
    bench.deploy(calling("  - {id: first, run: x}\n  - {id: call, uses: workflow/callee, with: {n: 2}}\n"));
    bench.start("caller");
    bench.restarts({{"1.first#1", {.kind = VerdictKind::ended, .end = exited(0)}}});
    CHECK(bench.row("1.call").child == RunId{2});
    CHECK_FALSE(bench.knows(3));
}

TEST_CASE("an item whose run was skipped spoils nothing", "[core][children][items]") {
    std::string const maybe = "---\nkind: workflow\nname: maybe\ninputs: {n: int}\nif: inputs.n > 1\nsteps: [{id: a, run: x}]\n";
    EngineBench bench;
    bench.deploy("kind: workflow\nname: caller\ninputs: {least: int}\nsteps:\n  - {id: call, foreach: \"[1, 2].filter(i, i <= inputs.least)\", uses: workflow/maybe, with: {n: \"${{ item }}\"}}\n  - {id: after, run: x}\n" + maybe);
    bench.start("caller", R"({"least": 2})");
    CHECK(bench.step("1.call[1]") == "skipped (child)");
    bench.ends("3.a", 0);
    CHECK(bench.step("1.call") == "succeeded");
    CHECK(bench.step("1.after") == "running");
    bench.start("caller", R"({"least": 1})");
    CHECK(bench.step("4.call") == "skipped (child)");
    CHECK(bench.step("4.after") == "running");
}

}  // namespace pawl::test
