// Commands on files: check, graph, eval. Real files in a folder of their own.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/sources.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

namespace {

std::string const wrong = "kind: workflow\nname: ci\nsteps:\n  - {id: a, run: make}\n  - {id: b, need: [a], run: make}\n";

}  // namespace

TEST_CASE("check exits 0 on clean files and 1 on mistakes, in every format", "[cli][check]") {
    Folder const folder;
    CliBench bench;
    auto const good = folder.write("good.yaml", nightly_yaml());
    CHECK(bench.run({"check", good}) == exit_done);
    CHECK(bench.err == "1 file, 1 workflow: all is well\n");
    auto const bad = folder.write("bad.yaml", wrong);
    CHECK(bench.run({"check", bad}) == exit_failed);
    CHECK(bench.out.find("bad.yaml:5:13: error: unknown key 'need'") != std::string::npos);
    CHECK(bench.run({"check", folder.path, "--format", "github"}) == exit_failed);
    CHECK(bench.out.find(",line=5,col=13,endColumn=17,title=unknown_key::unknown key 'need'") != std::string::npos);
    CHECK(bench.run({"check", bad, "--format", "json"}) == exit_failed);
    CHECK(parse_json(bench.out)->find("items")->as_list().front().text("code") == "unknown_key");
    CHECK(bench.run({"check", bad, "--format", "sarif"}) == exit_failed);
    CHECK(parse_json(bench.out)->text("version") == "2.1.0");
    CHECK(bench.run({"check", folder.path + "/none.yaml"}) == exit_not_found);
}

TEST_CASE("check reads standard input and folders, hidden ones left out", "[cli][check]") {
    Folder const folder;
    CliBench bench;
    bench.input = wrong;
    CHECK(bench.run({"check", "-"}) == exit_failed);
    CHECK(bench.out.starts_with("stdin:5:13: error"));
    folder.write("a/good.yaml", nightly_yaml());
    folder.write(".git/bad.yaml", wrong);
    CHECK(bench.run({"check", folder.path}) == exit_done);
}

TEST_CASE("what a project excludes belongs to no folder, but may be named", "[cli][check]") {
    Folder const folder;
    CliBench bench;
    folder.write("pawl.yaml", "kind: project\nname: p\nexclude: [vendor, '**/draft-*.yaml']\n");
    folder.write("flows/good.yaml", nightly_yaml());
    folder.write("flows/draft-1.yaml", wrong);
    auto const vendored = folder.write("vendor/x/bad.yaml", wrong);
    CHECK(bench.run({"check", folder.path}) == exit_done);
    CHECK(bench.err == "2 files, 1 workflow: all is well\n");
    CHECK(bench.run({"check", folder.path + "/flows"}) == exit_done);
    CHECK(bench.run({"check", vendored}) == exit_failed);
}

TEST_CASE("--fix that finds no ready rewrite says so", "[cli][check]") {
    Folder const folder;
    CliBench bench;
    auto const file = folder.write("bad.yaml", "kind: workflow\nname: x\nsteps: []\n");
    CHECK(bench.run({"check", file, "--fix"}) == exit_failed);
    CHECK(bench.err.find("nothing was changed") != std::string::npos);
}

TEST_CASE("the project of a file is the folder with pawl.yaml, else its own", "[cli][sources]") {
    Folder const folder;
    auto const file = folder.write("flows/deep/x.yaml", nightly_yaml());
    CHECK(project_root(file) == folder.path + "/flows/deep");
    folder.write("pawl.yaml", "kind: project\nname: p\n");
    CHECK(project_root(file) == folder.path);
    CHECK(project_root(folder.path + "/") == folder.path);
}

TEST_CASE("deploy sends files and shows what changed", "[cli][deploy]") {
    Folder const folder;
    CliBench bench;
    auto const file = folder.write("good.yaml", nightly_yaml());
    bench.daemon.ok["POST /v1/deploy"] = R"({"dry_run":false,"changes":[{"kind":"workflow","name":"nightly-backup","action":"changed","version":13,"hash":"x","details":["step 'upload' now needs 'dump'"],"file":"good.yaml"}],"warnings":[]})";
    CHECK(bench.run({"deploy", file}) == exit_done);
    CHECK(bench.out == "~ workflow nightly-backup@13 changed  good.yaml\n    step 'upload' now needs 'dump'\n");
    CHECK(bench.err == "deployed: 1 changed\n");
    auto const body = parse_json(bench.daemon.asked.back().substr(16));
    REQUIRE(body);
    CHECK(body->text("root") == folder.path);
}

TEST_CASE("a refused deploy shows the lines to blame", "[cli][deploy]") {
    Folder const folder;
    CliBench bench;
    auto const file = folder.write("bad.yaml", wrong);
    bench.daemon.problems["POST /v1/deploy"] = R"({"title":"the files have mistakes","status":422,"code":"unknown_key","diagnostics":[{"code":"unknown_key","message":"unknown key 'need'","severity":"error","file":")" + file +
                                               R"(","line":5,"column":13,"length":4,"hint":"did you mean 'needs'?","notes":[],"fixable":false}]})";
    CHECK(bench.run({"deploy", file}) == exit_failed);
    CHECK(bench.err.find("^~~~") != std::string::npos);
    CHECK(bench.err.find("error: the files have mistakes [unknown_key]") != std::string::npos);
}

TEST_CASE("graph draws a file without a daemon", "[cli][graph]") {
    Folder const folder;
    CliBench bench;
    bench.reachable = false;
    auto const file = folder.write("good.yaml", nightly_yaml());
    CHECK(bench.run({"graph", file}) == exit_done);
    CHECK(approved("graph_file.txt", bench.out));
}

TEST_CASE("eval prints the value, and points at mistakes", "[cli][eval]") {
    CliBench bench;
    CHECK(bench.run({"eval", "a > 1", "--vars", "{\"a\": 2}"}) == exit_done);
    CHECK(bench.out == "true\n");
    CHECK(bench.run({"eval", "a +", "--vars", "{\"a\": 2}"}) == exit_failed);
    CHECK(bench.err.find("expression:1:") != std::string::npos);
    bench.input = "{\"n\": 1}\n{\"n\": 0}\n";
    CHECK(bench.run({"eval", "10 / n", "--batch"}) == exit_failed);
    CHECK(bench.out.find("{\"error\":") != std::string::npos);
    CHECK(bench.run({"eval", "1", "--vars", "[1]"}) == exit_usage);
    bench.input = "{\"n\": 1}\nno json\n{\"m\": 1}\n{\"n\": 2}\n";
    CHECK(bench.run({"eval", "n + 1", "--batch"}) == exit_failed);
    CHECK(bench.out.starts_with("2\n{\"error\":\"line 2 is not JSON"));
    CHECK(bench.out.find("\"line\":3}\n3\n") != std::string::npos);
}
