// Attempts of a step: retries, time limits, outputs, losses, and events that come late or twice.
#include "tests/unit/core/run_bench.h"

#include <algorithm>

#include "daemon/core/retry.h"

namespace pawl::test {
namespace {

bool has_env(LaunchSpec const& spec, std::string const& entry) { return std::ranges::find(spec.env, entry) != spec.env.end(); }

std::string step_with(std::string const& more) { return with_steps("  - {id: a, run: x, " + more + "}\n"); }

}  // namespace

TEST_CASE("a failed attempt waits for its retry delay, not less", "[core][run]") {
    RunBench bench{step_with("retry: {max_attempts: 4, delay: 5s, backoff: 2, max_delay: 12s}, idempotent: true")};
    bench.admit();
    bench.said();
    bench.ends("a", 1);
    CHECK(bench.step("a") == "waiting (exit)");
    CHECK(bench.state() == "waiting");
    bench.passes(4999ms);
    CHECK(bench.said() == "");
    bench.passes(1ms);
    CHECK(bench.said() == "launch a#2");
    CHECK(bench.state() == "running");
    SECTION("each further pause is longer by the factor, up to max_delay") {
        bench.ends("a", 1);
        bench.passes(9999ms);
        CHECK(bench.said() == "");
        bench.passes(1ms);
        CHECK(bench.said() == "launch a#3");
        bench.ends("a", 1);
        bench.passes(11999ms);
        CHECK(bench.said() == "");
        bench.passes(1ms);
        CHECK(bench.said() == "launch a#4");
        bench.ends("a", 9);
        CHECK(bench.step("a") == "failed (exit)");
        CHECK(bench.row("a").attempts == 4);
        CHECK(bench.row("a").exit_code == 9);
        CHECK(bench.state() == "failed (exit)");
    }
    SECTION("a later attempt that succeeds leaves no trace of the failure") {
        bench.ends("a", 0);
        CHECK(bench.step("a") == "succeeded");
        CHECK(bench.row("a").message == "");
        CHECK(bench.state() == "succeeded");
    }
}

TEST_CASE("the step shows how its last attempt ended, not an earlier one", "[core][run]") {
    RunBench bench{step_with("retry: {max_attempts: 2, delay: 1s}")};
    bench.admit();
    SECTION("a signal is forgotten when the next attempt exits") {
        bench.ends("a", ended_by(EndKind::signalled));
        bench.passes(1s);
        bench.ends("a", 0);
        CHECK(bench.row("a").signal == 0);
        CHECK(bench.row("a").exit_code == 0);
    }
    SECTION("an exit code is forgotten when the next attempt runs out of time") {
        bench.ends("a", 7);
        bench.passes(1s);
        bench.ends("a", ended_by(EndKind::timed_out));
        CHECK(bench.step("a") == "failed (timeout)");
        CHECK_FALSE(bench.row("a").exit_code);
    }
}

TEST_CASE("known failures are retried: exit, signal, timeout, bad output; a failure to start is not", "[core][run]") {
    RunBench bench{step_with("retry: {max_attempts: 2, delay: 1s}, outputs: {n: int}, timeout: 1m")};
    bench.admit();
    SECTION("exit") { bench.ends("a", 1); CHECK(bench.step("a") == "waiting (exit)"); }
    SECTION("signal") { bench.ends("a", ended_by(EndKind::signalled)); CHECK(bench.step("a") == "waiting (signal)"); }
    SECTION("timeout") { bench.ends("a", ended_by(EndKind::timed_out)); CHECK(bench.step("a") == "waiting (timeout)"); }
    SECTION("bad output") { bench.ends("a", exited(0, "n=many\n")); CHECK(bench.step("a") == "waiting (bad_output)"); }
    SECTION("start") {
        bench.ends("a", ended_by(EndKind::start_failed));
        CHECK(bench.step("a") == "failed (start_failed)");
        CHECK(bench.row("a").message == "program 'sh' was not found");
    }
}

TEST_CASE("retry.if sees the ended attempt and decides", "[core][run]") {
    RunBench bench{step_with("retry: {max_attempts: 3, delay: 1s, if: 'step.exit_code in [1, 75] && step.attempt < 3 && !step.timed_out'}")};
    bench.admit();
    SECTION("true") {
        bench.ends("a", 75);
        CHECK(bench.step("a") == "waiting (exit)");
    }
    SECTION("false") {
        bench.ends("a", 2);
        CHECK(bench.step("a") == "failed (exit)");
        CHECK(bench.row("a").explain == json(R"({"retry.if": {"step.exit_code": 2, "step.attempt": 1, "step.timed_out": false}})"));
    }
}

TEST_CASE("a mistake in retry.if fails the step", "[core][run]") {
    RunBench bench{step_with("retry: {max_attempts: 3, delay: 1s, if: '10 / (step.exit_code - 5) > 0'}")};
    bench.admit();
    bench.ends("a", 5);
    CHECK(bench.step("a") == "failed (expression_error)");
    CHECK(bench.said().find("ended") != std::string::npos);
}

TEST_CASE("the retry delay never leaves its bounds, whatever the factor", "[core][retry]") {
    flow::RetryPlan plan;
    plan.delay = 0s;
    plan.backoff = 100;
    CHECK(retry_delay(plan, 1) == 0s);
    CHECK(retry_delay(plan, 999) == 0s);  // 0 times infinity is no number
    plan.delay = 1s;
    CHECK(retry_delay(plan, 999) == plan.max_delay);
    plan.backoff = 0.5;  // a pause never shrinks
    CHECK(retry_delay(plan, 5) == 1s);
}

TEST_CASE("a timeout ends the attempt, and its outputs are kept", "[core][run]") {
    RunBench bench{step_with("timeout: 90s")};
    bench.admit();
    CHECK(bench.launched("a#1").spec.timeout == Duration(90s));
    AttemptEnd end = ended_by(EndKind::timed_out);
    end.killed = true;
    end.outputs = "half=done\n";
    bench.ends("a", end);
    CHECK(bench.step("a") == "failed (timeout)");
    CHECK(bench.row("a").message == "did not end within 1m30s and had to be killed");
    CHECK(bench.row("a").outputs == json(R"({"half": "done"})"));
}

TEST_CASE("outputs are parsed by their declared types; undeclared ones are text", "[core][run]") {
    SECTION("declared") {
        RunBench bench{step_with("outputs: {n: int, note: {type: string, optional: true}}")};
        bench.admit();
        SECTION("well") {
            bench.ends("a", exited(0, "n=1\nn=2\n"));
            CHECK(bench.row("a").outputs == json(R"({"n": 2})"));
            CHECK(bench.step("a") == "succeeded");
        }
        SECTION("wrong type") { bench.ends("a", exited(0, "n=two\n")); CHECK(bench.step("a") == "failed (bad_output)"); }
        SECTION("missing") { bench.ends("a", exited(0, "")); CHECK(bench.step("a") == "failed (bad_output)"); }
        SECTION("undeclared name") { bench.ends("a", exited(0, "n=1\nm=2\n")); CHECK(bench.step("a") == "failed (bad_output)"); }
        SECTION("too long") { bench.ends("a", exited(0, "n=1\n" + std::string(64u << 10, ' '))); CHECK(bench.step("a") == "failed (bad_output)"); }
        SECTION("kept after a failure too") {
            bench.ends("a", exited(3, "n=1\n"));
            CHECK(bench.step("a") == "failed (exit)");
            CHECK(bench.row("a").outputs == json(R"({"n": "1"})"));
        }
    }
    SECTION("undeclared") {
        RunBench bench{step_with("timeout: 1h")};
        bench.admit();
        bench.ends("a", exited(0, "text<<END\none\ntwo\nEND\nn=1\n"));
        CHECK(bench.row("a").outputs == json(R"({"text": "one\ntwo", "n": "1"})"));
    }
}

TEST_CASE("an unknown outcome is swept first, then on_crash decides", "[core][run]") {
    SECTION("fail, the default: at most once, the step ends lost") {
        RunBench bench{step_with("timeout: 1h")};
        bench.admit();
        bench.said();
        bench.lost("a");
        CHECK(bench.said() == "sweep a#1");
        CHECK(bench.step("a") == "waiting (lost)");
        bench.swept("a");
        CHECK(bench.said() == "ended");
        CHECK(bench.step("a") == "lost (lost)");
        CHECK(bench.state() == "failed (lost)");
    }
    SECTION("retry: at least once, not before the sweep is done") {
        RunBench bench{step_with("on_crash: retry")};
        bench.admit();
        bench.said();
        bench.lost("a");
        bench.passes(24h);
        CHECK(bench.said() == "sweep a#1");
        bench.swept("a");
        CHECK(bench.said() == "launch a#2");
        CHECK_FALSE(has_env(bench.launched("a#2").spec, "PAWL_RESUME=1"));
    }
    SECTION("idempotent: true makes retry the default") {
        RunBench bench{step_with("idempotent: true")};
        bench.admit();
        bench.lost("a");
        bench.swept("a");
        CHECK(bench.said() == "launch a#1, sweep a#1, launch a#2");
    }
    SECTION("resume: the program is told, with the same key and folder") {
        RunBench bench{step_with("on_crash: resume")};
        bench.admit();
        bench.lost("a");
        bench.swept("a");
        LaunchSpec const &first = bench.launched("a#1").spec, &second = bench.launched("a#2").spec;
        CHECK_FALSE(has_env(first, "PAWL_RESUME=1"));
        CHECK(has_env(second, "PAWL_RESUME=1"));
        CHECK(has_env(first, "PAWL_IDEMPOTENCY_KEY=1/a"));
        CHECK(has_env(second, "PAWL_IDEMPOTENCY_KEY=1/a"));
        CHECK(first.step == second.step);
    }
}

TEST_CASE("at most three launches follow a loss", "[core][run]") {
    RunBench bench{step_with("on_crash: retry")};
    bench.admit();
    for (int i = 0; i < 3; ++i) {
        bench.lost("a");
        bench.swept("a");
        CHECK(bench.step("a") == "running");
    }
    bench.lost("a");
    bench.swept("a");
    CHECK(bench.step("a") == "lost (limit)");
    CHECK(bench.row("a").attempts == 4);
    CHECK(bench.row("a").losses == 4);
}

TEST_CASE("losses do not use up the attempts of retry, nor the other way round", "[core][run]") {
    RunBench bench{step_with("on_crash: retry, retry: {max_attempts: 2, delay: 1s}")};
    bench.admit();
    bench.lost("a");
    bench.swept("a");
    bench.ends("a", 1);
    CHECK(bench.step("a") == "waiting (exit)");
    bench.passes(1s);
    bench.ends("a", 1);
    CHECK(bench.step("a") == "failed (exit)");
    CHECK(bench.row("a").attempts == 3);
}

TEST_CASE("a stop that nobody asked for is no failure: the host went down", "[core][run]") {
    RunBench bench{step_with("idempotent: true")};
    bench.admit();
    bench.said();
    SECTION("said so by the shim") { bench.ends("a", ended_by(EndKind::interrupted)); }
    SECTION("a stop without our request") { bench.ends("a", ended_by(EndKind::stopped)); }
    CHECK(bench.step("a") == "waiting (interrupted)");
    bench.swept("a");
    CHECK(bench.said() == "sweep a#1, launch a#2");
}

TEST_CASE("late and doubled events change nothing", "[core][run]") {
    RunBench bench{step_with("retry: {max_attempts: 2, delay: 1s}")};
    bench.admit();
    AttemptId const first = bench.run.attempts.front().id;
    bench.ends("a", 1);
    bench.passes(1s);
    bench.said();
    auto const version_of = [&] { return bench.journal() + bench.step("a") + bench.state(); };
    std::string const before = version_of();
    bench.tell(RunAttemptEnded{first, exited(0)});
    bench.tell(RunAttemptSwept{first});
    bench.tell(RunAttemptSwept{bench.run.attempts.front().id});
    bench.tell(RunAdmitted{});
    bench.tell(RunRefused{});
    bench.tell(RunTime{});
    CHECK(version_of() == before);
    CHECK(bench.said() == "");
    SECTION("a final state is final") {
        AttemptId const second = bench.run.attempts.front().id;
        bench.ends("a", 0);
        bench.said();
        bench.tell(RunAttemptEnded{second, exited(1)});
        bench.tell(RunAttemptEnded{second, ended_by(EndKind::lost)});
        bench.cancel();
        bench.cancel(true);
        bench.passes(1000h);
        bench.tell(RunTime{});
        CHECK(bench.said() == "");
        CHECK(bench.state() == "succeeded");
        CHECK(bench.step("a") == "succeeded");
    }
}

TEST_CASE("a lost attempt that reports its end after all stays lost", "[core][run]") {
    RunBench bench{step_with("timeout: 1h")};
    bench.admit();
    bench.lost("a");
    AttemptId const attempt = bench.run.attempts.front().id;
    bench.tell(RunAttemptEnded{attempt, exited(0)});
    CHECK(bench.step("a") == "waiting (lost)");
    bench.swept("a");
    CHECK(bench.step("a") == "lost (lost)");
}

TEST_CASE("what an attempt is launched with is frozen when the step run begins", "[core][run]") {
    RunBench bench{with_steps("  - {id: a, argv: [echo, \"${{ string(now) }}\"], env: {LEVEL: \"${{ inputs.level }}\"}, dir: sub,\n"
                              "     retry: {max_attempts: 2, delay: 1s}, stop: {signal: INT, grace: 3s}}\n",
                              "inputs: {level: {type: int, default: 3}}\nenv: {LEVEL: low, NAME: \"${{ run.workflow }}\"}\n")};
    bench.admit();
    bench.ends("a", 1);
    bench.passes(1s);
    LaunchSpec const &first = bench.launched("a#1").spec, &second = bench.launched("a#2").spec;
    CHECK(first.argv == second.argv);
    CHECK(first.argv.front() == "echo");
    CHECK(first.dir == "/srv/project/sub");
    CHECK(first.stop_signal == 2);
    CHECK(first.grace == Duration(3s));
    CHECK(first.event_json == R"({"id":"run-1","type":"manual","data":{}})");
    for (char const* entry : {"PATH=/bin", "LEVEL=3", "NAME=w", "PAWL_RUN=1", "PAWL_WORKFLOW=w", "PAWL_STEP=a", "PAWL_ATTEMPT_NUMBER=1"})
        CHECK(has_env(first, entry));
    CHECK(has_env(second, "PAWL_ATTEMPT_NUMBER=2"));
    CHECK(std::ranges::count_if(first.env, [](std::string const& entry) { return entry.starts_with("LEVEL="); }) == 1);
}

}  // namespace pawl::test
