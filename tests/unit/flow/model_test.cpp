// The canonical model, its hash, and what changed between two of them.
#include "common/base/text.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using pawl::flow::test::good;
using pawl::flow::test::json;
using pawl::flow::test::with_steps;

namespace {

std::string hash_of(std::string const& text) { return good(text).hash; }

std::string changes(std::string const& before, std::string const& after) { return join(diff_models(json(good(before).model), json(good(after).model)), "; "); }

std::string with_steps_changed(std::string const& before, std::string const& after) { return changes(with_steps(before), with_steps(after)); }

std::string const head = "kind: workflow\nname: w\n";
std::string const tail = "steps: [{id: a, run: x}]\n";

}  // namespace

TEST_CASE("comments, key order, styles and short forms do not make another version", "[flow][model]") {
    std::string const text = "kind: workflow\nname: w\ninputs: {a: string}\ntimeout: 90s\nenv: {A: x, B: y}\nsteps:\n  - {id: a, run: x}\n  - {id: b, run: x}\n";
    std::string const same = "# comment\nname: 'w'\nkind: workflow\nsteps:\n  - run: |-\n      x\n    id: \"a\"\n  - id: b\n    needs: [a]\n    run: x\n"
                             "env: {B: \"y\", A: x}\ntimeout: 1m30s\ninputs:\n  a: {type: string}\n";
    CHECK(hash_of(text).size() == 64);
    CHECK(hash_of(text) == hash_of(same));
}

TEST_CASE("what means something else has another hash", "[flow][model]") {
    std::string const plain = hash_of(head + tail);
    CHECK(plain != hash_of(head + "priority: 1\n" + tail));
    CHECK(plain != hash_of(head + "steps: [{id: a, run: y}]\n"));
    CHECK(hash_of(head + "vars: {a: 3}\n" + tail) != hash_of(head + "vars: {a: \"3\"}\n" + tail));
    CHECK(hash_of(with_steps("  - {id: a, run: x}\n  - {id: b, run: x}\n")) != hash_of(with_steps("  - {id: a, run: x}\n  - {id: b, run: x, needs: []}\n")));
}

TEST_CASE("the model holds the document with everything said", "[flow][model]") {
    LoadedWorkflow const loaded = good(head + "inputs: {a: int}\n" + "steps: [{id: a, run: x, retry: {backoff: 2, delay: 60s}, idempotent: true}, {id: b, argv: [x, 3], outputs: {n: int}}]\n");
    CHECK(loaded.model ==
          R"({"inputs":{"a":{"type":"int"}},"kind":"workflow","name":"w","steps":[)"
          R"({"id":"a","idempotent":true,"needs":[],"retry":{"backoff":2.0,"delay":"1m"},"run":"x"},)"
          R"({"argv":["x","3"],"id":"b","needs":["a"],"outputs":{"n":{"type":"int"}}}]})");
}

TEST_CASE("equal models differ in nothing", "[flow][model]") {
    CHECK(changes(head + tail, "name: w\nkind: workflow\n" + tail) == "");
    CHECK(diff_models(json("{}"), json("{}")).empty());
    CHECK(diff_models(Json(), Json()).empty());
}

TEST_CASE("changes of a workflow are told as sentences", "[flow][model]") {
    CHECK(changes(head + tail, head + "timeout: 1h\npriority: 3\n" + tail) == "priority added: 3; timeout added: 1h");
    CHECK(changes(head + "timeout: 1h\n" + tail, head + "timeout: 90m\n" + tail) == "timeout changed from 1h to 1h30m");
    CHECK(changes(head + "timeout: 1h\n" + tail, head + tail) == "timeout removed");
    CHECK(changes(head + "inputs: {a: string}\n" + tail, head + "inputs: {a: {type: string, default: x}, dry: bool}\n" + tail) ==
          "input 'a': default added: x; input 'dry' added");
    CHECK(changes(head + "env: {A: x}\n" + tail, head + "env: {A: y}\n" + tail) == "variable 'A' changed from x to y");
    CHECK(changes(head + "concurrency: {group: g}\n" + tail, head + "concurrency: {group: g, limit: 2}\n" + tail) == "concurrency.limit added: 2");
    CHECK(changes(head + "labels: {team: a}\n" + tail, head + "labels: {tier: b}\n" + tail) == "label 'tier' added: b; label 'team' removed");
}

TEST_CASE("changes of steps name the step", "[flow][model]") {
    CHECK(with_steps_changed("  - {id: a, run: x}\n", "  - {id: a, run: x}\n  - {id: b, run: x}\n") == "step 'b' added");
    CHECK(with_steps_changed("  - {id: a, run: x}\n  - {id: b, run: x}\n  - {id: c, run: x, needs: []}\n",
                             "  - {id: a, run: x}\n  - {id: b, run: x, needs: [c]}\n  - {id: c, run: x, needs: []}\n") ==
          "step 'b' now needs 'c'; step 'b' no longer needs 'a'");
    CHECK(with_steps_changed("  - {id: a, run: x, timeout: 5m}\n", "  - {id: a, run: x, timeout: 10m}\n") == "step 'a': timeout changed from 5m to 10m");
    CHECK(with_steps_changed("  - {id: a, run: x}\n", "  - {id: a, run: \"x\\ny\"}\n") == "step 'a': run changed");
    CHECK(with_steps_changed("  - {id: a, run: x, env: {A: b}}\n", "  - {id: a, run: x, env: {A: c}}\n") == "step 'a': env.A changed from b to c");
    CHECK(with_steps_changed("  - {id: a, run: x}\n  - {id: b, run: x, needs: []}\n", "  - {id: b, run: x}\n  - {id: a, run: x, needs: []}\n") == "the order of steps changed");
    CHECK(with_steps_changed("  - {id: a, run: x}\n", "  - {id: a, run: x}\nfinally:\n  - {id: c, run: x}\n") == "finally handler 'c' added");
}
