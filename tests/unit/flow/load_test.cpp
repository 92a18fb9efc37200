// What a file becomes: the plan that the engine executes.
#include <csignal>

#include "common/base/error_codes.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace std::chrono_literals;
using pawl::flow::test::good;
using pawl::flow::test::mistakes;
using pawl::flow::test::said;
using pawl::flow::test::with_steps;

namespace {

constexpr char const* backup = R"(# A workflow that says almost everything.
kind: workflow
name: nightly-backup
description: Dumps a database.
labels: {team: ops, tier: gold}
inputs:
  database: {type: string, default: orders, pattern: "[a-z_]+"}
  keep_days: {type: int, default: 14, min: 1}
  dry: {type: bool, default: false}
env: {PGHOST: db1.internal, DAY: "${{ string(run.created_at) }}"}
vars: {bucket: "dumps-${{ inputs.database }}", regions: [eu, "${{ inputs.database }}"], big: "${{ inputs.keep_days > 7 }}"}
concurrency: {group: "backup-${{ inputs.database }}", limit: 2, on_conflict: replace, max_queued: 7, on_full: latest}
priority: 10
timeout: 2h
durability: normal
if: "!inputs.dry || vars.big"
defaults:
  shell: bash
  timeout: 20m
  dir: /srv/backup
  retry: {max_attempts: 2, delay: 1s}
  on_crash: fail
steps:
  - id: dump
    run: pg_dump "$DB" > dump; echo size=3 >> "$PAWL_OUTPUT"
    env: {DB: "${{ inputs.database }}"}
    outputs: {size: int}
    retry: {max_attempts: 3, delay: 30s, backoff: 1.5, max_delay: 5m, if: "step.exit_code in [1, 75]"}
    stop: {signal: INT, grace: 3s}
    idempotent: true
  - {id: verify, if: "steps.dump.outputs.size > 1000000", argv: [./verify.sh, --, "${{ vars.bucket }}"], shell: [], needs: [dump]}
  - {id: totals, uses: set, with: {size: "${{ steps.dump.outputs.size }}", label: "n-${{ inputs.database }}", fixed: 3, list: [1, "${{ inputs.keep_days }}"]}}
  - {id: pause, uses: wait, with: {for: 10m}, needs: [totals]}
  - {id: early, argv: [uname], needs: [], continue_on_error: true, files: {NOTE: "${{ inputs.database }}"}}
on_failure: [{id: page, run: "echo \"$STEP\"", env: {STEP: "${{ run.failed_step }}"}}]
finally:
  - {id: clean, run: rm -f ./*.tmp}
  - {id: report, argv: [report, "--status=${{ steps.clean.status }}"], timeout: 1m}
outputs: {size: "${{ steps.totals.outputs.size }}", all: {first: "${{ steps.dump.outputs.size }}"}}
)";

std::string without_empty_shell(std::string text) {
    std::string const key = "shell: [], ";
    text.erase(text.find(key), key.size());
    return text;
}

StepPlan const& step_of(Plan const& plan, std::string_view id) {
    auto const index = plan.find(id);
    REQUIRE(index);
    return plan.steps[*index];
}

CommandAction const& command_of(Plan const& plan, std::string_view id) {
    auto const* command = std::get_if<CommandAction>(&step_of(plan, id).action);
    REQUIRE(command);
    return *command;
}

}  // namespace

TEST_CASE("a workflow becomes a plan with everything it says", "[flow][load]") {
    LoadedWorkflow const loaded = good(without_empty_shell(backup));
    Plan const& plan = *loaded.plan;
    CHECK(plan.name == "nightly-backup");
    CHECK(plan.file == "flow.yaml");
    CHECK(plan.where.line == 3);
    CHECK(plan.description == "Dumps a database.");
    CHECK(plan.labels == std::vector<std::pair<std::string, std::string>>{{"team", "ops"}, {"tier", "gold"}});
    CHECK(plan.inputs.size() == 3);
    CHECK(plan.inputs[1].default_value == Json(14));
    CHECK(plan.env.size() == 2);
    CHECK(plan.vars.size() == 3);
    CHECK(plan.condition);
    REQUIRE(plan.concurrency);
    CHECK(plan.concurrency->limit == 2);
    CHECK(plan.concurrency->on_conflict == OnConflict::replace);
    CHECK(plan.concurrency->max_queued == 7);
    CHECK(plan.concurrency->on_full == OnFull::latest);
    CHECK(plan.priority == 10);
    CHECK(plan.timeout == Duration(2h));
    CHECK(plan.durability == Durability::normal);
    CHECK(plan.steps.size() == 8);
    CHECK(plan.outputs.size() == 2);
}

TEST_CASE("a step has what it says, and the defaults for the rest", "[flow][load]") {
    LoadedWorkflow const loaded = good(without_empty_shell(backup));
    Plan const& plan = *loaded.plan;
    StepPlan const& dump = step_of(plan, "dump");
    CHECK(dump.retry.max_attempts == 3);
    CHECK(dump.retry.delay == Duration(30s));
    CHECK(dump.retry.backoff == 1.5);
    CHECK(dump.retry.max_delay == Duration(5min));
    CHECK(dump.retry.condition);
    CHECK(dump.stop.signal == SIGINT);
    CHECK(dump.stop.grace == Duration(3s));
    CHECK(dump.timeout == Duration(20min));
    CHECK(dump.idempotent);
    CHECK(dump.on_crash == OnCrash::retry);
    CHECK(dump.outputs.size() == 1);
    CHECK(command_of(plan, "dump").shell == std::vector<std::string>{"bash", "-eo", "pipefail", "-c"});
    CHECK(command_of(plan, "dump").dir.parts.front().literal == "/srv/backup");
    CHECK(step_of(plan, "verify").retry.max_attempts == 2);
    CHECK(step_of(plan, "verify").on_crash == OnCrash::fail);
    CHECK(command_of(plan, "verify").argv.size() == 3);
    CHECK(step_of(plan, "early").continue_on_error);
    CHECK(command_of(plan, "early").files.size() == 1);
    CHECK_FALSE(step_of(plan, "pause").is_process());
}

TEST_CASE("without defaults a step has those of the language", "[flow][load]") {
    LoadedWorkflow const loaded = good(with_steps("  - {id: a, run: \"true\"}\n"));
    StepPlan const& step = loaded.plan->steps.front();
    CHECK(std::get<CommandAction>(step.action).shell == std::vector<std::string>{"sh", "-e", "-c"});
    CHECK(std::get<CommandAction>(step.action).dir.parts.empty());
    CHECK(step.retry.max_attempts == 1);
    CHECK_FALSE(step.timeout);
    CHECK(step.stop.signal == SIGTERM);
    CHECK(step.stop.grace == Duration(10s));
    CHECK(step.on_crash == OnCrash::fail);
}

TEST_CASE("a step without needs waits for the one above, one with [] for nobody", "[flow][load]") {
    LoadedWorkflow const loaded = good(with_steps("  - {id: a, run: x}\n  - {id: b, run: x}\n  - {id: c, run: x, needs: []}\n  - {id: d, run: x, needs: [a, c]}\n"
                                                  "finally:\n  - {id: e, run: x}\n  - {id: f, run: x}\n"));
    Plan const& plan = *loaded.plan;
    CHECK(step_of(plan, "a").needs.empty());
    CHECK(step_of(plan, "b").needs == std::vector<StepIndex>{0});
    CHECK(step_of(plan, "c").needs.empty());
    CHECK(step_of(plan, "d").needs == std::vector<StepIndex>{0, 2});
    CHECK(step_of(plan, "a").dependents == std::vector<StepIndex>{1, 3});
    CHECK(step_of(plan, "e").needs.empty());
    CHECK(step_of(plan, "f").needs == std::vector<StepIndex>{4});
}

TEST_CASE("handlers stand behind the steps, section by section, and end after ten minutes", "[flow][load]") {
    LoadedWorkflow const loaded = good("kind: workflow\nname: w\ndefaults: {timeout: 1h}\nfinally: [{id: d, run: x}]\non_cancel: [{id: c, run: x}]\n"
                                       "on_success: [{id: b, run: x, timeout: 1m}]\nsteps: [{id: a, run: x}]\n");
    std::string order;
    for (StepPlan const& step : loaded.plan->steps) order += step.id;
    CHECK(order == "abcd");
    CHECK(loaded.plan->steps[0].timeout == Duration(1h));
    CHECK(loaded.plan->steps[1].timeout == Duration(1min));
    CHECK(loaded.plan->steps[2].section == Section::on_cancel);
    CHECK(loaded.plan->steps[3].timeout == Duration(10min));
}

TEST_CASE("a value that is one whole expression keeps its type, other values their own", "[flow][load]") {
    LoadedWorkflow const loaded = good(without_empty_shell(backup));
    auto const& set = std::get<SetAction>(step_of(*loaded.plan, "totals").action);
    REQUIRE(set.values.size() == 4);
    CHECK(set.values[0].value.is_whole());
    CHECK(set.values[0].value.parts.front().program->result().to_string() == "int");
    CHECK_FALSE(set.values[1].value.is_whole());
    CHECK(set.values[2].value.parts.front().program->result().to_string() == "int");
    CHECK(set.values[3].value.parts.front().program->result().to_string() == "list(int)");
}

TEST_CASE("a plan is made again from the stored text of its file", "[flow][load]") {
    std::string const text = "kind: project\nname: p\n---\n" + without_empty_shell(backup);
    LoadedFile const file = load_file("a.yaml", text);
    REQUIRE(file.workflows.size() == 1);
    CHECK(file.workflows[0].document == 1);
    CHECK(file.text == text);
    auto const plan = load_plan("a.yaml", text, file.workflows[0].document);
    REQUIRE(plan);
    CHECK(plan->name == "nightly-backup");
    Diagnostics diagnostics;
    CHECK_FALSE(load_plan("a.yaml", "kind: workflow\nname: X\n", 0, {}, &diagnostics));
    CHECK(has_errors(diagnostics));
    CHECK_FALSE(load_plan("a.yaml", text, 7));
}

TEST_CASE("a project file is accepted and yields no workflow", "[flow][load]") {
    LoadedFile const file = load_file("pawl.yaml", "kind: project\nname: ops\nlanguage: 1\nlabels: {team: ops}\nexclude: [\"vendor/**\"]\n");
    CHECK(test::said(file.diagnostics) == "");
    CHECK(file.workflows.empty());
}

TEST_CASE("a name is used once in all files of a project", "[flow][load]") {
    std::string const text = with_steps("  - {id: a, run: x}\n");
    LoadedProject const project = load_project({{"a.yaml", text}, {"b.yaml", text}, {"c.yaml", "kind: workflow\nname: other\nsteps: [{id: a, run: x}]\n"}});
    REQUIRE(project.files.size() == 3);
    REQUIRE(project.diagnostics.size() == 1);
    CHECK(project.diagnostics[0].message == "workflow 'w' is defined twice");
    CHECK(project.diagnostics[0].where->file == "b.yaml");
    CHECK(project.diagnostics[0].notes.at(0).where.file == "a.yaml");
    CHECK(project.files[0].workflows[0].plan);
    CHECK_FALSE(project.files[1].workflows[0].plan);
    CHECK(project.files[2].workflows[0].plan);
}

TEST_CASE("a mistake in one document leaves the others their plans", "[flow][load]") {
    LoadedFile const file = load_file("a.yaml", "kind: workflow\nname: a\nsteps: [{id: a}]\n---\nkind: workflow\nname: b\nsteps: [{id: a, run: x}]\n");
    REQUIRE(file.workflows.size() == 2);
    CHECK_FALSE(file.workflows[0].plan);
    CHECK(file.workflows[0].hash.empty());
    CHECK(file.workflows[1].plan);
}

TEST_CASE("expressions see their own place and no other", "[flow][load]") {
    CHECK(mistakes(with_steps("  - {id: a, run: x}\n  - {id: b, if: \"failure()\", argv: [x, \"${{ string(failure()) }}\"]}\n")) != "");
    CHECK(mistakes(with_steps("  - {id: a, run: x, retry: {if: \"step.timed_out\"}}\n")) == "");
    CHECK(mistakes(with_steps("  - {id: a, run: x, if: \"step.timed_out\"}\n")) != "");
    CHECK(mistakes("kind: workflow\nname: w\nvars: {a: \"${{ run.id }}\", b: \"${{ vars.a + 1 }}\"}\nsteps: [{id: a, run: x}]\n") == "");
    CHECK(mistakes("kind: workflow\nname: w\nvars: {b: \"${{ vars.a + 1 }}\", a: \"${{ run.id }}\"}\nsteps: [{id: a, run: x}]\n") != "");
    CHECK(mistakes("kind: workflow\nname: w\nif: run.status == 'failed'\nsteps: [{id: a, run: x}]\n") != "");
    CHECK(mistakes("kind: workflow\nname: w\nsteps: [{id: a, run: x}]\noutputs: {r: \"${{ run.status + string(steps.a.exit_code) }}\"}\n") == "");
}

TEST_CASE("handlers see all steps and their own list, but no other handlers", "[flow][load]") {
    std::string const steps = "  - {id: a, run: x}\n  - {id: b, run: x, needs: []}\n";
    CHECK(mistakes(with_steps(steps + "finally:\n  - {id: c, run: x, if: steps.a.status == steps.b.status}\n  - {id: d, run: x, if: steps.c.status == 'failed'}\n")) == "");
    CHECK(mistakes(with_steps(steps + "on_failure:\n  - {id: c, run: x}\nfinally:\n  - {id: d, run: x, if: steps.c.status == 'failed'}\n")) ==
          "9:31 unknown_name: no such field 'c' in steps ('c' is a handler of another list)");
}

TEST_CASE("a file with thousands of mistakes is told about the first thousand", "[flow][load]") {
    std::string text = "kind: workflow\nname: w\nsteps: [{id: a, run: x}]\n";
    for (int i = 0; i < 5000; ++i) text += "unknown_" + std::to_string(i) + ": 1\n";
    LoadedFile const file = load_file("a.yaml", text);
    REQUIRE(file.diagnostics.size() == 1001);
    CHECK(file.diagnostics.front().message == "this file has 5000 or more mistakes; the first 1000 are told");
    CHECK(file.diagnostics.back().where->line == 1003);
    CHECK_FALSE(file.workflows.at(0).plan);
}

TEST_CASE("a file has at most a thousand steps", "[flow][load]") {
    std::string steps;
    for (int i = 0; i < 1000; ++i) steps += "  - {id: s" + std::to_string(i) + ", run: x}\n";
    CHECK(good(with_steps(steps)).plan->steps.size() == 1000);
    CHECK(mistakes(with_steps(steps + "  - {id: last, run: x}\n")) == "1004:5 limit_exceeded: a workflow has at most 1,000 steps, handlers included");
    CHECK(mistakes(with_steps("  - {id: a, run: \"" + std::string(64 * 1024, 'x') + "\"}\n")) == "");
    CHECK(mistakes(with_steps("  - {id: a, run: \"" + std::string(64 * 1024 + 1, 'x') + "\"}\n")).starts_with("4:18 limit_exceeded: 'run' is longer than 64 KiB"));
}

TEST_CASE("patterns of a file may not grow without bound", "[flow][load]") {
    std::string text = "kind: workflow\nname: w\nsteps: [{id: a, run: x}]\ninputs:\n";
    for (int i = 0; i < 500; ++i) text += "  a" + std::to_string(i) + ": {type: string, pattern: \"(a|b){1,900}c\"}\n";
    CHECK(mistakes(text).find("the patterns of this file are too large") != std::string::npos);
}

TEST_CASE("many files, which are loaded side by side, give what each gives alone", "[flow]") {
    std::vector<SourceFile> files;
    for (int i = 0; i < 300; ++i) {
        std::string const name = "w" + std::to_string(i);
        std::string const mistake = i % 50 == 7 ? ", needs: [nobody]" : "";
        files.push_back({name + ".yaml", "kind: workflow\nname: " + name + "\nsteps: [{id: a, run: x, if: \"conditions.late\"" + mistake + "}]\n"});
    }
    files.push_back({"z.yaml", "kind: condition\nname: late\nexpr: now.getHours('Europe/Berlin') > 20\n"});
    LoadedProject const project = load_project(files);
    REQUIRE(project.files.size() == files.size());
    Conditions conditions;
    conditions.add(project.files.back().conditions.at(0));
    for (std::size_t i = 0; i + 1 < files.size(); ++i) {
        LoadedFile const alone = load_file(files[i].name, files[i].text, conditions);
        CHECK(project.files[i].name == alone.name);
        CHECK(project.files[i].workflows.at(0).hash == alone.workflows.at(0).hash);
        CHECK(said(project.files[i].diagnostics) == said(alone.diagnostics));
    }
    CHECK(project.diagnostics.size() == 6);
}
