// Compensation: what succeeded in a run that failed is taken back, the last first.
#include "tests/unit/core/engine_bench.h"
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

std::string const saga = with_steps(
    "  - {id: a, run: x, undo: {run: x, env: {STATUS: \"${{ steps.a.status }}\"}}}\n"
    "  - {id: b, run: x, undo: {run: x}}\n  - {id: c, run: x}\n",
    "on_failure: [{id: page, run: x}]\non_cancel: [{id: off, run: x}]\n");

}  // namespace

TEST_CASE("after a failure every step that succeeded is undone, last first, then the handlers run", "[core][undo]") {
    RunBench bench{saga};
    bench.admit();
    bench.ends("a", 0);
    bench.passes(1s);
    bench.ends("b", 0);
    bench.passes(1s);
    bench.said();
    bench.ends("c", 1);
    CHECK(bench.said() == "launch b.undo#1");
    bench.ends("b.undo", 0);
    CHECK(bench.said() == "launch a.undo#1");
    bench.ends("a.undo", 0);
    CHECK(bench.said() == "launch page#1");
    bench.ends("page", 0);
    CHECK(bench.state() == "failed (exit)");
}

TEST_CASE("an undo that fails does not hold up the others", "[core][undo]") {
    RunBench bench{saga};
    bench.admit();
    bench.ends("a", 0);
    bench.passes(1s);
    bench.ends("b", 0);
    bench.ends("c", 1);
    bench.ends("b.undo", 1);
    bench.ends("a.undo", 0);
    bench.ends("page", 0);
    CHECK(bench.step("b.undo") == "failed (exit)");
    CHECK(bench.state() == "failed (exit)");
}

TEST_CASE("a cancelled run is undone too; one that succeeded is not", "[core][undo]") {
    RunBench bench{saga};
    bench.admit();
    bench.ends("a", 0);
    SECTION("cancelled") {
        bench.cancel();
        bench.ends("b", ended_by(EndKind::stopped));
        bench.said();
        CHECK(bench.step("a.undo") == "running");
        bench.ends("a.undo", 0);
        CHECK(bench.said() == "launch off#1");
    }
    SECTION("succeeded") {
        bench.ends("b", 0);
        bench.ends("c", 0);
        CHECK(bench.state() == "succeeded");
        CHECK(bench.step("a.undo") == "skipped (condition)");
    }
    SECTION("killed at once: nothing is started any more") {
        bench.cancel(true);
        bench.ends("b", ended_by(EndKind::stopped));
        CHECK(bench.step("a.undo") == "skipped (cancelled)");
        CHECK(bench.state() == "cancelled (cancelled)");
    }
}

TEST_CASE("a retry does again what was undone", "[core][undo]") {
    EngineBench bench;
    bench.deploy(saga);
    bench.start("w");
    bench.ends("1.a", 0);
    bench.ends("1.b", 0);
    bench.ends("1.c", 1);
    bench.ends("1.b.undo", 0);
    bench.ends("1.a.undo", 0);
    bench.ends("1.page", 0);
    REQUIRE(bench.state(1) == "failed (exit)");
    CHECK(bench.retry(1) == 201);
    CHECK(bench.step("2.a") == "running");
    CHECK(bench.step("2.b") == "pending");
}

}  // namespace pawl::test
