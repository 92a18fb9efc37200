// What people ask: deploy, remove, start, cancel, retry, resolve; answers under a key, audit rows; and what a restart finds.
#include "common/base/error_codes.h"
#include "tests/unit/core/engine_bench.h"

namespace pawl::test {
namespace {

std::string const plain = with_steps("  - {id: a, run: x}\n");
std::string const chain = with_steps("  - {id: a, run: x}\n  - {id: b, run: x}\n  - {id: c, run: x}\n", "finally: [{id: clean, run: x}]\n");

std::string change(EngineBench const& bench) {
    Json const& first = bench.answer.find("changes")->as_list().front();
    return first.text("action") + " " + std::to_string(first.number("version"));
}

}  // namespace

TEST_CASE("deploy tells what became of each workflow", "[core][deploy]") {
    EngineBench bench;
    bench.deploy(plain);
    CHECK(change(bench) == "added 1");
    bench.deploy(plain);
    CHECK(change(bench) == "unchanged 1");
    bench.deploy("# a comment makes no version\n" + plain);
    CHECK(change(bench) == "unchanged 1");
    bench.deploy(chain);
    CHECK(change(bench) == "changed 2");
    SECTION("content that was there before is a new version") {
        bench.deploy(plain);
        CHECK(change(bench) == "changed 3");
    }
    SECTION("a dry run changes nothing") {
        bench.deploy(plain, true);
        CHECK(change(bench) == "changed 3");
        CHECK(bench.answer.flag("dry_run"));
        CHECK(bench.engine->active_version("w")->number == 2);
        bench.deploy(plain);
        CHECK(change(bench) == "changed 3");
    }
    SECTION("a removed workflow comes back with the next number") {
        CHECK(bench.command(RemoveWorkflow{"w"}) == 200);
        CHECK_FALSE(bench.engine->active_version("w"));
        CHECK(bench.start("w") == 404);
        CHECK(bench.command(RemoveWorkflow{"w"}) == 404);
        bench.deploy(chain);
        CHECK(change(bench) == "reactivated 3");
        CHECK(bench.start("w") == 201);
    }
}

TEST_CASE("a run is pinned to its version; removing the workflow lets it end", "[core][deploy]") {
    EngineBench bench;
    bench.deploy(chain);
    bench.start("w");
    bench.deploy(plain);
    bench.command(RemoveWorkflow{"w"});
    bench.ends("1.a", 0);
    CHECK(bench.step("1.b") == "running");
}

TEST_CASE("inputs are checked before a run is made", "[core][engine]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: a, run: x}\n", "inputs: {n: {type: int, min: 1}}\n"));
    CHECK(bench.start("w", R"({"n": 0})") == 422);
    CHECK(bench.answer.text("code") == "invalid_input");
    CHECK(bench.start("w", "{}") == 422);
    CHECK(bench.start("w", R"({"n": 1, "m": 2})") == 422);
    CHECK_FALSE(bench.knows(1));
    CHECK(bench.start("w", R"({"n": 1})") == 201);
    CHECK(bench.answer.number("id") == 1);
}

TEST_CASE("a request repeated under its key gets its answer again and has no second effect", "[core][engine]") {
    EngineBench bench;
    bench.deploy(plain);
    bench.audited();
    CHECK(bench.start("w", "{}", "key", "hash") == 201);
    Json const first = bench.answer;
    bench.ends("1.a", 0);
    bench.said();
    bench.audited();
    SECTION("at once") {}
    SECTION("after a restart") { bench.restarts({}); }
    CHECK(bench.start("w", "{}", "key", "hash") == 201);
    CHECK(bench.answer == first);
    CHECK_FALSE(bench.knows(2));
    CHECK(bench.audited() == "");
    SECTION("another request under the key is refused") {
        CHECK(bench.start("w", "{}", "key", "other") == 422);
        CHECK(bench.answer.text("code") == "key_reused");
    }
}

TEST_CASE("a refusal is not kept under the key: the request may succeed later", "[core][engine]") {
    EngineBench bench;
    bench.deploy(plain);
    bench.command(Drain{true});
    CHECK(bench.start("w", "{}", "key", "hash") == 503);
    bench.command(Drain{false});
    CHECK(bench.start("w", "{}", "key", "hash") == 201);
}

TEST_CASE("a request that can no longer be prepared still gets its first answer", "[core][engine]") {
    EngineBench bench;
    bench.deploy(plain);
    CHECK(bench.start("w", "{}", "key", "hash") == 201);
    (void)bench.audited();
    Unprepared const gone{Error{.code = code::not_found, .message = "removed", .where = {}, .hint = {}}, {}};
    CHECK(bench.command(gone, "key", "hash") == 201);
    CHECK(bench.command(gone, "key", "other") == 422);
    CHECK(bench.command(gone, "new", "hash") == 404);
    CHECK(bench.audited() == "");
}

TEST_CASE("each command leaves one audit row, refused ones too", "[core][engine]") {
    EngineBench bench;
    bench.deploy(plain);
    bench.start("w");
    bench.start("nobody");
    bench.cancel(1);
    bench.cancel(7);
    bench.retry(1);
    bench.command(Drain{true});
    bench.command(RemoveWorkflow{"w"});
    Refused refused{.who = {}, .via = "socket", .action = "run.cancel", .object = "run/1", .code = code::denied};
    bench.apply(refused);
    bench.command(Stop{});
    CHECK(bench.audited() ==
          "deploy workflow/w accepted, run.start run/1 accepted, run.start workflow/nobody not_found, run.cancel run/1 accepted, "
          "run.cancel run/7 not_found, run.retry run/1 conflict, daemon.drain daemon accepted, workflow.rm workflow/w accepted, "
          "run.cancel run/1 denied, daemon.stop daemon accepted");
}

TEST_CASE("a run that has ended cannot be cancelled", "[core][engine]") {
    EngineBench bench;
    bench.deploy(plain);
    bench.start("w");
    bench.ends("1.a", 0);
    CHECK(bench.cancel(1) == 409);
    CHECK(bench.state(1) == "succeeded");
}

TEST_CASE("retry makes a new run that carries over what succeeded", "[core][retry]") {
    EngineBench bench;
    bench.deploy(chain);
    bench.start("w");
    bench.ends("1.a", exited(0, "n=1\n"));
    CHECK(bench.retry(1) == 409);  // it lives
    bench.ends("1.b", 1);
    bench.ends("1.clean", 0);
    bench.said();
    CHECK(bench.retry(1) == 201);
    CHECK(bench.answer.number("retry_of") == 1);
    CHECK(bench.answer.number("attempt") == 2);
    CHECK(bench.said() == "launch 2.b#1");
    CHECK(bench.row("2.a").carried);
    CHECK(bench.row("2.a").outputs == json(R"({"n": "1"})"));
    CHECK(bench.state(1) == "failed (exit)");
    bench.ends("2.b", 0);
    bench.ends("2.c", 0);
    CHECK(bench.said() == "launch 2.c#1, launch 2.clean#1");
    bench.ends("2.clean", 0);
    CHECK(bench.state(2) == "succeeded");
    SECTION("all succeeded: nothing is to retry, but from a step on everything is") {
        CHECK(bench.retry(2) == 409);
        CHECK(bench.retry(2, "nobody") == 404);
        bench.said();
        CHECK(bench.retry(2, "b") == 201);
        CHECK(bench.said() == "launch 3.b#1");
        CHECK(bench.step("3.c") == "pending");
    }
}

TEST_CASE("a step that succeeded behind a skipped one is carried over too", "[core][retry]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: maybe, run: x, if: \"false\"}\n  - {id: b, run: x}\n  - {id: c, run: x}\n"));
    bench.start("w");
    bench.ends("1.b", 0);
    bench.ends("1.c", 1);
    bench.said();
    CHECK(bench.retry(1) == 201);
    CHECK(bench.said() == "launch 2.c#1");
}

TEST_CASE("a retry of a run whose vars failed computes them again", "[core][retry]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: a, run: x}\n", "inputs: {n: int}\nvars: {part: \"${{ 100 / inputs.n }}\"}\n"));
    bench.start("w", R"({"n": 0})");
    CHECK(bench.state(1) == "failed (expression_error)");
    CHECK(bench.retry(1) == 201);
    CHECK(bench.state(2) == "failed (expression_error)");
}

TEST_CASE("a lost step is resolved by hand, in a new run", "[core][retry]") {
    EngineBench bench;
    bench.deploy(chain);
    bench.start("w");
    bench.ends("1.a", 0);
    bench.lost("1.b");
    bench.swept("1.b");
    bench.ends("1.clean", 0);
    CHECK(bench.state(1) == "failed (lost)");
    bench.said();
    SECTION("as success: what needs it runs") {
        CHECK(bench.resolve(1, "b", ResolveStep::As::success, "saw the file") == 201);
        CHECK(bench.step("2.b") == "succeeded (resolved)");
        CHECK(bench.row("2.b").message == "resolved by hand: saw the file");
        CHECK(bench.said() == "launch 2.c#1");
    }
    SECTION("as failed: the handlers run, and the run is failed") {
        CHECK(bench.resolve(1, "b", ResolveStep::As::failed) == 201);
        CHECK(bench.step("2.c") == "skipped (upstream)");
        CHECK(bench.said() == "launch 2.clean#1");
        bench.ends("2.clean", 0);
        CHECK(bench.state(2) == "failed (resolved)");
        CHECK(bench.rows().at(RunId{2}).run.failed_step == "b");
    }
    SECTION("as retry: it runs again") {
        CHECK(bench.resolve(1, "b", ResolveStep::As::retry) == 201);
        CHECK(bench.said() == "launch 2.b#1");
    }
    SECTION("once: a second time would run what comes behind it twice") {
        bench.audited();
        CHECK(bench.resolve(1, "b", ResolveStep::As::retry, "saw nothing") == 201);
        CHECK(bench.audited() == "run.resolve run/1/b as retry: saw nothing accepted");
        CHECK(bench.resolve(1, "b", ResolveStep::As::success) == 409);
        CHECK(bench.answer.text("title") == "run 1 was already settled in run 2");
        CHECK_FALSE(bench.knows(3));
    }
    SECTION("once, also when only the rows of an earlier life tell it") {
        RetryRun retry = bench.retry_of(1);
        StoredRun ended = *retry.ended;
        ended.settled_in = RunId{7};
        retry.ended = std::make_shared<StoredRun const>(std::move(ended));
        CHECK(bench.command(ResolveStep{std::move(retry), "b", ResolveStep::As::success, ""}) == 409);
    }
    SECTION("only a lost step can be resolved") {
        CHECK(bench.resolve(1, "a", ResolveStep::As::success) == 409);
        CHECK(bench.resolve(1, "nobody", ResolveStep::As::success) == 404);
    }
}

TEST_CASE("a retry queues in the group of the run it retries", "[core][retry]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: a, run: x}\n", "concurrency: {group: g}\n"));
    bench.start("w");
    bench.ends("1.a", 1);
    bench.start("w");
    CHECK(bench.retry(1) == 201);
    CHECK(bench.state(3) == "queued");
    bench.ends("2.a", 0);
    CHECK(bench.state(3) == "running");
}

TEST_CASE("a restart asks what became of each attempt and goes on", "[core][recover]") {
    EngineBench bench;
    bench.deploy(plain);
    bench.start("w");
    bench.said();
    SECTION("never started: the same launch again") {
        bench.restarts({{"1.a#1", {VerdictKind::never_started, {}}}});
        CHECK(bench.said() == "launch 1.a#1");
    }
    SECTION("alive: adopted") {
        bench.restarts({{"1.a#1", {VerdictKind::alive, {}}}});
        CHECK(bench.said() == "adopt 1.a#1");
        bench.ends("1.a", 0);
        CHECK(bench.state(1) == "succeeded");
    }
    SECTION("ended: settled") {
        bench.restarts({{"1.a#1", {VerdictKind::ended, exited(4)}}});
        CHECK(bench.state(1) == "failed (exit)");
    }
    SECTION("lost: swept, and the sweep is repeated after another restart") {
        bench.restarts({{"1.a#1", {VerdictKind::lost, {}}}});
        CHECK(bench.said() == "sweep 1.a#1");
        bench.restarts({});
        CHECK(bench.said() == "sweep 1.a#1");
        bench.swept("1.a");
        CHECK(bench.state(1) == "failed (lost)");
    }
    SECTION("a stop is not forgotten") {
        bench.cancel(1);
        bench.said();
        SECTION("alive") {
            bench.restarts({{"1.a#1", {VerdictKind::alive, {}}}});
            CHECK(bench.said() == "adopt 1.a#1, stop 1.a#1");
        }
        SECTION("never started: revoked") {
            bench.restarts({{"1.a#1", {VerdictKind::never_started, {}}}});
            CHECK(bench.said() == "stop 1.a#1");
        }
        bench.ends("1.a", ended_by(EndKind::stopped));
        CHECK(bench.state(1) == "cancelled (cancelled)");
    }
}

TEST_CASE("queues, groups and timers are made again from the rows", "[core][recover]") {
    EngineBench bench{1};
    bench.deploy(with_steps("  - {id: a, run: x, retry: {max_attempts: 2, delay: 1h}}\n", "concurrency: {group: g, limit: 2}\n"));
    for (int i = 0; i < 3; ++i) bench.start("w");
    bench.said();
    bench.restarts({{"1.a#1", {VerdictKind::alive, {}}}});
    CHECK(bench.state(3) == "queued");
    CHECK(bench.step("2.a") == "queued");
    bench.ends("1.a", 1);
    CHECK(bench.said() == "adopt 1.a#1, launch 2.a#1");
    bench.restarts({{"2.a#1", {VerdictKind::ended, exited(0)}}});
    CHECK(bench.said() == "launch 3.a#1");
    CHECK(bench.engine->next_deadline() == bench.now + 1h);
    bench.ends("3.a", 0);
    bench.passes(1h);
    CHECK(bench.said() == "launch 1.a#2");
}

}  // namespace pawl::test
