// Steps with uses: workflow/NAME: what is said of them at check, and what they see of each other.
#include "common/flow/interface.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::test;

namespace {

std::string const build = "---\nkind: workflow\nname: build\ninputs: {tag: string, jobs: {type: int, default: 2}, list: {type: list, items: int, optional: true}}\n"
                          "steps: [{id: make, run: x, outputs: {size: int}}]\noutputs: {size: \"${{ steps.make.outputs.size }}\", name: \"${{ inputs.tag }}\", parts: \"${{ [1, 2] }}\"}\n";

std::string wrong(std::string const& steps) { return mistakes("kind: workflow\nname: w\ninputs: {n: int}\nsteps:\n" + steps + build); }
bool tells(std::string const& steps, std::string_view what) {
    std::string const told = wrong(steps);
    INFO(told);
    return told.find(what) != std::string::npos;
}

std::string alone(std::string const& name, std::string const& uses) {
    return "kind: workflow\nname: " + name + "\nsteps: [{id: a, uses: workflow/" + uses + "}]\n";
}

}  // namespace

TEST_CASE("outputs of a used workflow have the types it gives them", "[flow][sub]") {
    std::string const call = "  - {id: call, uses: workflow/build, with: {tag: v1}}\n";
    CHECK(wrong(call + "  - {id: b, if: \"steps.call.outputs.size > 1 && steps.call.outputs.name != '' && steps.call.outputs.parts[0] == 1\", run: x}\n") == "");
    CHECK(tells(call + "  - {id: b, if: \"steps.call.outputs.size == 'a'\", run: x}\n", "expression_type"));
    CHECK(tells(call + "  - {id: b, if: \"steps.call.outputs.weight > 1\", run: x}\n", "no such field 'weight' in steps.call.outputs"));
    CHECK(wrong("  - {id: call, foreach: \"['a', 'b']\", uses: workflow/build, with: {tag: \"${{ item }}\"}}\n"
                "  - {id: b, if: \"steps.call.items.all(i, i.outputs.size > 1)\", run: x}\n") == "");
}

TEST_CASE("inputs of a used workflow are held against what it declares", "[flow][sub]") {
    CHECK(wrong("  - {id: call, uses: workflow/build, with: {tag: 1.10, jobs: \"${{ inputs.n }}\", list: [1, \"${{ inputs.n }}\"]}}\n") == "");
    CHECK(tells("  - {id: call, uses: workflow/build}\n", "missing_key: workflow 'build' needs the input 'tag' (with: {tag: …})"));
    CHECK(tells("  - {id: call, uses: workflow/build, with: {tag: a, job: 1}}\n", "unknown_name: workflow 'build' has no input 'job' (did you mean 'jobs'?)"));
    CHECK(tells("  - {id: call, uses: workflow/build, with: {tag: a, jobs: many}}\n", "invalid_value: input 'jobs'"));
    CHECK(tells("  - {id: call, uses: workflow/build, with: {tag: \"${{ inputs.n }}\"}}\n", "input 'tag' of workflow 'build' is string, and this is int"));
    CHECK(tells("  - {id: call, uses: workflow/build, with: {tag: a, list: \"${{ ['a'] }}\"}}\n", "input 'list' of workflow 'build' is list"));
}

TEST_CASE("keys of programs have no meaning beside a used workflow", "[flow][sub]") {
    CHECK(tells("  - {id: call, uses: workflow/build, with: {tag: a}, timeout: 1m}\n", "'timeout' has no meaning beside 'uses: workflow/build'"));
    CHECK(tells("  - {id: call, uses: \"workflow/Build It\"}\n", "is no name for a workflow"));
}

TEST_CASE("a workflow that is nowhere is told: as a mistake where all are known, else as a warning", "[flow][sub]") {
    Others others;
    LoadedFile const unknown = load_file("f.yaml", alone("a", "bild") + "---\n" + alone("b", "c") + build, others);
    CHECK(said(unknown.diagnostics).find("3:23 unknown_name: workflow 'bild' is in none of these files, so its inputs and outputs are not checked") == 0);
    CHECK_FALSE(has_errors(unknown.diagnostics));
    others.has_all_workflows = true;
    LoadedFile const file = load_file("f.yaml", alone("a", "zzz"), others);
    CHECK(said(file.diagnostics).find("unknown_name: there is no workflow 'zzz' (deploy it before, or together with this one)") != std::string::npos);
    CHECK(has_errors(file.diagnostics));
}

TEST_CASE("workflows that would start themselves are told with the way they take", "[flow][sub]") {
    CHECK(mistakes(alone("a", "a")) == "3:23 cycle: workflow 'a' would start itself: a → a (one of them must not use the next)");
    std::string const told = mistakes(alone("a", "b") + "---\n" + alone("b", "c") + "---\n" + alone("c", "a"));
    CHECK(told.find("3:23 cycle: workflow 'a' would start itself: a → b → c → a") != std::string::npos);
    CHECK(told.find("7:23 cycle: workflow 'b' would start itself: b → c → a → b") != std::string::npos);
    std::string deep;
    for (int i = 0; i < 10; ++i) deep += alone("w" + std::to_string(i), "w" + std::to_string(i + 1)) + "---\n";
    deep += "kind: workflow\nname: w10\nsteps: [{id: a, run: x}]\n";
    CHECK(mistakes(deep).find("limit_exceeded: workflows that use each other are at most 8 deep, and this leads deeper") != std::string::npos);
}

TEST_CASE("files find the workflows of other files, in any order", "[flow][sub]") {
    LoadedProject const project = load_project({{"a.yaml", "kind: workflow\nname: a\nsteps:\n  - {id: c, uses: workflow/build, with: {tag: x}}\n  - {id: d, if: \"steps.c.outputs.size > 'a'\", run: x}\n"},
                                                {"b.yaml", build.substr(4)}});
    CHECK(said(project.diagnostics).find("expression_type") != std::string::npos);
    CHECK(project.files[1].workflows[0].plan);
}

TEST_CASE("what a workflow gives is kept in the model of who uses it, not how it does it", "[flow][sub]") {
    std::string const caller = "kind: workflow\nname: w\nsteps: [{id: c, uses: workflow/build, with: {tag: x}}]\n";
    auto const hash = [&](std::string const& other) { return load_file("f.yaml", caller + other).workflows[0].hash; };
    std::string quicker = build, wider = build;
    quicker.replace(quicker.find("run: x"), 6, "run: y");
    wider.replace(wider.find("default: 2"), 10, "default: 3");
    CHECK(hash(build) == hash(quicker));
    CHECK(hash(build) != hash(wider));
    LoadedFile const file = load_file("f.yaml", caller + build);
    CHECK(load_plan("f.yaml", caller, 0, file.workflows[0].model) != nullptr);
    CHECK(file.workflows[0].uses == std::vector<std::string>{"build"});
}

TEST_CASE("a workflow with mistakes of its own is told once", "[flow][sub]") {
    std::string const told = mistakes(alone("a", "b") + "---\nkind: workflow\nname: b\nsteps: [{id: x, run: y, nedds: []}]\n");
    CHECK(told.find("unknown_key") != std::string::npos);
    CHECK(told.find('\n') == std::string::npos);
}
