// The states of a run: admission, stopping, handlers, time limits, and the status that fits first.
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

std::string const handlers =
    "on_success: [{id: good, run: x}]\non_failure: [{id: bad, run: x}]\non_cancel: [{id: off, run: x}]\nfinally: [{id: clean, run: x}]\n";

std::string with_handlers() { return with_steps("  - {id: a, run: x}\n", handlers); }

}  // namespace

TEST_CASE("a run is queued, running, waiting, running, finishing, succeeded", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: pause, uses: wait, with: {for: 1h}}\n  - {id: b, run: x}\n",
                              "finally: [{id: clean, run: x}]\n")};
    CHECK(bench.state() == "queued");
    bench.admit();
    CHECK(bench.state() == "running");
    bench.ends("a", 0);
    CHECK(bench.state() == "waiting");
    CHECK(next_deadline(bench.run) == bench.now + 1h);
    bench.passes(1h);
    CHECK(bench.state() == "running");
    bench.ends("b", 0);
    CHECK(bench.state() == "finishing");
    bench.ends("clean", 0);
    CHECK(bench.state() == "succeeded");
    CHECK(bench.journal() == "run.started, step.started a, step.succeeded a, step.waiting pause, run.waiting, step.succeeded pause, "
                             "run.running, step.started b, step.succeeded b, run.finishing, step.started clean, step.succeeded clean, "
                             "run.succeeded");
}

TEST_CASE("a false workflow `if` skips the run, without handlers", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n", "inputs: {go: bool}\nif: inputs.go\n" + handlers), R"({"go": false})"};
    bench.admit();
    CHECK(bench.state() == "skipped (condition)");
    CHECK(bench.said() == "ended");
    CHECK(bench.step("a") == "skipped (condition)");
    CHECK(bench.step("clean") == "skipped (condition)");
}

TEST_CASE("the fitting handlers run, then always finally", "[core][run]") {
    RunBench bench{with_handlers()};
    bench.admit();
    bench.said();
    SECTION("success") {
        bench.ends("a", 0);
        CHECK(bench.said() == "launch good#1");
        bench.ends("good", 0);
        CHECK(bench.said() == "launch clean#1");
        bench.ends("clean", 0);
        CHECK(bench.state() == "succeeded");
        CHECK(bench.step("bad") == "skipped (condition)");
    }
    SECTION("failure") {
        bench.ends("a", 1);
        CHECK(bench.said() == "launch bad#1");
        bench.ends("bad", 0);
        bench.ends("clean", 0);
        CHECK(bench.state() == "failed (exit)");
    }
    SECTION("cancel") {
        bench.cancel();
        CHECK(bench.said() == "stop a#1");
        CHECK(bench.state() == "stopping (cancelled)");
        bench.ends("a", ended_by(EndKind::stopped));
        CHECK(bench.said() == "launch off#1");
        bench.ends("off", 0);
        CHECK(bench.said() == "launch clean#1");
        bench.ends("clean", 0);
        CHECK(bench.state() == "cancelled (cancelled)");
    }
}

TEST_CASE("a failing handler turns succeeded into failed (handler), and nothing else", "[core][run]") {
    RunBench bench{with_handlers()};
    bench.admit();
    SECTION("of a run that succeeded") {
        bench.ends("a", 0);
        bench.ends("good", 1);
        CHECK(bench.step("clean") == "running");
        bench.ends("clean", 0);
        CHECK(bench.state() == "failed (handler)");
        CHECK(bench.run.row.failed_step == "good");
    }
    SECTION("of a run that failed") {
        bench.ends("a", 3);
        bench.ends("bad", ended_by(EndKind::signalled));
        bench.ends("clean", 1);
        CHECK(bench.state() == "failed (exit)");
        CHECK(bench.run.row.failed_step == "a");
    }
    SECTION("of a cancelled run: it names no failed step") {
        bench.cancel();
        bench.ends("a", ended_by(EndKind::stopped));
        bench.ends("off", 1);
        bench.ends("clean", 1);
        CHECK(bench.state() == "cancelled (cancelled)");
        CHECK(bench.run.row.failed_step == "");
    }
}

TEST_CASE("handlers see run.status, run.reason and run.failed_step", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n",
                              "finally: [{id: tell, argv: [tell, \"${{ run.status }}\", \"${{ run.reason }}\", \"${{ run.failed_step }}\", "
                              "\"${{ string(steps.a.exit_code) }}\"]}]\n")};
    bench.admit();
    bench.ends("a", 5);
    CHECK(bench.launched("tell#1").spec.argv == std::vector<std::string>{"tell", "failed", "exit", "a", "5"});
    CHECK(bench.launched("tell#1").spec.timeout == Duration(10min));
}

TEST_CASE("a cancelled run that had not begun has no handlers", "[core][run]") {
    RunBench bench{with_handlers()};
    bench.cancel();
    CHECK(bench.said() == "ended");
    CHECK(bench.state() == "cancelled (cancelled)");
    CHECK(bench.step("a") == "skipped (cancelled)");
    CHECK(bench.step("clean") == "skipped (cancelled)");
}

TEST_CASE("cancel stops what lives, ends what waits and skips what had not begun", "[core][run]") {
    RunBench bench{with_steps("  - {id: live, run: x, needs: []}\n  - {id: pause, uses: wait, with: {for: 1h}, needs: []}\n"
                              "  - {id: again, run: x, needs: [], retry: {max_attempts: 2}}\n  - {id: later, run: x, needs: [live]}\n"
                              "  - {id: queued, run: x, needs: [pause0]}\n  - {id: pause0, uses: wait, with: {for: 1s}, needs: []}\n")};
    bench.admit();
    bench.ends("again", 1);
    bench.hold_slots = true;
    bench.passes(1s);
    bench.said();
    CHECK(bench.step("queued") == "queued");
    bench.cancel();
    CHECK(bench.said() == "drop queued, stop live#1");
    CHECK(bench.step("live") == "stopping");
    CHECK(bench.step("pause") == "cancelled (cancelled)");
    CHECK(bench.step("again") == "cancelled (cancelled)");
    CHECK(bench.step("queued") == "cancelled (cancelled)");
    CHECK(bench.step("later") == "pending");
    SECTION("a step that is told to stop and fails is cancelled") { bench.ends("live", 143); }
    SECTION("so is one that is stopped") { bench.ends("live", ended_by(EndKind::stopped)); }
    SECTION("and one that ran out of time meanwhile") { bench.ends("live", ended_by(EndKind::timed_out)); }
    CHECK(bench.step("live") == "cancelled (cancelled)");
    CHECK(bench.step("later") == "skipped (cancelled)");
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("a step that succeeds although it was told to stop has succeeded; the run is cancelled", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n")};
    bench.admit();
    bench.cancel();
    bench.ends("a", 0);
    CHECK(bench.step("a") == "succeeded");
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("a failure before the cancel does not change that the run is cancelled", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x, needs: []}\n  - {id: b, run: x, needs: []}\n")};
    bench.admit();
    bench.ends("a", 1);
    bench.cancel();
    bench.ends("b", ended_by(EndKind::stopped));
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("a cancel while the run waits ends it at once", "[core][run]") {
    RunBench bench{with_steps("  - {id: pause, uses: wait, with: {for: 1h}}\n")};
    bench.admit();
    CHECK(bench.state() == "waiting");
    bench.cancel();
    CHECK(bench.said() == "ended");
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("a second cancel while stopping asks nobody twice, unless it is now", "[core][run]") {
    RunBench bench{with_handlers()};
    bench.admit();
    bench.cancel();
    bench.said();
    bench.cancel();
    CHECK(bench.said() == "");
    bench.cancel(true);
    CHECK(bench.said() == "stop a#1 now");
    bench.ends("a", ended_by(EndKind::stopped));
    CHECK(bench.state() == "cancelled (cancelled)");
    CHECK(bench.step("off") == "skipped (cancelled)");
    CHECK(bench.step("clean") == "skipped (cancelled)");
}

TEST_CASE("a cancel while finishing stops the handlers; the status stays", "[core][run]") {
    RunBench bench{with_handlers()};
    bench.admit();
    bench.ends("a", 0);
    bench.said();
    bench.cancel();
    CHECK(bench.said() == "stop good#1");
    bench.ends("good", ended_by(EndKind::stopped));
    CHECK(bench.step("good") == "cancelled (cancelled)");
    CHECK(bench.step("clean") == "skipped (cancelled)");
    CHECK(bench.state() == "succeeded");
}

TEST_CASE("the second cancel stops the handlers of the first", "[core][run]") {
    RunBench bench{with_handlers()};
    bench.admit();
    bench.cancel();
    bench.ends("a", ended_by(EndKind::stopped));
    bench.said();
    bench.cancel();
    CHECK(bench.said() == "stop off#1");
    bench.ends("off", ended_by(EndKind::stopped));
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("cancel now kills, and starts neither handlers nor steps with always()", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n  - {id: b, run: x, if: always()}\n", handlers)};
    bench.admit();
    bench.said();
    bench.cancel(true);
    CHECK(bench.said() == "stop a#1 now");
    bench.ends("a", ended_by(EndKind::stopped));
    CHECK(bench.said() == "ended");
    CHECK(bench.step("b") == "skipped (cancelled)");
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("the run's timeout counts waiting too, stops the run, and is a failure", "[core][run]") {
    RunBench bench{with_steps("  - {id: pause, uses: wait, with: {for: 50m}}\n  - {id: a, run: x}\n", "timeout: 1h\n" + handlers)};
    bench.admit();
    bench.passes(50min);
    bench.passes(10min - 1ms);
    CHECK(bench.said() == "launch a#1");
    bench.passes(1ms);
    CHECK(bench.said() == "stop a#1");
    CHECK(bench.state() == "stopping (timeout)");
    SECTION("failed (timeout), and on_failure runs") {
        bench.ends("a", ended_by(EndKind::stopped));
        CHECK(bench.said() == "launch bad#1");
        bench.ends("bad", 0);
        bench.ends("clean", 0);
        CHECK(bench.state() == "failed (timeout)");
        CHECK(bench.run.row.message == "the run did not end within 1h");
    }
    SECTION("a cancel before all steps have ended comes first") {
        bench.cancel();
        bench.ends("a", ended_by(EndKind::stopped));
        CHECK(bench.said() == "launch off#1");
        bench.ends("off", 0);
        bench.ends("clean", 0);
        CHECK(bench.state() == "cancelled (cancelled)");
    }
}

TEST_CASE("a handler may fail, wait and be tried again like any step", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n", "finally: [{id: clean, run: x, retry: {max_attempts: 2, delay: 5s}}]\n")};
    bench.admit();
    bench.ends("a", 0);
    bench.ends("clean", 1);
    CHECK(bench.step("clean") == "waiting (exit)");
    bench.passes(5s);
    bench.ends("clean", 0);
    CHECK(bench.state() == "succeeded");
}

TEST_CASE("an attempt lost while it was being stopped is lost or cancelled, as on_crash says", "[core][run]") {
    std::string const on_crash = GENERATE("fail", "retry");
    RunBench bench{with_steps("  - {id: a, run: x, on_crash: " + on_crash + "}\n")};
    bench.admit();
    bench.cancel();
    bench.lost("a");
    bench.swept("a");
    // Nobody knows how it ended. With `retry` it would have been started again, and that was what the cancel forbade.
    CHECK(bench.step("a") == (on_crash == "fail" ? "lost (lost)" : "cancelled (cancelled)"));
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("set computes its outputs without a process", "[core][run]") {
    RunBench bench{with_steps("  - {id: s, uses: set, with: {twice: \"${{ inputs.n * 2 }}\", text: \"n is ${{ inputs.n }}\"}}\n"
                              "  - {id: a, argv: [echo, \"${{ string(steps.s.outputs.twice) }}\"]}\n",
                              "inputs: {n: int}\n"),
                   R"({"n": 21})"};
    bench.admit();
    CHECK(bench.row("s").outputs == json(R"({"twice": 42, "text": "n is 21"})"));
    CHECK(bench.launched("a#1").spec.argv == std::vector<std::string>{"echo", "42"});
}

TEST_CASE("wait until an instant that has passed goes on at once", "[core][run]") {
    RunBench bench{with_steps("  - {id: pause, uses: wait, with: {until: \"2020-01-01T00:00:00Z\"}}\n  - {id: a, run: x}\n")};
    bench.admit();
    CHECK(next_deadline(bench.run) == bench.now);
    bench.passes(0s);
    CHECK(bench.said() == "launch a#1");
}

TEST_CASE("vars are computed once, when the run is made", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, argv: [ls, \"${{ vars.where }}\"]}\n",
                              "inputs: {db: {type: string, default: orders}}\nvars: {where: \"dumps-${{ inputs.db }}\"}\n")};
    bench.admit();
    CHECK(bench.run.data.vars == json(R"({"where": "dumps-orders"})"));
    CHECK(bench.launched("a#1").spec.argv.back() == "dumps-orders");
}

TEST_CASE("a mistake in vars fails the run before any step", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, run: x}\n", "inputs: {n: int}\nvars: {part: \"${{ 100 / inputs.n }}\"}\n"), R"({"n": 0})"};
    bench.admit();
    CHECK(bench.state() == "failed (expression_error)");
    CHECK(bench.said() == "ended");
    CHECK(bench.run.row.message.find("flow.yaml:4:") == 0);
    CHECK(bench.step("a") == "skipped (cancelled)");
}

TEST_CASE("outputs of the workflow are computed when its steps have succeeded", "[core][run]") {
    std::string const text = with_steps("  - {id: a, run: x, outputs: {n: int}}\n", "outputs: {part: \"${{ 100 / steps.a.outputs.n }}\"}\n");
    RunBench bench{text};
    bench.admit();
    SECTION("well") {
        bench.ends("a", exited(0, "n=4\n"));
        CHECK(bench.run.data.outputs == json(R"({"part": 25})"));
        CHECK(bench.state() == "succeeded");
    }
    SECTION("a mistake fails the run") {
        bench.ends("a", exited(0, "n=0\n"));
        CHECK(bench.state() == "failed (expression_error)");
        CHECK(bench.run.row.failed_step == "");
    }
    SECTION("not after a failure") {
        bench.ends("a", exited(1, "n=4\n"));
        CHECK(bench.run.data.outputs.is_null());
    }
}

TEST_CASE("a value with a NUL never reaches a program: the step fails", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, argv: [echo, '${{ \"a\\x00b\" }}']}\n")};
    bench.admit();
    CHECK(bench.step("a") == "failed (expression_error)");
}

}  // namespace pawl::test
