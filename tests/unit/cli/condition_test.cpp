// pawl condition, and how commands find the conditions of other files. Real files in a folder of their own.
#include "common/base/json.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

namespace {

constexpr char const* conditions = R"(kind: condition
name: small
owner: ana
labels: {team: ops}
params: {n: {type: int, default: 3}}
expr: params.n < 10 && params.n >= 0
tests: [{expect: true}, {params: {n: 10}, expect: false}]
---
kind: condition
name: morning
expr: now.getHours('UTC') < 12 && conditions.small
tests: [{at: "2026-10-05T07:30:00Z", expect: true}]
)";
constexpr char const* use = "kind: workflow\nname: w\nsteps:\n  - {id: a, run: x, if: conditions.morning}\n  - {id: b, run: x, if: \"conditions.small({'n': 4})\"}\n";

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// A project whose conditions stand in a folder of their own.
struct Project : Folder {
    Project() {
        write("pawl.yaml", "kind: project\nname: p\n");
        write("rules/conditions.yaml", conditions);
        write("flows/w.yaml", use);
    }
};

Json items(CliBench& bench, std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    REQUIRE(bench.run(words) == exit_done);
    auto const json = parse_json(bench.out);
    REQUIRE(json);
    return *json;
}

}  // namespace

TEST_CASE("ls and inspect tell what there is, who uses it, and what a change reaches", "[cli][condition]") {
    Project const project;
    CliBench bench;
    Json const list = items(bench, {"condition", "ls", project.path});
    REQUIRE(list.find("items")->as_list().size() == 2);
    CHECK(bench.run({"condition", "inspect", "small", project.path}) == exit_done);
    for (char const* part : {"owner", "ana", "team: ops", "n = 3", "params.n < 10", "condition morning", "conditions.yaml:11:46", "workflow w"}) CHECK(holds(bench.out, part));
    CHECK(bench.run({"condition", "inspect", "smal", project.path}) == exit_not_found);
    CHECK(holds(bench.err, "did you mean 'small'?"));
}

TEST_CASE("usages are places, in the order of the text", "[cli][condition]") {
    Project const project;
    CliBench bench;
    Json const found = items(bench, {"condition", "usages", "small", project.path});
    auto const& list = found.find("items")->as_list();
    REQUIRE(list.size() == 2);
    CHECK(list[0].text("where").ends_with("flows/w.yaml:5:37"));
    CHECK(list[0].text("kind") == "workflow");
    CHECK(list[1].text("where").ends_with("rules/conditions.yaml:11:46"));
    CHECK(list[1].text("name") == "morning");
}

TEST_CASE("test counts what was never seen true or false", "[cli][condition]") {
    Project const project;
    CliBench bench;
    Json const found = items(bench, {"condition", "test", "small", project.path});
    Json const& small = found.find("items")->as_list().front();
    CHECK(small.number("passed") == 2);
    CHECK(small.number("failed") == 0);
    CHECK(small.number("covered") == 3);
    CHECK(small.number("coverable") == 4);
    CHECK(dump_json(*small.find("missing")) == R"(["never false: params.n >= 0"])");

    project.write("rules/red.yaml", "kind: condition\nname: red\nexpr: now.getFullYear() > 2000\ntests: [{expect: true}]\n");
    CHECK(bench.run({"condition", "test", project.path}) == exit_failed);
    CHECK(holds(bench.err, "test_failed"));
    CHECK(bench.run({"condition", "test", "small", project.path}) == exit_done);
    CHECK_FALSE(holds(bench.err, "red"));
}

TEST_CASE("eval takes another time and other parameters", "[cli][condition]") {
    Project const project;
    CliBench bench;
    CHECK(bench.run({"condition", "eval", "morning", project.path, "--at", "2026-10-05T07:30:00Z"}) == exit_done);
    CHECK(bench.out == "true\n");
    CHECK(bench.run({"condition", "eval", "morning", project.path, "--at", "2026-10-05T17:30:00Z", "--explain"}) == exit_done);
    CHECK(holds(bench.out, "<- decided"));
    CHECK(bench.run({"condition", "eval", "small", project.path, "--params", R"({"n": 12})"}) == exit_done);
    CHECK(bench.out == "false\n");
    CHECK(bench.run({"condition", "eval", "small", project.path, "--params", R"({"m": 12})"}) != exit_done);
    CHECK(holds(bench.err, "unknown parameter 'm'"));
    CHECK(bench.run({"condition", "eval", "small", project.path, "--at", "noon"}) == exit_usage);
}

TEST_CASE("a single file finds the conditions of its project", "[cli][condition]") {
    Project const project;
    CliBench bench;
    CHECK(bench.run({"check", project.path + "/flows/w.yaml"}) == exit_done);
    CHECK(bench.run({"graph", project.path + "/flows/w.yaml"}) == exit_done);
    bench.daemon.ok["POST /v1/deploy"] = R"({"changes":[],"warnings":[]})";
    CHECK(bench.run({"deploy", project.path + "/flows/w.yaml"}) == exit_done);
    CHECK(holds(bench.daemon.asked.back(), R"("conditions":{"morning":{"expr":"now.getHours('UTC') < 12 && conditions.small"})"));
}

TEST_CASE("a new condition is one that checks", "[cli][condition]") {
    Folder const folder;
    CliBench bench;
    CHECK(bench.run({"new", "condition", "calm", folder.path + "/calm.yaml"}) == exit_done);
    CHECK(bench.run({"check", "--strict", folder.path + "/calm.yaml"}) == exit_done);
    CHECK(bench.run({"fmt", "--check", folder.path + "/calm.yaml"}) == exit_done);
    CHECK(bench.run({"condition", "test", folder.path + "/calm.yaml"}) == exit_done);
    CHECK(bench.run({"new", "condition", "not-calm", folder.path + "/x.yaml"}) == exit_usage);
}
