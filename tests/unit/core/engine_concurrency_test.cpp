// Who comes next: concurrency groups, slots, priorities and ageing, drain and degraded.
#include "tests/unit/core/engine_bench.h"

namespace pawl::test {
namespace {

/// Inputs: g names the group.
std::string grouped(std::string const& more, std::string const& rest = "") {
    return with_steps("  - {id: a, run: x}\n",
                      "inputs: {g: {type: string, default: one}}\nconcurrency: {group: \"${{ inputs.g }}\"" + more + "}\n" + rest);
}

std::string const plain = with_steps("  - {id: a, run: x}\n");

}  // namespace

TEST_CASE("queue, the default: a run of a busy group waits for the end of the other", "[core][engine]") {
    EngineBench bench;
    bench.deploy(grouped(""));
    CHECK(bench.start("w") == 201);
    CHECK(bench.start("w") == 201);
    CHECK(bench.start("w") == 201);
    CHECK(bench.start("w", R"({"g": "two"})") == 201);
    CHECK(bench.said() == "launch 1.a#1, launch 4.a#1");
    CHECK(bench.state(2) == "queued");
    bench.ends("1.a", 1);
    CHECK(bench.said() == "launch 2.a#1");
    CHECK(bench.state(3) == "queued");
    SECTION("a queued run may be cancelled, and the next takes its turn") {
        CHECK(bench.cancel(3) == 202);
        CHECK(bench.state(3) == "cancelled (cancelled)");
        bench.ends("2.a", 0);
        CHECK(bench.said() == "");
    }
}

TEST_CASE("limit says how many runs of a group live at once", "[core][engine]") {
    EngineBench bench;
    bench.deploy(grouped(", limit: 2"));
    for (int i = 0; i < 3; ++i) bench.start("w");
    CHECK(bench.said() == "launch 1.a#1, launch 2.a#1");
    bench.ends("2.a", 0);
    CHECK(bench.said() == "launch 3.a#1");
}

TEST_CASE("skip makes no run and says so", "[core][engine]") {
    EngineBench bench;
    bench.deploy(grouped(", on_conflict: skip"));
    bench.start("w");
    bench.audited();
    CHECK(bench.start("w") == 409);
    CHECK(bench.answer.text("code") == "conflict");
    CHECK_FALSE(bench.knows(2));
    CHECK(bench.audited() == "run.start workflow/w conflict");
    bench.ends("1.a", 0);
    CHECK(bench.start("w") == 201);
    CHECK(bench.state(2) == "running");
}

TEST_CASE("fail makes a run that ends failed (concurrency)", "[core][engine]") {
    EngineBench bench;
    bench.deploy(grouped(", on_conflict: fail", "finally: [{id: clean, run: x}]\n"));
    bench.start("w");
    bench.said();
    CHECK(bench.start("w") == 201);
    CHECK(bench.state(2) == "failed (concurrency)");
    CHECK(bench.said() == "");
    CHECK(bench.state(1) == "running");
}

TEST_CASE("replace stops the live runs of the group and waits for their end", "[core][engine]") {
    EngineBench bench;
    bench.deploy(grouped(", on_conflict: replace", "on_cancel: [{id: off, run: x}]\n"));
    bench.start("w");
    bench.said();
    bench.start("w");
    CHECK(bench.said() == "stop 1.a#1");
    CHECK(bench.state(1) == "stopping (superseded)");
    CHECK(bench.state(2) == "queued");
    SECTION("the handlers of the old one come first") {
        bench.ends("1.a", ended_by(EndKind::stopped));
        CHECK(bench.said() == "launch 1.off#1");
        bench.ends("1.off", 0);
        CHECK(bench.state(1) == "cancelled (superseded)");
        CHECK(bench.said() == "launch 2.a#1");
    }
    SECTION("a third takes the place of the second, and does not disturb the handlers of the first") {
        bench.ends("1.a", ended_by(EndKind::stopped));
        bench.said();
        bench.start("w");
        CHECK(bench.state(2) == "cancelled (superseded)");
        CHECK(bench.said() == "");
        bench.ends("1.off", 0);
        CHECK(bench.said() == "launch 3.a#1");
    }
}

TEST_CASE("replace: a run that ends at once does not let one in that is to be replaced too", "[core][engine]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: pause, uses: wait, with: {for: 1h}}\n",
                            "concurrency: {group: g}\non_cancel: [{id: off, run: x}]\n"));
    bench.start("w");
    bench.start("w");  // waits in the group
    bench.deploy(with_steps("  - {id: pause, uses: wait, with: {for: 1h}}\n",
                            "concurrency: {group: g, on_conflict: replace}\non_cancel: [{id: off, run: x}]\n"));
    bench.start("w");
    CHECK(bench.state(2) == "cancelled (superseded)");
    CHECK(bench.row("2.off").attempts == 0);
    CHECK(bench.said() == "launch 1.off#1");
    bench.ends("1.off", 0);
    CHECK(bench.state(3) == "waiting");
}

TEST_CASE("max_queued bounds who waits; on_full decides", "[core][engine]") {
    EngineBench bench;
    SECTION("reject: the new one is refused") {
        bench.deploy(grouped(", max_queued: 1"));
        bench.start("w");
        bench.start("w");
        CHECK(bench.start("w") == 429);
        CHECK(bench.answer.text("code") == "queue_full");
        CHECK_FALSE(bench.knows(3));
    }
    SECTION("latest: the one that waits gives way") {
        bench.deploy(grouped(", max_queued: 1, on_full: latest"));
        bench.start("w");
        bench.start("w");
        CHECK(bench.start("w") == 201);
        CHECK(bench.state(2) == "cancelled (superseded)");
        CHECK(bench.state(3) == "queued");
        bench.ends("1.a", 0);
        CHECK(bench.state(3) == "running");
    }
    SECTION("nobody may wait: the new one is refused, whatever on_full says") {
        bench.deploy(grouped(", max_queued: 0, on_full: latest"));
        CHECK(bench.start("w") == 201);
        CHECK(bench.start("w") == 429);
        CHECK(bench.state(1) == "running");
    }
}

TEST_CASE("a run holds no slot while it waits; attempts_max bounds live attempts", "[core][engine]") {
    EngineBench bench{1};
    bench.deploy(plain);
    bench.start("w");
    bench.start("w");
    CHECK(bench.said() == "launch 1.a#1");
    CHECK(bench.step("2.a") == "queued");
    CHECK(bench.engine->counts().attempts_live == 1);
    CHECK(bench.engine->counts().steps_queued == 1);
    SECTION("the slot is free at the end") {
        bench.ends("1.a", 0);
        CHECK(bench.said() == "launch 2.a#1");
    }
    SECTION("a step being stopped still holds its slot") {
        bench.cancel(1);
        CHECK(bench.said() == "stop 1.a#1");
        bench.ends("1.a", ended_by(EndKind::stopped));
        CHECK(bench.said() == "launch 2.a#1");
    }
    SECTION("a cancelled run leaves the queue") {
        bench.cancel(2);
        CHECK(bench.engine->counts().steps_queued == 0);
        bench.ends("1.a", 0);
        CHECK(bench.said() == "");
    }
    SECTION("a retry delay holds none") {
        bench.deploy(with_steps("  - {id: a, run: x, retry: {max_attempts: 2, delay: 1h}}\n"));
        bench.ends("1.a", 0);
        bench.ends("2.a", 0);
        bench.start("w");
        bench.start("w");
        bench.said();
        bench.ends("3.a", 1);
        CHECK(bench.said() == "launch 4.a#1");
    }
}

TEST_CASE("higher priority first, then age; a minute of waiting counts as one point", "[core][engine]") {
    EngineBench bench{1};
    bench.deploy(plain);
    bench.deploy("kind: workflow\nname: urgent\npriority: 5\nsteps: [{id: a, run: x}]\n");
    bench.start("w");
    bench.start("w");
    SECTION("four minutes later, five points still win") {
        bench.passes(4min);
        bench.start("urgent");
        bench.ends("1.a", 0);
        CHECK(bench.said() == "launch 1.a#1, launch 3.a#1");
    }
    SECTION("six minutes later they do not: nobody waits for ever") {
        bench.passes(6min);
        bench.start("urgent");
        bench.ends("1.a", 0);
        CHECK(bench.said() == "launch 1.a#1, launch 2.a#1");
    }
}

TEST_CASE("drain starts nothing new, lets live attempts end, and can be taken back", "[core][engine]") {
    EngineBench bench{1};
    bench.deploy(plain);
    bench.start("w");
    bench.start("w");
    bench.said();
    CHECK(bench.command(Drain{true}) == 200);
    CHECK(dump_json(bench.answer) == R"({"draining":true,"live_attempts":1})");
    CHECK(bench.start("w") == 503);
    CHECK(bench.answer.text("code") == "draining");
    bench.ends("1.a", 0);
    CHECK(bench.state(1) == "succeeded");
    CHECK(bench.said() == "");
    CHECK(bench.command(Drain{false}) == 200);
    CHECK(bench.said() == "launch 2.a#1");
}

TEST_CASE("a degraded store: nothing is started or deployed, but stopping works", "[core][engine]") {
    EngineBench bench{1};
    bench.deploy(plain);
    bench.start("w");
    bench.start("w");
    bench.said();
    bench.apply(StoreDegraded{true, "the disk is full"});
    CHECK(bench.start("w") == 503);
    CHECK(bench.answer.text("title") == "nothing new is started: the disk is full");
    CHECK(bench.command(Deploy{}) == 503);
    CHECK(bench.cancel(1) == 202);
    CHECK(bench.said() == "stop 1.a#1");
    bench.ends("1.a", ended_by(EndKind::stopped));
    CHECK(bench.said() == "");
    bench.apply(StoreDegraded{false, ""});
    CHECK(bench.said() == "launch 2.a#1");
}

TEST_CASE("live runs are bounded", "[core][engine]") {
    EngineBench bench{64, 1};
    bench.deploy(plain);
    CHECK(bench.start("w") == 201);
    CHECK(bench.start("w") == 429);
    bench.ends("1.a", 0);
    CHECK(bench.start("w") == 201);
}

}  // namespace pawl::test
