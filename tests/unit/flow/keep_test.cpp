// `artifacts` and `cache` as the engine gets them.
#include "common/flow/keep.h"

#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::test;

TEST_CASE("a list of artifacts stands for a map with paths, in the model too", "[flow][keep]") {
    LoadedWorkflow const brief = good(with_steps("  - {id: a, run: make, artifacts: [\"dist/**\", log.txt]}\n"));
    LoadedWorkflow const whole = good(with_steps("  - {id: a, run: make, artifacts: {paths: [\"dist/**\", log.txt]}}\n"));
    CHECK(brief.hash == whole.hash);
    ArtifactsPlan const& plan = *brief.plan->steps[0].artifacts;
    REQUIRE(plan.paths.size() == 2);
    CHECK(plan.if_missing == ArtifactsPlan::Missing::fail);
    CHECK_FALSE(plan.keep);
}

TEST_CASE("globs and keys see inputs, earlier steps and the item", "[flow][keep]") {
    LoadedWorkflow const loaded = good("kind: workflow\nname: w\ninputs: {regions: {type: list, items: string}}\nsteps:\n"
                                       "  - {id: b, run: x, outputs: {tag: string}}\n"
                                       "  - id: a\n    foreach: inputs.regions\n    run: make\n    artifacts: {paths: [\"${{ item }}/*.tar\"], keep: 24h, if_missing: warn}\n"
                                       "    cache: {files: [\"${{ item }}/src/**\"], produces: [\"${{ item }}.o\"], key: \"${{ steps.b.outputs.tag }}\", max_age: 168h}\n");
    StepPlan const& step = loaded.plan->steps[1];
    CHECK(step.artifacts->keep == std::chrono::hours(24));
    CHECK(step.artifacts->if_missing == ArtifactsPlan::Missing::warn);
    REQUIRE(step.cache);
    CHECK(step.cache->files.size() == 1);
    CHECK(step.cache->produces.size() == 1);
    CHECK(step.cache->key);
    CHECK(step.cache->max_age == std::chrono::hours(168));
}

TEST_CASE("other tools' words for files and caches lead to ours", "[flow][keep]") {
    CHECK(mistakes(with_steps("  - {id: a, run: x, artifact_paths: [a]}\n")).find("did you mean 'artifacts'?") != std::string::npos);
    CHECK(mistakes(with_steps("  - {id: a, run: x, artifacts: {path: [a]}}\n")).find("did you mean 'paths'?") != std::string::npos);
    CHECK(mistakes(with_steps("  - {id: a, run: x, artifacts: {paths: [a], expire_in: 1h}}\n")).find("did you mean 'keep'?") != std::string::npos);
    CHECK(mistakes(with_steps("  - {id: a, run: x, cache: {sources: [a]}}\n")).find("did you mean 'files'?") != std::string::npos);
}

TEST_CASE("whether a step was cached is a truth value", "[flow][keep]") {
    CHECK(mistakes(with_steps("  - {id: a, run: x}\n  - {id: b, if: steps.a.cached, run: x}\n")) == "");
    CHECK(mistakes(with_steps("  - {id: a, run: x}\n  - {id: b, if: \"steps.a.cached == 'yes'\", run: x}\n")).find("expression_type") != std::string::npos);
}
