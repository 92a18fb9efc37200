// Steps with foreach and matrix: one row an item, side by side, and one end.
#include "daemon/core/context.h"
#include "tests/unit/core/engine_bench.h"
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

std::string const three = with_steps(
    "  - {id: up, foreach: \"['eu', 'us', 'ap']\", run: x, env: {REGION: \"${{ item }}\"}}\n  - {id: after, run: x}\n");

/// The value of an environment variable that a launch was given.
std::string variable(LaunchSpec const& spec, std::string_view name) {
    for (std::string const& entry : spec.env)
        if (entry.starts_with(std::string(name) + "=")) return entry.substr(name.size() + 1);
    return "none";
}

std::string items_seen(RunBench& bench) {
    RunValues const values(bench.run, bench.now, bench.run.plan->find("after"));
    return dump_json(*values.variable("steps")->find("up")->find("items"));
}

}  // namespace

TEST_CASE("a step runs once an item, and ends when all items have", "[core][items]") {
    RunBench bench{three};
    bench.admit();
    CHECK(bench.said() == "launch up[eu]#1, launch up[us]#1, launch up[ap]#1");
    CHECK(variable(bench.launched("up[us]#1").spec, "REGION") == "us");
    CHECK(variable(bench.launched("up[us]#1").spec, "PAWL_STEP") == "up");
    CHECK(variable(bench.launched("up[us]#1").spec, "PAWL_IDEMPOTENCY_KEY") == "1/up/us");
    bench.ends("up[eu]", exited(0, "n=1\n"));
    bench.ends("up[ap]", exited(0, "n=3\n"));
    CHECK(bench.step("up") == "running");
    CHECK(bench.said() == "");
    bench.ends("up[us]", exited(0, "n=2\n"));
    CHECK(bench.step("up") == "succeeded");
    CHECK(bench.said() == "launch after#1");
    CHECK(items_seen(bench).starts_with(R"([{"item":"eu","status":"succeeded","reason":"","outputs":{"n":"1"},"exit_code":0},{"item":"us")"));
}

TEST_CASE("one bad item makes the step bad, and the others go on", "[core][items]") {
    RunBench bench{three};
    bench.admit();
    bench.ends("up[us]", 3);
    CHECK(bench.step("up") == "running");
    bench.ends("up[eu]", 0);
    bench.ends("up[ap]", 4);
    CHECK(bench.step("up") == "failed (items)");
    CHECK(bench.row("up").message == "2 of 3 items ended badly, first up[us]: exited with 3");
    CHECK(bench.step("after") == "skipped (upstream)");
    CHECK(bench.state() == "failed (items)");
    CHECK(bench.run.row.failed_step == "up");
}

TEST_CASE("max_parallel bounds what runs at a time", "[core][items]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"[1, 2, 3, 4, 5]\", max_parallel: 2, run: x}\n")};
    bench.admit();
    CHECK(bench.said() == "launch up[1]#1, launch up[2]#1");
    CHECK(bench.step("up[3]") == "pending");
    bench.ends("up[2]", 0);
    CHECK(bench.said() == "launch up[3]#1");
    bench.ends("up[1]", 1);
    CHECK(bench.said() == "launch up[4]#1");
}

TEST_CASE("with fail_fast the first bad item stops the others, and begins no further ones", "[core][items]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"[1, 2, 3, 4]\", max_parallel: 3, fail_fast: true, run: x, retry: {max_attempts: 2}}\n")};
    bench.admit();
    bench.said();
    bench.ends("up[1]", 1);
    CHECK(bench.step("up[1]") == "waiting (exit)");  // it has another attempt
    bench.ends("up[2]", 0);
    CHECK(bench.said() == "launch up[4]#1");
    bench.passes(10s);
    bench.said();
    bench.ends("up[1]", 1);
    CHECK(bench.said() == "stop up[3]#1, stop up[4]#1");
    bench.ends("up[3]", ended_by(EndKind::stopped));
    bench.ends("up[4]", 1);  // its own failure came first: stopped all the same, and not tried again
    CHECK(bench.step("up[3]") == "cancelled (cancelled)");
    CHECK(bench.step("up") == "failed (items)");
    CHECK(bench.state() == "failed (items)");
}

TEST_CASE("a matrix runs for every combination, the last key changing fastest", "[core][items]") {
    RunBench bench{with_steps("  - {id: test, matrix: {os: [linux, bsd], cc: \"${{ inputs.compilers }}\"}, argv: [t, \"${{ matrix.os }}\", \"${{ matrix.cc }}\"]}\n",
                              "inputs: {compilers: {type: list, items: string}}\n"),
                   R"({"compilers": ["gcc", "clang"]})"};
    bench.admit();
    CHECK(bench.said() == "launch test[os=linux,cc=gcc]#1, launch test[os=linux,cc=clang]#1, launch test[os=bsd,cc=gcc]#1, launch test[os=bsd,cc=clang]#1");
    CHECK(bench.launched("test[os=bsd,cc=gcc]#1").spec.argv == std::vector<std::string>{"t", "bsd", "gcc"});
}

TEST_CASE("no items: the step is skipped, and what follows runs", "[core][items]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"[1].filter(i, i > 1)\", run: x}\n  - {id: after, run: x}\n")};
    bench.admit();
    CHECK(bench.step("up") == "skipped (no_items)");
    CHECK(bench.said() == "launch after#1");
}

TEST_CASE("items that read alike are told apart by their place", "[core][items]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"['a', 'a', '[b]', '']\", run: x}\n")};
    bench.admit();
    CHECK(bench.said() == "launch up[a]#1, launch up[a#2]#1, launch up[(b)]#1, launch up[#4]#1");
    RunBench sly{with_steps("  - {id: up, foreach: \"['a#3', 'a', 'a']\", run: x}\n")};
    sly.admit();
    CHECK(sly.said() == "launch up[a#3]#1, launch up[a]#1, launch up[a#3#3]#1");
}

TEST_CASE("items of steps without a program end one after the other too", "[core][items]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"[1, 2, 3]\", uses: set, with: {twice: \"${{ item * 2 }}\"}}\n"
                              "  - {id: after, run: x, env: {ALL: \"${{ string(steps.up.items.map(i, i.outputs.twice)[2]) }}\"}}\n")};
    bench.admit();
    CHECK(variable(bench.launched("after#1").spec, "ALL") == "6");
}

TEST_CASE("more items than 10,000 fail the step; so does an expression that fails for one item", "[core][items]") {
    RunBench many{with_steps("  - {id: up, foreach: \"inputs.n\", run: x}\n", "inputs: {n: list}\n"), [] {
        std::string list = "[0";
        for (int i = 0; i < 10'000; ++i) list += ",0";
        return R"({"n": )" + list + "]}";
    }()};
    many.admit();
    CHECK(many.step("up") == "failed (expression_error)");
    CHECK(many.row("up").message.find("at most 10,000 items") != std::string::npos);
    RunBench one{with_steps("  - {id: up, foreach: \"[0, 1]\", argv: [x, \"${{ 1 / item }}\"]}\n")};
    one.admit();
    CHECK(one.step("up[0]") == "failed (expression_error)");
    one.ends("up[1]", 0);
    CHECK(one.step("up") == "failed (items)");
}

TEST_CASE("a cancel stops all items and begins none", "[core][items]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"[1, 2, 3]\", max_parallel: 2, run: x}\n")};
    bench.admit();
    bench.ends("up[1]", 0);
    bench.said();
    bench.cancel();
    CHECK(bench.said() == "stop up[2]#1, stop up[3]#1");
    bench.ends("up[2]", ended_by(EndKind::stopped));
    bench.ends("up[3]", ended_by(EndKind::stopped));
    CHECK(bench.step("up") == "cancelled (cancelled)");
    CHECK(bench.state() == "cancelled (cancelled)");
}

TEST_CASE("a run whose items all wait is waiting, and timers move each item", "[core][items]") {
    RunBench bench{with_steps("  - {id: pause, foreach: \"['1s', '5s']\", uses: wait, with: {for: \"${{ item }}\"}}\n")};
    bench.admit();
    CHECK(bench.state() == "waiting");
    bench.passes(1s);
    CHECK(bench.step("pause[1s]") == "succeeded");
    bench.passes(4s);
    CHECK(bench.state() == "succeeded");
}

TEST_CASE("each item that succeeded is undone, also where others failed; the last first", "[core][items][undo]") {
    RunBench bench{with_steps("  - id: up\n    foreach: \"[1, 2, 3]\"\n    run: x\n"
                              "    undo: {run: x, env: {I: \"${{ string(item) }}\", N: \"${{ steps.up.outputs.n }}\"}}\n")};
    bench.admit();
    bench.ends("up[2]", exited(0, "n=two\n"));
    bench.passes(1s);
    bench.ends("up[1]", exited(0, "n=one\n"));
    bench.said();
    bench.ends("up[3]", 1);
    CHECK(bench.said() == "launch up.undo[1]#1");
    CHECK(variable(bench.launched("up.undo[1]#1").spec, "N") == "one");
    bench.ends("up.undo[1]", 0);
    CHECK(bench.said() == "launch up.undo[2]#1");
    CHECK(variable(bench.launched("up.undo[2]#1").spec, "I") == "2");
    bench.ends("up.undo[2]", 0);
    CHECK(bench.state() == "failed (items)");
}

TEST_CASE("a retry runs the items again that did not succeed, and only those", "[core][items][retry]") {
    EngineBench bench;
    bench.deploy(three);
    bench.start("w");
    bench.ends("1.up[eu]", 0);
    bench.ends("1.up[us]", 1);
    bench.ends("1.up[ap]", 0);
    REQUIRE(bench.state(1) == "failed (items)");
    CHECK(bench.retry(1) == 201);
    CHECK(bench.step("2.up[eu]") == "succeeded");
    CHECK(bench.step("2.up[us]") == "running");
    bench.ends("2.up[us]", 0);
    CHECK(bench.step("2.up") == "succeeded");
    CHECK(bench.step("2.after") == "running");
    SECTION("from the step itself all run again") {
        bench.ends("2.after", 0);
        CHECK(bench.retry(2, "up") == 201);
        CHECK(bench.step("3.up[eu]") == "running");
    }
}

TEST_CASE("a lost item is resolved by its name", "[core][items][retry]") {
    EngineBench bench;
    bench.deploy(three);
    bench.start("w");
    bench.ends("1.up[eu]", 0);
    bench.ends("1.up[ap]", 0);
    bench.lost("1.up[us]");
    bench.swept("1.up[us]");
    REQUIRE(bench.step("1.up") == "lost (items)");
    CHECK(bench.resolve(1, "up", ResolveStep::As::success) == 409);
    CHECK(bench.resolve(1, "up[us]", ResolveStep::As::success) == 201);
    CHECK(bench.step("2.up[us]") == "succeeded (resolved)");
    CHECK(bench.step("2.up") == "succeeded");
    CHECK(bench.step("2.after") == "running");
}

}  // namespace pawl::test
