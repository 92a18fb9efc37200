// Which steps run: needs, `if`, the status functions, and what a skipped or forgiven step means for those behind it.
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

/// a fails or not; b stands behind it with an `if`.
std::string behind(std::string const& condition, std::string const& more = "") {
    return with_steps("  - {id: a, run: x" + more + "}\n  - {id: b, run: x, if: \"" + condition + "\"}\n");
}

}  // namespace

TEST_CASE("a step starts when every step it needs has succeeded", "[core][run]") {
    RunBench bench{with_steps("  - {id: build, run: x, needs: []}\n  - {id: lint, run: x, needs: []}\n"
                              "  - {id: test, run: x, needs: [build, lint]}\n")};
    bench.admit();
    CHECK(bench.said() == "launch build#1, launch lint#1");
    bench.ends("lint", 0);
    CHECK(bench.said() == "");
    bench.ends("build", 0);
    CHECK(bench.said() == "launch test#1");
    bench.ends("test", 0);
    CHECK(bench.said() == "ended");
    CHECK(bench.state() == "succeeded");
}

TEST_CASE("a step without `needs` needs the one above it", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: b, run: x}\n")};
    bench.admit();
    CHECK(bench.said() == "launch a#1");
    bench.ends("a", 0);
    CHECK(bench.said() == "launch b#1");
}

TEST_CASE("when a step fails, only what depends on it is skipped", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: b, run: x}\n  - {id: c, run: x}\n  - {id: d, run: x, needs: []}\n")};
    bench.admit();
    bench.ends("a", 1);
    CHECK(bench.step("b") == "skipped (upstream)");
    CHECK(bench.step("c") == "skipped (upstream)");
    CHECK(bench.step("d") == "running");
    bench.ends("d", 0);
    CHECK(bench.state() == "failed (exit)");
    CHECK(bench.run.row.failed_step == "a");
    CHECK(bench.row("a").exit_code == 1);
}

TEST_CASE("an `if` without a status function means success() and the rest", "[core][run]") {
    SECTION("a need ended badly: the rest is not even evaluated") {
        RunBench bench{behind("int(steps.a.outputs.n) > 0")};
        bench.admit();
        bench.ends("a", 1);
        CHECK(bench.step("b") == "skipped (upstream)");
    }
    SECTION("false is a skip that is not bad: what needs the step runs") {
        RunBench bench{with_steps("  - {id: a, run: x, if: \"false\"}\n  - {id: b, run: x}\n")};
        bench.admit();
        CHECK(bench.step("a") == "skipped (condition)");
        CHECK(bench.said() == "launch b#1");
    }
}

TEST_CASE("failure() is true behind a failed need, directly or through steps skipped for it", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: b, run: x}\n  - {id: c, run: x, if: failure()}\n")};
    bench.admit();
    bench.said();
    SECTION("failed: it runs, and the run is failed all the same") {
        bench.ends("a", 1);
        CHECK(bench.said() == "launch c#1");
        bench.ends("c", 0);
        CHECK(bench.state() == "failed (exit)");
    }
    SECTION("lost counts as failed") {
        bench.lost("a");
        bench.swept("a");
        CHECK(bench.said() == "sweep a#1, launch c#1");
    }
    SECTION("all went well: skipped for its condition") {
        bench.ends("a", 0);
        bench.ends("b", 0);
        CHECK(bench.step("c") == "skipped (condition)");
        CHECK(bench.state() == "succeeded");
    }
    SECTION("not while the run is being stopped") {
        bench.cancel();
        bench.ends("a", ended_by(EndKind::stopped));
        CHECK(bench.step("c") == "skipped (cancelled)");
    }
}

TEST_CASE("always() runs after success, after failure, and while the run is being stopped", "[core][run]") {
    RunBench bench{behind("always()")};
    bench.admit();
    bench.said();
    SECTION("success") { bench.ends("a", 0); }
    SECTION("failure") { bench.ends("a", 3); }
    SECTION("stop") {
        bench.cancel();
        bench.said();
        bench.ends("a", ended_by(EndKind::stopped));
    }
    CHECK(bench.said() == "launch b#1");
}

TEST_CASE("cancelled() is true only while the run is being stopped", "[core][run]") {
    RunBench bench{behind("cancelled()")};
    bench.admit();
    bench.said();
    SECTION("stopped") {
        bench.cancel();
        bench.said();
        bench.ends("a", ended_by(EndKind::stopped));
        CHECK(bench.said() == "launch b#1");
    }
    SECTION("not stopped") {
        bench.ends("a", 0);
        CHECK(bench.step("b") == "skipped (condition)");
    }
}

TEST_CASE("success() may be written out and combined", "[core][run]") {
    RunBench bench{behind("!success()")};
    bench.admit();
    SECTION("failed") {
        bench.ends("a", 1);
        CHECK(bench.step("b") == "running");
    }
    SECTION("succeeded") {
        bench.ends("a", 0);
        CHECK(bench.step("b") == "skipped (condition)");
    }
}

TEST_CASE("a failure with continue_on_error is shown but does not count", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x, continue_on_error: true}\n  - {id: b, run: x}\n  - {id: c, run: x, if: failure()}\n")};
    bench.admit();
    bench.said();
    SECTION("failed") { bench.ends("a", 1); }
    SECTION("lost") {
        bench.lost("a");
        bench.swept("a");
    }
    CHECK(bench.step("b") == "running");
    bench.ends("b", 0);
    CHECK(bench.step("c") == "skipped (condition)");
    CHECK(bench.state() == "succeeded");
    CHECK(bench.run.row.failed_step == "");
}

TEST_CASE("a mistake in a step's `if` is never false: it fails the step", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: b, run: x, if: \"int(steps.a.outputs.n) > 0\"}\n"
                              "  - {id: c, run: x}\n")};
    bench.admit();
    bench.ends("a", exited(0, "n=many\n"));
    CHECK(bench.step("b") == "failed (expression_error)");
    CHECK(bench.row("b").message.find("flow.yaml:5:") == 0);
    CHECK(bench.step("c") == "skipped (upstream)");
    CHECK(bench.state() == "failed (expression_error)");
    CHECK(bench.run.row.failed_step == "b");
}

TEST_CASE("what an `if` decided is kept with the values it read", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: b, run: x, if: \"steps.a.outputs.n == 'yes'\"}\n")};
    bench.admit();
    bench.ends("a", exited(0, "n=no\n"));
    CHECK(bench.step("b") == "skipped (condition)");
    CHECK(bench.row("b").explain == json(R"({"if": {"steps.a.outputs.n": "no"}})"));
}

TEST_CASE("the run's status names the first step that counts as failed", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x, needs: []}\n  - {id: b, run: x, needs: []}\n")};
    bench.admit();
    bench.ends("b", ended_by(EndKind::signalled));
    bench.ends("a", 4);
    CHECK(bench.state() == "failed (signal)");
    CHECK(bench.run.row.failed_step == "b");
    CHECK(bench.run.row.message == "ended by SIGSEGV");
}

}  // namespace pawl::test
