// What a launch says about artifacts and cache, and what becomes of what is told at its end.
#include "daemon/core/keep.h"

#include <algorithm>

#include "common/base/text.h"
#include "daemon/core/spec.h"
#include "tests/unit/core/engine_bench.h"
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

std::string names_of(CacheOrder const& order) {
    std::string names;
    for (auto const& [name, hash] : order.parts) names += (names.empty() ? "" : " ") + name;
    return names;
}

std::string part(CacheOrder const& order, std::string_view name) {
    for (auto const& [have, hash] : order.parts)
        if (have == name) return hash;
    return "none";
}

AttemptEnd hit(std::string outputs) {
    AttemptEnd end = exited(0, std::move(outputs));
    end.note = "cached: as in run 1";
    end.cache = JsonMap{{"hit", true}, {"run", 1}, {"attempt", 1}};
    return end;
}

}  // namespace

TEST_CASE("a launch names the files to keep, with values put in, and survives being stored", "[core][keep]") {
    RunBench bench{with_steps("  - {id: up, foreach: \"['eu']\", run: x, artifacts: {paths: [\"out/${{ item }}/**\"], keep: 24h, if_missing: warn}}\n")};
    bench.admit();
    KeepOrder const& keep = bench.launched("up[eu]#1").spec.keep;
    CHECK(keep.step == "up[eu]");
    REQUIRE(keep.artifacts);
    CHECK(keep.artifacts->paths == std::vector<std::string>{"out/eu/**"});
    CHECK(keep.artifacts->keep == 24h);
    CHECK(keep.artifacts->if_missing == ArtifactsOrder::Missing::warn);
    CHECK_FALSE(keep.cache);
    CHECK(decode_spec(encode_spec(bench.launched("up[eu]#1").spec))->keep == keep);
}

TEST_CASE("a value that leads out of the folder fails the step", "[core][keep]") {
    RunBench bench{with_steps("  - {id: a, run: x, artifacts: [\"${{ inputs.name }}/x\"]}\n", "inputs: {name: string}\n"), R"({"name": "../.."})"};
    bench.admit();
    CHECK(bench.step("a") == "failed (expression_error)");
    CHECK(bench.row("a").message == "'../../x' of 'artifacts' leads out of the step's folder");
}

TEST_CASE("what decides a result are the step's own words and values, as hashes", "[core][keep]") {
    std::string const steps = "  - {id: a, run: make, env: {CC: gcc}, files: {CONF: \"secret\"}, cache: {files: [\"src/**\"], key: \"v1\"}}\n";
    RunBench bench{with_steps(steps, "env: {LANG_: de}\n")};
    bench.admit();
    CacheOrder const& order = *bench.launched("a#1").spec.keep.cache;
    CHECK(names_of(order) == "key run dir cache env.LANG_ env.CC files.CONF");  // not PATH, which the daemon gives; not PAWL_RUN
    CHECK(part(order, "key") == sha256_hex("v1"));
    CHECK(order.look);
    CHECK(encode_spec(bench.launched("a#1").spec).find("\"v1\"") == std::string::npos);
}

TEST_CASE("each item has its own parts", "[core][keep]") {
    RunBench bench{with_steps("  - {id: a, foreach: \"[1, 2]\", run: make, cache: {max_age: 1h}}\n")};
    bench.admit();
    CHECK(part(*bench.launched("a[1]#1").spec.keep.cache, "item") != part(*bench.launched("a[2]#1").spec.keep.cache, "item"));
}

TEST_CASE("a result that is remembered ends the step with its outputs, and is seen as cached", "[core][keep]") {
    RunBench bench{with_steps("  - {id: a, run: make, outputs: {size: int}, cache: {files: [a]}}\n  - {id: b, if: \"steps.a.cached && steps.a.outputs.size == 4\", run: x}\n")};
    bench.admit();
    bench.ends("a", hit("size=4\n"));
    CHECK(bench.step("a") == "succeeded");
    CHECK(is_cached(bench.row("a")));
    CHECK(bench.row("a").message == "cached: as in run 1");
    CHECK(bench.said() == "launch a#1, launch b#1");
}

TEST_CASE("why a step ran is kept beside what else decided", "[core][keep]") {
    RunBench bench{with_steps("  - {id: a, if: inputs.go, run: make, cache: {files: [a]}}\n", "inputs: {go: {type: bool, default: true}}\n")};
    bench.admit();
    AttemptEnd end = exited(0);
    end.cache = JsonMap{{"hit", false}, {"why", JsonList{"file a changed"}}};
    bench.ends("a", end);
    CHECK_FALSE(is_cached(bench.row("a")));
    CHECK(bench.row("a").explain.find("if") != nullptr);
    CHECK(bench.row("a").explain.find("cache")->find("why")->as_list().front().as_string() == "file a changed");
}

TEST_CASE("files that were promised and are not there fail a success, and may be tried again", "[core][keep]") {
    RunBench bench{with_steps("  - {id: a, run: make, idempotent: true, retry: {max_attempts: 2, delay: 1s}, artifacts: [out]}\n")};
    bench.admit();
    AttemptEnd end = exited(0);
    end.not_kept = "no file matches 'out' of its artifacts";
    bench.ends("a", end);
    CHECK(bench.step("a") == "waiting (bad_output)");
    bench.passes(1s);
    bench.ends("a", end);
    CHECK(bench.step("a") == "failed (bad_output)");
    CHECK(bench.row("a").message == "no file matches 'out' of its artifacts");
}

TEST_CASE("a run may be told to use no cache, and says so in its event, which a retry carries on", "[core][keep]") {
    RunBench bench{with_steps("  - {id: a, run: make, cache: {files: [a]}}\n")};
    bench.run.data.event.set(std::string(no_cache_attribute), true);
    bench.admit();
    CHECK_FALSE(bench.launched("a#1").spec.keep.cache->look);
}

TEST_CASE("the engine judges an end before it is decided", "[core][keep]") {
    EngineBench bench;
    bench.deploy(with_steps("  - {id: a, run: make, outputs: {size: int}, cache: {files: [a]}}\n"));
    REQUIRE(bench.start("w") == 201);
    AttemptRow const attempt = bench.engine->live_attempts().at(0);
    CHECK(bench.engine->succeeds(attempt.id, exited(0, "size=4\n")));
    CHECK_FALSE(bench.engine->succeeds(attempt.id, exited(0)));
    CHECK_FALSE(bench.engine->succeeds(attempt.id, exited(1, "size=4\n")));
    CHECK_FALSE(bench.engine->succeeds(AttemptId{99}, exited(0, "size=4\n")));
    CHECK(bench.engine->spec_of(attempt)->keep.cache);
}

}  // namespace pawl::test
