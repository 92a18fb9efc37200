// pawl test: cases in the real engine, on a simulated clock. Real files in a folder of their own.
#include <chrono>

#include "common/base/json.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

namespace {

constexpr char const* workflow = R"(kind: workflow
name: release
inputs: {channel: {type: string, enum: [stable, nightly], default: nightly}}
steps:
  - id: build
    run: make
    outputs: {size: int}
    retry: {max_attempts: 3, delay: 30s}
    on_crash: fail
    timeout: 10m
  - {id: publish, run: ./publish, undo: {run: ./unpublish}}
  - id: choose
    switch: [{when: inputs.channel == 'stable', steps: [gate]}, {else: [mark]}]
  - {id: gate, needs: [choose], uses: approve, with: {prompt: Announce, by: [ops], timeout: 4h}}
  - {id: mark, needs: [choose], uses: set, with: {done: true}}
  - {id: rest, needs: [mark], uses: wait, with: {for: 24h}}
on_failure: [{id: page, run: page}]
outputs: {size: "${{ steps.build.outputs.size }}"}
)";

/// A project whose tests stand in a folder of their own.
struct Project : Folder {
    explicit Project(std::string const& cases) {
        write("pawl.yaml", "kind: project\nname: p\n");
        write("flows/release.yaml", workflow);
        tests = write("tests/release.yaml", "kind: test\nname: release\ntarget: workflow/release\ncases:\n" + cases);
    }
    std::string tests;
};

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// One case, played: what is wrong with it.
std::string played(std::string const& mock, std::string const& expect, std::string const& inputs = "{}") {
    Project const project("  - {name: a, inputs: " + inputs + ", mock: " + mock + ", expect: " + expect + "}\n");
    CliBench bench;
    int const code = bench.run({"test", project.path});
    INFO(bench.out << bench.err);
    CHECK((code == exit_done) == holds(bench.err, "1 test: 1 passed, 0 failed"));
    return code == exit_done ? "green" : bench.out + bench.err;
}

}  // namespace

TEST_CASE("a case plays retries, delays and waits on a clock that jumps", "[cli][test]") {
    CHECK(played("{build: [{exit_code: 1}, {outputs: {size: 7}, takes: 1m}], publish: {}}",
                 "{status: succeeded, steps.build.attempts: 2, steps.build.duration: 90s, outputs.size: 7, steps.rest.duration: 24h, steps.gate.reason: switch, notifications: 0}") == "green");
    CHECK(played("{build: {takes: 11m, outputs: {size: 1}}, page: {}}", "{status: failed, reason: timeout, steps.build.attempts: 3, run.failed_step: build, steps.page.status: succeeded}") == "green");
    CHECK(played("{build: {lost: true}, page: {}}", "{status: failed, steps.build.status: lost}") == "green");
    CHECK(played("{build: [{signal: 9}, {timed_out: true}, {outputs: {size: 1}}], publish: {}}", "{status: succeeded, steps.build.attempts: 3}") == "green");
}

TEST_CASE("answers, and what is taken back after a no", "[cli][test]") {
    CHECK(played("{build: {outputs: {size: 1}}, publish: {}, gate: {approved: true, by: ana, takes: 1h}}", "{status: succeeded, steps.gate.outputs.by: ana, steps.gate.duration: 1h}", "{channel: stable}") == "green");
    CHECK(played("{build: {outputs: {size: 1}}, publish: {}, gate: {approved: false}, publish.undo: {}, page: {}}",
                 "{status: failed, steps.gate.reason: rejected, \"steps['publish.undo'].status\": succeeded}", "{channel: stable}") == "green");
    CHECK(played("{build: {outputs: {size: 1}}, publish: {}, gate: {timed_out: true}, publish.undo: {}, page: {}}", "{status: failed, steps.gate.duration: 4h}", "{channel: stable}") == "green");
}

TEST_CASE("a red expectation is shown where it stands, with what was found and what happened", "[cli][test]") {
    std::string const said = played("{build: {outputs: {size: 7}}, publish: {exit_code: 3}, page: {}}", "{status: succeeded, steps.build.attempts > 1 || reason == 'timeout': true}");
    for (char const* part : {"tests/release.yaml:5:116: error: expected \"succeeded\", found \"failed\" [test_failed]", "expected true, found false", "steps.build.attempts > 1 || reason", "exited with 3", "1 failed"}) {
        INFO(said);
        CHECK(holds(said, part));
    }
}

TEST_CASE("a step without a mock fails its case and says what to write", "[cli][test]") {
    std::string const said = played("{build: {outputs: {size: 7}}}", "{status: succeeded}");
    CHECK(holds(said, "tests/release.yaml:5:12: error: step 'publish' would run a program, and nothing stands for it"));
    CHECK(holds(said, "mock: {publish: {exit_code: 0}}"));
    CHECK(holds(played("{build: {outputs: {size: 7}}, publish: {}}", "{status: succeeded}", "{channel: stable}"), "mock: {gate: {approved: true}}"));
}

TEST_CASE("requests and queries are answered by their mocks", "[cli][test]") {
    auto const asked = [](std::string const& mock, std::string const& expect) {
        Folder folder;
        folder.write("ask.yaml", R"(kind: workflow
name: ask
steps:
  - {id: get, uses: http, with: {url: "https://example.org/"}, retry: {max_attempts: 2, delay: 1s, if: step.status == 503}}
  - {id: send, uses: http, with: {method: POST, url: "https://example.org/", json: "${{ steps.get.outputs.json }}", expect: [201, 409]}}
  - {id: read, uses: sql, with: {db: a.db, query: "SELECT :n AS n", params: {n: "${{ steps.send.outputs.status }}"}}}
outputs: {n: "${{ steps.read.outputs.count }}"}
---
kind: test
name: t
target: workflow/ask
cases: [{name: a, mock: )" + mock + ", expect: " + expect + "}]\n");
        CliBench bench;
        int const code = bench.run({"test", folder.path});
        return code == exit_done ? "green" : bench.out + bench.err;
    };
    CHECK(asked("{get: [{outputs: {status: 503}}, {outputs: {json: {a: 1}}}], send: {outputs: {status: 409}}, read: {outputs: {rows: [{n: 409}]}}}",
                "{status: succeeded, steps.get.attempts: 2, steps.get.outputs.body: '{\"a\":1}', steps.send.outputs.status: 409, outputs.n: 1}") == "green");
    CHECK(asked("{get: {error: nobody there}}", "{status: failed, reason: http, steps.get.attempts: 1, run.failed_step: get}") == "green");
    CHECK(asked("{get: {}, send: {outputs: {status: 200}}}", "{status: failed, steps.send.reason: http}") == "green");
    CHECK(asked("{get: {}, send: {}, read: {error: locked}}", "{status: failed, steps.read.reason: sql, steps.send.outputs.status: 201}") == "green");
    CHECK(asked("{get: {timed_out: true}}", "{status: failed, reason: timeout, steps.get.duration: 30s}") == "green");
    CHECK(holds(asked("{}", "{status: failed}"), "step 'get' would send a request, and nothing stands for it"));
    CHECK(holds(asked("{get: {}, send: {}}", "{status: failed}"), "step 'read' would query a file, and nothing stands for it"));
}

TEST_CASE("a file with tests alone finds its workflow in the project", "[cli][test]") {
    Project const project("  - {name: a, mock: {build: {outputs: {size: 1}}, publish: {}}, expect: {status: succeeded}}\n");
    CliBench bench;
    CHECK(bench.run({"check", project.tests}) == exit_done);
    CHECK(bench.run({"test", project.tests}) == exit_done);
    CHECK(holds(bench.err, "1 passed"));
    CHECK(bench.run({"test", project.tests, "-k", "nothing like it"}) == exit_done);
    CHECK(holds(bench.err, "no test has"));
}

TEST_CASE("tests of conditions, documents and lists, are results like others", "[cli][test]") {
    Folder const folder;
    folder.write("c.yaml", "kind: condition\nname: small\nparams: {n: int}\nexpr: params.n < 10\ntests: [{params: {n: 1}, expect: true}, {params: {n: 2}, expect: false}]\n---\n"
                           "kind: test\nname: small\ntarget: condition/small\ncases:\n  - {name: ten, inputs: {n: 10}, expect: {result: false}}\n  - {name: nine, inputs: {n: 9}, expect: {result: false}}\n");
    CliBench bench;
    CHECK(bench.run({"test", folder.path}) == exit_failed);
    CHECK(holds(bench.err, "4 tests: 2 passed, 2 failed"));
    CHECK(holds(bench.out, "small: test 2"));
}

TEST_CASE("results for build servers are whole documents", "[cli][test]") {
    Project const project("  - {name: <green>, mock: {build: {outputs: {size: 1}}, publish: {}}, expect: {status: succeeded}}\n  - {name: red, expect: {status: succeeded}}\n");
    CliBench bench;
    CHECK(bench.run({"test", project.path, "--format", "junit"}) == exit_failed);
    CHECK(holds(bench.out, "<testsuite name=\"release\" tests=\"2\" failures=\"1\""));
    CHECK(holds(bench.out, "name=\"&lt;green&gt;\""));
    CHECK(bench.run({"test", project.path, "--format", "tap"}) == exit_failed);
    CHECK(holds(bench.out, "TAP version 14\n1..2\nok 1 - release: <green>\nnot ok 2 - release: red\n"));
    CHECK(bench.run({"test", project.path, "-o", "json"}) == exit_failed);
    auto const json = parse_json(bench.out);
    REQUIRE(json);
    CHECK(json->find("items")->as_list().front().flag("passed"));
}

TEST_CASE("a run that never ends is an error of its case", "[cli][test]") {
    Folder const folder;
    folder.write("w.yaml", "kind: workflow\nname: w\nsteps: [{id: a, uses: wait, with: {until: \"2090-01-01T00:00:00Z\"}}]\n---\nkind: test\nname: t\ntarget: workflow/w\ncases: [{name: a, expect: {status: succeeded}}]\n");
    CliBench bench;
    CHECK(bench.run({"test", folder.path}) == exit_failed);
    CHECK(holds(bench.out, "does not come to an end within ten simulated years"));
}

TEST_CASE("a hundred cases take less than a second", "[cli][test]") {
    std::string cases;
    for (int i = 0; i < 100; ++i) cases += "  - {name: case " + std::to_string(i) + ", mock: {build: [{exit_code: 1}, {outputs: {size: 1}, takes: 5m}], publish: {}}, expect: {status: succeeded}}\n";
    Project const project(cases);
    CliBench bench;
    auto const begun = std::chrono::steady_clock::now();
    CHECK(bench.run({"test", project.path}) == exit_done);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(1));
    CHECK(holds(bench.err, "100 tests: 100 passed, 0 failed"));
}

TEST_CASE("coverage names the steps, the ends of an if and the arms that no case has reached", "[cli][test]") {
    Folder const folder;
    folder.write("w.yaml",
                 "kind: workflow\nname: w\ninputs: {n: {type: int, default: 1}}\nsteps:\n"
                 "  - {id: way, switch: [{when: inputs.n > 1, steps: [many]}, {else: [one]}]}\n"
                 "  - {id: many, needs: [way], run: x}\n  - {id: one, needs: [way], if: \"inputs.n > 0\", run: x}\n"
                 "---\nkind: test\nname: t\ntarget: workflow/w\ncases:\n  - {name: one, mock: {one: {}}, expect: {status: succeeded}}\n");
    CliBench bench;
    CHECK(bench.run({"test", folder.path, "--coverage"}) == exit_done);
    CHECK(holds(bench.out, "workflow/w: 2 of 3 steps ran, 2 of 4 branches were taken"));
    CHECK(holds(bench.out, "w.yaml:5: arm 1 of switch 'way' was taken in no case"));
    CHECK(holds(bench.out, "w.yaml:6: step 'many' ran in no case"));
    CHECK(holds(bench.out, "w.yaml:7: the 'if' of step 'one' was false in no case"));
}

TEST_CASE("a mock of an item that the step does not have is told; reports are red when a case was refused", "[cli][test][items]") {
    Folder const folder;
    std::string const head = "kind: workflow\nname: w\nsteps:\n  - {id: up, foreach: \"['eu', 'us']\", run: x}\n"
                             "---\nkind: test\nname: t\ntarget: workflow/w\ncases:\n";
    CliBench bench;
    folder.write("w.yaml", head + "  - {name: one, mock: {up: {}, \"up[xx]\": {exit_code: 1}}, expect: {status: succeeded}}\n");
    CHECK(bench.run({"test", folder.path}) == exit_failed);
    CHECK(holds(bench.out, "step 'up' had no item up[xx]"));
    CHECK(holds(bench.out, "it had: up[eu], up[us]"));
    folder.write("w.yaml", head + "  - {name: one, mock: {\"up[eu]\": {}}, expect: {status: succeeded}}\n");
    CHECK(bench.run({"test", folder.path}) == exit_failed);
    CHECK(holds(bench.out, "mock: {\"up[us]\": {exit_code: 0}}"));
    folder.write("w.yaml", head + "  - {name: one, mock: {up: {}}, expect: {status: succeeded}}\n  - {name: two, mock: {upp: {}}, expect: {status: succeeded}}\n");
    CHECK(bench.run({"test", folder.path, "--format", "tap"}) == exit_failed);
    CHECK(holds(bench.out, "1..2\nnot ok 1 - check: "));
}

TEST_CASE("a dry run tells what steps would run, with their values, and how it would end", "[cli][dry]") {
    Folder const folder;
    std::string const file = folder.write("w.yaml", "kind: workflow\nname: w\ninputs: {n: int}\nsteps:\n"
                                                    "  - {id: a, argv: [make, \"N=${{ inputs.n }}\"], outputs: {size: {type: int, min: 7}}}\n"
                                                    "  - {id: b, if: steps.a.outputs.size > 7, run: x}\n  - {id: c, needs: [a], foreach: \"[1, 2]\", uses: wait, with: {for: 1h}}\n");
    CliBench bench;
    CHECK(bench.run({"run", "--dry", file, "-i", "n=3"}) == exit_done);
    CHECK(holds(bench.out, "    make N=3\n"));
    CHECK(holds(bench.out, "b  ⊘ skipped (condition)"));
    CHECK(holds(bench.out, "the run would be ✓ succeeded after 1h"));
    CHECK(bench.run({"run", "--dry", file, "-i", "n=3", "--mock", "{a: {exit_code: 2}}"}) == exit_failed);
    CHECK(holds(bench.out, "the run would be ✗ failed (exit)"));
    CHECK(bench.run({"run", "--dry", file}) != exit_done);
    CHECK(bench.run({"run", "--dry", file, "-i", "n=3", "--mock", "{aa: {exit_code: 2}}"}) == exit_failed);
    CHECK(holds(bench.err, "did you mean 'a'?"));
    CHECK(bench.run({"run", file, "--mock", "{}"}) == exit_usage);
}

TEST_CASE("the skeleton of a test fits the skeleton of a workflow", "[cli][test][new]") {
    Folder const folder;
    CliBench bench;
    CHECK(bench.run({"new", "workflow", "nightly", folder.path + "/nightly.yaml"}) == exit_done);
    CHECK(bench.run({"new", "test", "nightly", folder.path + "/nightly-test.yaml"}) == exit_done);
    CHECK(bench.run({"test", folder.path}) == exit_done);
    CHECK(holds(bench.err, "2 tests: 2 passed, 0 failed"));
}

TEST_CASE("explain knows the keys of tests", "[cli][test][explain]") {
    CliBench bench;
    CHECK(bench.run({"explain", "test.cases.mock"}) == exit_done);
    CHECK(holds(bench.out, "exit_code"));
    CHECK(bench.run({"explain", "test.cases.mock.takes"}) == exit_done);
}
