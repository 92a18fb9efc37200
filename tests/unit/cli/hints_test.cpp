// What is offered where people get stuck: skeletons that fit, keys explained wherever they stand, words to complete, a way out of mistakes.
#include <filesystem>

#include "common/base/json.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;
namespace fs = std::filesystem;

namespace {

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

constexpr char const* ship = R"(kind: workflow
name: ship
inputs: {region: {type: string, enum: [eu, us]}, count: {type: int, default: 3}}
steps:
  - {id: build, run: make, outputs: {size: int, note: {type: string, optional: true}}}
  - {id: gate, uses: approve, with: {prompt: "Go?"}}
  - {id: upload, foreach: "['eu', 'us']", run: ./upload.sh, undo: {run: ./back.sh}}
  - {id: verify, run: ./verify.sh}
on_failure:
  - {id: alarm, run: ./alarm.sh}
)";

/// A project with that workflow, and the working folder within it.
struct Inside : Folder {
    Inside() : before(fs::current_path()) {
        write("pawl.yaml", "kind: project\nname: p\n");
        write("ship.yaml", ship);
        fs::current_path(path);
    }
    ~Inside() { fs::current_path(before); }
    fs::path before;
};

}  // namespace

TEST_CASE("a new test beside a workflow of its name mocks that workflow's steps, and passes", "[cli][new][hints]") {
    Inside const project;
    CliBench bench;
    REQUIRE(bench.run({"new", "test", "ship"}) == exit_done);
    std::string const text = project.read("ship-test.yaml");
    for (char const* part : {"target: workflow/ship", "inputs: {region: eu}", "build: {outputs: {size: 1}}", "gate: {approved: true}", "alarm: {exit_code: 0}", "name: build fails", "run.failed_step: build"})
        CHECK(holds(text, part));
    CHECK(bench.run({"check"}) == exit_done);
    CHECK(bench.run({"test"}) == exit_done);
    INFO(bench.out + bench.err);
    CHECK(holds(bench.err, "2 tests: 2 passed"));
}

TEST_CASE("explain finds a key wherever it stands", "[cli][explain][hints]") {
    CliBench bench;
    CHECK(bench.run({"explain", "foreach"}) == exit_done);
    CHECK(holds(bench.out, "workflow.steps.foreach"));
    CHECK(bench.run({"explain", "max_attempts"}) == exit_done);
    CHECK(holds(bench.out, "retry.max_attempts"));
    CHECK(bench.run({"explain", "takes"}) == exit_done);
    CHECK(bench.run({"explain", "foreahc"}) == exit_not_found);
    CHECK(holds(bench.err, "did you mean 'foreach'?"));
}

TEST_CASE("each kind of document has a schema", "[cli][schema][hints]") {
    for (char const* kind : {"workflow", "condition", "test", "project"}) {
        CliBench bench;
        CHECK(bench.run({"schema", kind}) == exit_done);
        CHECK(parse_json(bench.out));
        CHECK(holds(bench.out, "pawl " + std::string(kind)));
    }
}

TEST_CASE("names of tests and conditions are completed from the files of the project", "[cli][complete][hints]") {
    Inside const project;
    project.write("t.yaml", "kind: test\nname: shipping\ntarget: workflow/ship\ncases:\n  - {name: slow day, inputs: {region: eu}, mock: {}, expect: {status: succeeded}}\n---\nkind: condition\nname: late\nexpr: now.getHours('UTC') > 20\n");
    CliBench bench;
    CHECK(bench.run({"__complete", "--", "test", "-k", ""}) == exit_done);
    CHECK(holds(bench.out, "shipping"));
    CHECK(holds(bench.out, "slow day"));
    CHECK(bench.run({"__complete", "--", "condition", "eval", "la"}) == exit_done);
    CHECK(holds(bench.out, "late"));
}

TEST_CASE("a dry run lists the items of a step behind it", "[cli][dry][hints]") {
    Inside const project;
    CliBench bench;
    CHECK(bench.run({"run", "--dry", "./ship.yaml", "-i", "region=eu"}) == exit_done);
    INFO(bench.out + bench.err);
    auto const at = [&](std::string const& line) { return bench.out.find("\n" + line); };
    CHECK(at("upload ") < at("upload[eu]"));
    CHECK(at("upload[eu]") < at("upload[us]"));
    CHECK(at("upload[us]") < at("verify "));
}

TEST_CASE("a mock of what takes an item back is told its name", "[cli][dry][hints]") {
    Inside const project;
    CliBench bench;
    CHECK(bench.run({"run", "--dry", "./ship.yaml", "-i", "region=eu", "--mock", "{'upload[eu].undo': {exit_code: 1}}"}) == exit_failed);
    CHECK(holds(bench.err, "write upload.undo[eu]"));
}

TEST_CASE("a list that is written as words is told as JSON", "[cli][run][hints]") {
    Inside const project;
    project.write("list.yaml", "kind: workflow\nname: many\ninputs: {regions: {type: list, items: string}}\nsteps:\n  - {id: a, run: x}\n");
    CliBench bench;
    CHECK(bench.run({"run", "--dry", "./list.yaml", "-i", "regions=eu, us"}) == exit_failed);
    CHECK(holds(bench.err, R"(write it as JSON: ["eu", "us"])"));
}

TEST_CASE("an attempt of a step that ran once an item is told by its items", "[cli][logs][hints]") {
    CliBench bench;
    bench.daemon.ok["GET /v1/runs/last"] = R"({"id":7,"workflow":"w","version":1,"status":"succeeded","steps":[{"id":"upload","status":"succeeded"},{"id":"upload[eu]","item_of":"upload","status":"succeeded"}]})";
    CHECK(bench.run({"logs", "last", "upload#1"}) == exit_usage);
    CHECK(holds(bench.err, "upload[eu]#1"));
}

TEST_CASE("condition conflicts gathers what is found in files, each with values that show it", "[cli][condition][conflicts]") {
    Inside const project;
    project.write("way.yaml", "kind: workflow\nname: way\ninputs: {n: int}\nsteps:\n  - {id: way, switch: [{when: inputs.n > 5, steps: [a]}, {when: inputs.n > 7, steps: [b]}]}\n"
                              "  - {id: a, needs: [way], run: x}\n  - {id: b, needs: [way], run: x}\n---\nkind: condition\nname: never\nparams: {n: {type: int, max: 3}}\nexpr: params.n > 3\n");
    CliBench bench;
    REQUIRE(bench.run({"condition", "conflicts", "-o", "json"}) == exit_done);
    Json const answer = *parse_json(bench.out);
    CHECK(answer.number("workflows") == 2);
    std::string kinds;
    for (Json const& item : answer.find("items")->as_list()) kinds += item.text("kind") + " [" + item.text("witness") + "]; ";
    CHECK(kinds == "never taken []; gap [inputs.n = 5]; overlap [inputs.n = 8]; constant []; ");
    CHECK(bench.run({"condition", "conflicts", "ship.yaml"}) == exit_done);
    CHECK(holds(bench.err, "nothing found in 1 workflows"));
    bench.daemon.ok["GET /v1/workflows?limit=500"] = R"({"items":[{"name":"w"}],"next":""})";
    bench.daemon.ok["GET /v1/workflows/w"] = R"({"name":"w","version":1,"model":{},"source":{"file":"w.yaml","text":"kind: workflow\nname: w\ninputs: {n: {type: int, min: 1}}\nsteps:\n  - {id: a, run: x, if: inputs.n > 0}\n"}})";
    CHECK(bench.run({"condition", "conflicts", "--deployed"}) == exit_done);
    CHECK(holds(bench.out, "'if' of step 'a' is always true"));
}
