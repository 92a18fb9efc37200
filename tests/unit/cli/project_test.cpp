// Projects: init, new, fmt, plan, diff, deploy of a plan, rollback. Real files in a folder of their own, a daemon that answers by a table.
#include <filesystem>

#include "cli/plan_file.h"
#include "cli/render/patch.h"
#include "cli/sources.h"
#include "cli/templates.h"
#include "common/base/text.h"
#include "common/flow/keys.h"
#include "common/yaml/format.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;
namespace fs = std::filesystem;

namespace {

std::string const ci = "kind: workflow\nname: ci\nsteps:\n  - {id: a, run: make}\n";
std::string const ci_changed = "kind: workflow\nname: ci\nsteps:\n  - {id: a, run: make}\n  - {id: b, run: make test}\n";

/// The daemon's answer about one workflow.
std::string dry_run(std::string const& action, int was, std::string const& name = "ci") {
    return R"({"dry_run":true,"changes":[{"kind":"workflow","name":")" + name + R"(","action":")" + action + R"(","version":)" + std::to_string(was + (action == "changed" || action == "added")) +
           R"(,"was":)" + std::to_string(was) + R"(,"hash":"h","details":["step 'b' added"],"file":"ci.yaml"}],"warnings":[]})";
}

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

// ---- init and new

TEST_CASE("there are at least eight templates, and each makes a project that checks and is laid out as fmt does", "[cli][init]") {
    CHECK(template_names().size() >= 8);
    for (auto const name : template_names()) {
        INFO(name);
        Folder const folder;
        CliBench bench;
        CHECK(bench.run({"init", folder.path + "/new", "-t", std::string(name)}) == exit_done);
        CHECK(fs::exists(folder.path + "/new/pawl.yaml"));
        CHECK(fs::exists(folder.path + "/new/README.md"));
        CHECK(bench.run({"check", "--strict", folder.path + "/new"}) == exit_done);
        CHECK(bench.out.empty());
        CHECK(bench.run({"fmt", "--check", folder.path + "/new"}) == exit_done);
        auto const chosen = *find_template(name);
        CHECK(chosen.description.size() > 10);
        CHECK(chosen.next.starts_with("pawl run --local flows/"));
        for (auto const& parameter : chosen.parameters) CHECK(!parameter.description.empty());
    }
}

TEST_CASE("every parameter of a template is used, and no mark stays", "[cli][init]") {
    for (auto const name : template_names()) {
        auto const chosen = *find_template(name);
        auto const values = template_values(chosen, "p", {});
        REQUIRE(values);
        std::string sources, made;
        for (auto const& file : embedded_files())
            if (file.project_template == name) sources += file.text;
        for (auto const& file : render_template(chosen, *values)) made += file.text;
        for (auto const& parameter : chosen.parameters) {
            INFO(name << " " << parameter.name);
            CHECK(holds(sources, "@" + parameter.name + "@"));
            CHECK_FALSE(holds(made, "@" + parameter.name + "@"));
        }
    }
}

TEST_CASE("values of a template are typed, and hostile text stays text", "[cli][init]") {
    Folder const folder;
    CliBench bench;
    CHECK(bench.run({"init", folder.path + "/a", "-t", "backup", "-p", "keep=many"}) == exit_usage);
    CHECK(holds(bench.err, "keep"));
    CHECK(bench.run({"init", folder.path + "/a", "-t", "backup", "-p", "keep=0"}) == exit_usage);
    CHECK(bench.run({"init", folder.path + "/a", "-t", "backup", "-p", "kep=3"}) == exit_usage);
    CHECK(holds(bench.err, "did you mean 'keep'?"));
    CHECK(bench.run({"init", folder.path + "/a", "-t", "backup", "-p", "keep"}) == exit_usage);
    CHECK(bench.run({"init", folder.path + "/a", "-t", "backp"}) == exit_usage);
    CHECK(holds(bench.err, "did you mean 'backup'?"));
    CHECK_FALSE(fs::exists(folder.path + "/a"));

    std::string const hostile = "x: [1]\n# ${{ inputs.keep }} \"quoted\" 'single' @keep@";
    CHECK(bench.run({"init", folder.path + "/b", "-t", "starter", "-p", "greeting=" + hostile.substr(0, 6) + " # 'a' \"b\" yes"}) == exit_done);
    CHECK(holds(folder.read("b/flows/hello.yaml"), R"(default: "x: [1] # 'a' \"b\" yes")"));
    CHECK(bench.run({"check", folder.path + "/b"}) == exit_done);
    CHECK(bench.run({"init", folder.path + "/c", "-t", "starter", "-p", "greeting=" + hostile}) == exit_done);
    CHECK(bench.run({"check", folder.path + "/c"}) == exit_done);
    CHECK(bench.run({"init", folder.path + "/d", "-t", "starter", "-p", "greeting=yes"}) == exit_done);
    CHECK(holds(folder.read("d/flows/hello.yaml"), "default: \"yes\""));
    // Executed text is no place for values of a run.
    CHECK(bench.run({"init", folder.path + "/e", "-t", "ci-build", "-p", "build=make ${{ inputs.release }}"}) == exit_usage);
    CHECK(holds(bench.err, "expression_in_run"));
    CHECK_FALSE(fs::exists(folder.path + "/e"));
}

TEST_CASE("init touches nothing that exists, and then writes nothing", "[cli][init]") {
    Folder const folder;
    folder.write("p/flows/hello.yaml", "mine");
    CliBench bench;
    CHECK(bench.run({"init", folder.path + "/p"}) == exit_conflict);
    CHECK(holds(bench.err, folder.path + "/p/flows/hello.yaml' exists already"));
    CHECK(folder.files() == 1);
    CHECK(folder.read("p/flows/hello.yaml") == "mine");
    folder.write("q/flows", "a file where a folder is needed");
    CHECK(bench.run({"init", folder.path + "/q"}) == exit_failed);
    CHECK(folder.files() == 2);  // what was written before the obstacle is gone again
    CHECK_FALSE(fs::exists(folder.path + "/q/pawl.yaml"));
}

TEST_CASE("a project takes the name of its folder", "[cli][init]") {
    CHECK(project_name_for("Nightly Backup") == "nightly-backup");
    CHECK(project_name_for("2026 (old)") == "old");
    CHECK(project_name_for("...") == "my-project");
    Folder const folder;
    CliBench bench;
    CHECK(bench.run({"init", folder.path + "/Shop_Reports/"}) == exit_done);
    CHECK(holds(folder.read("Shop_Reports/pawl.yaml"), "name: shop-reports\n"));
    CHECK(bench.run({"init", "--list", "-o", "name"}) == exit_done);
    CHECK(holds(bench.out, "backup\n"));
    CHECK(bench.run({"init", "--list", "-t", "backup"}) == exit_done);
    CHECK(holds(bench.out, "keep"));
}

TEST_CASE("new writes a skeleton that checks, and never over a file", "[cli][new]") {
    Folder const folder;
    CliBench bench;
    auto const file = folder.path + "/nightly.yaml";
    CHECK(bench.run({"new", "workflow", "nightly", file}) == exit_done);
    CHECK(bench.run({"check", "--strict", file}) == exit_done);
    CHECK(bench.run({"fmt", "--check", file}) == exit_done);
    CHECK(bench.run({"new", "workflow", "nightly", file}) == exit_conflict);
    CHECK(bench.run({"new", "workflow", "Nightly", file}) == exit_usage);
    CHECK(bench.run({"new", "workflw", "x"}) == exit_usage);
    CHECK(bench.run({"new", "workflow", "x", folder.path + "/x.txt"}) == exit_usage);
    CHECK(bench.run({"new", "workflow", "x", "-"}) == exit_done);
    CHECK(bench.out.starts_with("kind: workflow\nname: x\n"));
}

// ---- fmt

TEST_CASE("fmt rewrites files; --check and --diff only tell", "[cli][fmt]") {
    Folder const folder;
    CliBench bench;
    std::string const untidy = "kind: workflow\nname: ci\nsteps:\n- id: a   # first\n  run: 'make'\n";
    auto const file = folder.write("ci.yaml", untidy);
    CHECK(bench.run({"fmt", "--check", folder.path}) == exit_changes);
    CHECK(holds(bench.err, "ci.yaml would change"));
    CHECK(bench.run({"fmt", "--diff", file}) == exit_done);
    CHECK(holds(bench.out, "-- id: a   # first\n-  run: 'make'\n+  - id: a   # first\n+    run: \"make\"\n"));
    CHECK(folder.read("ci.yaml") == untidy);
    CHECK(bench.run({"fmt", file}) == exit_done);
    CHECK(folder.read("ci.yaml") == "kind: workflow\nname: ci\nsteps:\n  - id: a   # first\n    run: \"make\"\n");
    CHECK(bench.run({"fmt", "--check", folder.path}) == exit_done);
    bench.input = untidy;
    CHECK(bench.run({"fmt", "-"}) == exit_done);
    CHECK(bench.out == folder.read("ci.yaml"));
    folder.write("bad.yaml", "a: \"x\n");
    CHECK(bench.run({"fmt", folder.path}) == exit_failed);
    CHECK(folder.read("bad.yaml") == "a: \"x\n");
}

TEST_CASE("a patch has hunks with three lines of context", "[cli][patch]") {
    Look const look;
    CHECK(unified_patch(look, "a", "x\n", "b", "x\n").empty());
    CHECK(unified_patch(look, "a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
          "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    CHECK(unified_patch(look, "a", "", "b", "1\n2\n") == "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+1\n+2\n");
    CHECK(unified_patch(look, "a", "1\n2", "b", "1\n") == "--- a\n+++ b\n@@ -1,2 +1 @@\n 1\n-2\n\\ No newline at end of file\n");
}

// ---- plan, deploy of a plan, rollback, diff

TEST_CASE("plan tells changes with their sentences and live runs, and its file is deployed", "[cli][plan]") {
    Folder const folder;
    folder.write("p/pawl.yaml", "kind: project\nname: p\n");
    folder.write("p/ci.yaml", ci_changed);
    CliBench bench;
    bench.daemon.ok["POST /v1/deploy"] = dry_run("changed", 3);
    bench.daemon.ok["GET /v1/runs?live=true&limit=1000&workflow=ci"] = R"({"items":[{"id":7,"version":3},{"id":6,"version":3},{"id":5,"version":2}]})";
    auto const file = folder.path + "/p.plan";
    CHECK(bench.run({"plan", folder.path + "/p", "-o", file}) == exit_done);
    CHECK(bench.out == "~ workflow ci@4 changed  ci.yaml\n    step 'b' added\n    1 live run stays on version 2\n    2 live runs stay on version 3\n");
    CHECK(holds(bench.err, "plan: 1 changed"));
    CHECK(bench.run({"plan", folder.path + "/p", "--exit-code", "--format", "json"}) == exit_changes);
    CHECK(is_plan(*parse_json(bench.out)));
    auto const asked = *parse_json(bench.daemon.asked.front().substr(16));
    CHECK(asked.flag("project"));
    CHECK(asked.flag("dry_run"));

    bench.daemon.ok["POST /v1/deploy"] = dry_run("changed", 3);
    CHECK(bench.run({"deploy", file}) == exit_done);
    auto const sent = *parse_json(bench.daemon.asked.back().substr(16));
    CHECK(sent.find("expected")->number("ci") == 3);
    CHECK_FALSE(sent.flag("dry_run"));
    CHECK(sent.text("root") == folder.path + "/p");
}

TEST_CASE("a plan is stale when a file has changed, come or gone, or when the daemon says so", "[cli][plan]") {
    Folder const folder;
    folder.write("p/pawl.yaml", "kind: project\nname: p\n");
    folder.write("p/ci.yaml", ci);
    CliBench bench;
    bench.daemon.ok["POST /v1/deploy"] = dry_run("added", 0);
    auto const file = folder.path + "/p.plan";
    REQUIRE(bench.run({"plan", folder.path + "/p", "-o", file}) == exit_done);
    auto const asked = bench.daemon.asked.size();
    folder.write("p/ci.yaml", ci_changed);
    folder.write("p/more.yaml", "kind: workflow\nname: more\nsteps: [{id: a, run: make}]\n");
    CHECK(bench.run({"deploy", file}) == exit_conflict);
    CHECK(holds(bench.err, "is out of date: 'ci.yaml' has changed, 'more.yaml' is new [plan_stale]"));
    CHECK(holds(bench.err, "pawl plan -o " + file));
    CHECK(bench.daemon.asked.size() == asked);
    fs::remove(folder.path + "/p/more.yaml");
    folder.write("p/ci.yaml", ci);
    bench.daemon.ok.clear();
    bench.daemon.problems["POST /v1/deploy"] = R"({"title":"the plan is out of date: version 2 of 'ci' is active, the plan was made for none","status":409,"code":"plan_stale"})";
    CHECK(bench.run({"deploy", file}) == exit_conflict);
    CHECK(holds(bench.err, "version 2 of 'ci' is active"));
    folder.write("broken.plan", "{}");
    CHECK(bench.run({"deploy", folder.path + "/broken.plan"}) == exit_usage);
}

TEST_CASE("deploy of a whole project asks before it retires", "[cli][deploy]") {
    Folder const folder;
    folder.write("p/pawl.yaml", "kind: project\nname: p\n");
    folder.write("p/ci.yaml", ci);
    CliBench bench;
    bench.daemon.ok["POST /v1/deploy"] = dry_run("retired", 3, "old");
    CHECK(bench.run({"deploy", folder.path + "/p"}) == exit_usage);
    CHECK(holds(bench.err, "Retire what is gone from the files: old?"));
    CHECK(bench.run({"deploy", folder.path + "/p", "--yes"}) == exit_done);
    CHECK(holds(bench.out, "- workflow old@3 retired"));
    bench.daemon.asked.clear();
    CHECK(bench.run({"deploy", folder.path + "/p/ci.yaml"}) == exit_done);
    CHECK(bench.daemon.asked.size() == 1);
    CHECK_FALSE(holds(bench.daemon.asked.front(), "\"project\""));
}

TEST_CASE("rollback wants a version, and names what is active now", "[cli][rollback]") {
    CliBench bench;
    bench.daemon.ok["POST /v1/workflows/ci/rollback"] = R"({"name":"ci","version":2,"was":3,"hash":"h"})";
    CHECK(bench.run({"rollback", "ci"}) == exit_usage);
    CHECK(bench.run({"rollback", "ci@2"}) == exit_done);
    CHECK(bench.daemon.asked.back() == "POST /v1/workflows/ci/rollback {\"version\":2}");
    CHECK(holds(bench.err, "version 2 of workflow ci is active again; before it was 3"));
    CHECK(bench.run({"rollback", "other@2"}) == exit_not_found);
}

TEST_CASE("diff --text tells when only a condition differs", "[cli][diff]") {
    Folder const folder;
    std::string const workflow = "kind: workflow\nname: w\nsteps:\n  - {id: a, run: x, if: conditions.c}\n";
    folder.write("a/pawl.yaml", "kind: project\nname: a\n");
    folder.write("a/w.yaml", workflow);
    folder.write("a/c.yaml", "kind: condition\nname: c\nparams: {n: {type: int, default: 1}}\nexpr: params.n > 1\n");
    folder.write("b/pawl.yaml", "kind: project\nname: b\n");
    folder.write("b/w.yaml", workflow);
    folder.write("b/c.yaml", "kind: condition\nname: c\nparams: {n: {type: int, default: 1}}\nexpr: params.n > 2\n");
    CliBench bench;
    CHECK(bench.run({"diff", "--text", folder.path + "/a/w.yaml", folder.path + "/b/w.yaml"}) == exit_done);
    CHECK(bench.out.find("condition 'c': expr changed from params.n > 1 to params.n > 2") != std::string::npos);
}

TEST_CASE("diff speaks in sentences, or as a patch", "[cli][diff]") {
    Folder const folder;
    auto const before = folder.write("before.yaml", ci);
    auto const after = folder.write("after.yaml", "# only a comment more\n" + ci_changed);
    CliBench bench;
    bench.reachable = false;
    CHECK(bench.run({"diff", before, before}) == exit_done);
    CHECK(bench.err == "no difference\n");
    CHECK(bench.run({"diff", before, after, "--exit-code"}) == exit_changes);
    CHECK(bench.out == "~ workflow ci changed  " + before + " -> " + after + "\n    step 'b' added\n");
    CHECK(bench.run({"diff", before, after, "--text"}) == exit_done);
    CHECK(holds(bench.out, "+# only a comment more\n"));
    CHECK(bench.run({"diff", before, after, "-o", "json"}) == exit_done);
    CHECK(parse_json(bench.out)->find("items")->as_list().front().text("action") == "changed");

    bench.reachable = true;
    auto const shown = [&](int version, std::string const& text) {
        auto const model = flow::load_file("ci.yaml", text).workflows.front().model;
        Json answer(JsonMap{{"name", "ci"}, {"version", version}, {"model", *parse_json(model)}, {"source", JsonMap{{"file", "ci.yaml"}, {"text", text}}}});
        return dump_json(answer);
    };
    bench.daemon.ok["GET /v1/workflows/ci?version=3"] = shown(3, ci);
    bench.daemon.ok["GET /v1/workflows/ci"] = shown(4, ci_changed);
    CHECK(bench.run({"diff", "ci@3"}) == exit_done);
    CHECK(bench.out == "~ workflow ci changed  ci@3 -> ci@4\n    step 'b' added\n");
    CHECK(bench.run({"diff", "ci@3", before}) == exit_done);
    CHECK(bench.err == "no difference\n");
    bench.daemon.ok["POST /v1/deploy"] = dry_run("changed", 3);
    CHECK(bench.run({"diff", after, "--exit-code"}) == exit_changes);
    CHECK(bench.out == "~ workflow ci changed  ci@3 -> " + after + "\n    step 'b' added\n");
}

// ---- schema and explain

TEST_CASE("schema prints what is packaged, and that of a project", "[cli][schema]") {
    CliBench bench;
    CHECK(bench.run({"schema", "workflow"}) == exit_done);
    std::ifstream file(std::string(PAWL_SOURCE_DIR) + "/packaging/schema/workflow.schema.json", std::ios::binary);
    CHECK(bench.out == std::string(std::istreambuf_iterator<char>(file), {}));
    CHECK(bench.run({"schema", "project"}) == exit_done);
    CHECK(parse_json(bench.out)->find("properties")->find("exclude") != nullptr);
    CHECK(bench.run({"schema", "rule"}) == exit_usage);
}

TEST_CASE("every key of every place and every error code is explained", "[cli][explain]") {
    CliBench bench;
    std::size_t told = 0;
    auto const explained = [&](std::string const& path, flow::Place place) {
        for (auto const& key : flow::keys_of(place)) {
            INFO(path + "." + std::string(key.name));
            CHECK(bench.run({"explain", path + "." + std::string(key.name)}) == exit_done);
            CHECK(holds(bench.out, std::string(key.doc)));
            if (!key.choices.empty()) CHECK(holds(bench.out, std::string(key.choices)));
            ++told;
        }
    };
    explained("workflow", flow::Place::workflow);
    explained("workflow.defaults", flow::Place::defaults);
    explained("workflow.concurrency", flow::Place::concurrency);
    explained("workflow.steps", flow::Place::step);
    explained("workflow.finally", flow::Place::step);
    explained("workflow.steps.retry", flow::Place::retry);
    explained("workflow.steps.stop", flow::Place::stop);
    explained("workflow.steps.with", flow::Place::wait);
    explained("workflow.steps.with", flow::Place::approve);
    explained("workflow.steps.switch", flow::Place::arm);
    explained("workflow.steps.undo", flow::Place::undo);
    explained("workflow.inputs", flow::Place::declaration);
    explained("project", flow::Place::project);
    CHECK(told >= 90);
    for (auto const& code : code::all) {
        INFO(code.name);
        CHECK(bench.run({"explain", std::string(code.name)}) == exit_done);
        CHECK(code_named(code.name) == code);
    }
    CHECK(bench.run({"explain", "workflow.steps.retri"}) == exit_not_found);
    CHECK(holds(bench.err, "did you mean 'workflow.steps.retry'?"));
}
