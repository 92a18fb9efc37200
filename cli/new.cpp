// pawl new: a commented skeleton of one document, ready to be run.
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/new_files.h"
#include "cli/new_test.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct NewOptions {
    std::string kind, name, file;
};

constexpr std::string_view workflow_skeleton = R"yaml(kind: workflow
name: @name@
description: What it does, in a sentence for people.

# What a run is given: pawl run @name@ -i count=3
inputs:
  count: {type: int, default: 1, min: 0, max: 100}

# Two runs at a time would be in each other's way? Then:
# concurrency: {group: @name@, limit: 1, on_conflict: queue}

steps:
  # A step waits for the one above; `needs: []` starts it at once, `needs: [a, b]` waits for those.
  - id: work
    # Values come in as environment variables, and never as a part of the script.
    env: {COUNT: "${{ inputs.count }}"}
    run: |
      echo "working on $COUNT"
      echo "done=$COUNT" >> "$PAWL_OUTPUT"      # what later steps may read
    outputs: {done: int}
    timeout: 10m
    # Tried again after a failure; say `idempotent: true` only if running it twice does no harm.
    # retry: {max_attempts: 3, delay: 30s}
    # idempotent: true

  - id: tell
    if: steps.work.outputs.done > 0            # false: the step is skipped, which harms nobody
    env: {DONE: "${{ steps.work.outputs.done }}"}
    run: echo "$DONE done"

# Handlers run when all steps have ended: on_success, on_failure, on_cancel, and always `finally`.
on_failure:
  - id: report
    env: {STEP: "${{ run.failed_step }}"}
    run: echo "failed at $STEP"

outputs:
  done: "${{ steps.work.outputs.done }}"
)yaml";

constexpr std::string_view condition_skeleton = R"yaml(kind: condition
name: @name@
description: What is the case when it is true, in a sentence for people.

# What it is given where it is used: conditions.@name@({'limit': 5}), or conditions.@name@ for the defaults.
params:
  limit: {type: int, default: 3}

# Sees params, now and other conditions, and nothing else: so it can be tested alone.
expr: params.limit > 0 && now.getHours('UTC') < 12

# Run by pawl check, pawl condition test and every deploy; a red one refuses the files.
tests:
  - {at: "2026-01-05T09:00:00Z", expect: true}
  - {at: "2026-01-05T15:00:00Z", expect: false}
  - {at: "2026-01-05T09:00:00Z", params: {limit: 0}, expect: false}
)yaml";

constexpr std::string_view test_skeleton = R"yaml(kind: test
name: @name@
target: workflow/@name@                       # or condition/NAME; it may stand in another file of the project
description: What these cases show, in a sentence for people.

# Played by pawl test on a simulated clock, with mocks for steps: nothing is executed.
cases:
  - name: all goes well
    at: "2026-01-05T09:00:00Z"                # when the run is started; timers and retries jump from there
    # inputs: {count: 3}
    mock:
      # By the id of a step: how it ends. A list has one for each attempt. Steps with switch, set and wait need none.
      work: {exit_code: 0, outputs: {done: 1}, takes: 30s}
      tell: {exit_code: 0}
      # gate: {approved: true, by: ana}        # of `uses: approve`
    expect:
      # Expressions over status reason outputs steps run inputs vars, and the values they must have.
      status: succeeded
      steps.work.attempts: 1
  - name: a failure is told
    mock: {work: {exit_code: 1}, report: {}}
    expect: {status: failed, run.failed_step: work, steps.tell.reason: upstream}
)yaml";

std::string_view skeleton_of(std::string_view kind) {
    return kind == "condition" ? condition_skeleton : kind == "test" ? test_skeleton : workflow_skeleton;
}

std::string filled(std::string_view skeleton, std::string const& name) {
    std::string text(skeleton);
    constexpr std::string_view mark = "@name@";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + name.size())) text.replace(at, mark.size(), name);
    return text;
}

/// Beside its like: flows/ when there is such a folder here.
std::string standard_file(std::string const& name) {
    std::error_code ignored;
    return (std::filesystem::is_directory("flows", ignored) ? "flows/" : "") + name + ".yaml";
}

int make_new(Context& context, NewOptions const& options) {
    bool const condition = options.kind == "condition";
    if (condition ? !is_identifier(options.name) : !is_object_name(options.name))
        return context.misuse("'" + printable(options.name) + "' is no name of a " + options.kind, std::string("a letter, then letters, digits and '") + (condition ? "_" : "-") + "', all lower-case, at most 64");
    bool const test = options.kind == "test";  // beside the workflow, whose file often has the same name
    auto const file = options.file.empty() ? standard_file(test ? options.name + "-test" : options.name) : options.file;
    auto const folder = std::filesystem::path(file).parent_path().string();
    auto const own = test ? test_of_workflow(context, options.name, folder.empty() ? "." : folder) : std::nullopt;
    auto const text = own ? *own : filled(skeleton_of(options.kind), options.name);
    if (options.file == "-") {
        context.out() << text;
        return exit_done;
    }
    if (!file.ends_with(".yaml")) return context.misuse("'" + printable(file) + "' does not end in .yaml", "only *.yaml files belong to a project");
    if (auto const written = write_new_files("", {{file, text}}); !written) return context.fail(written.error());
    context.out() << file << "\n" << std::flush;
    context.say(condition ? "next: pawl condition test " + options.name + " " + file : own ? "next: pawl test " + file : test ? "next: name its target, then pawl test " + file : "next: pawl run --local " + file);
    return exit_done;
}

}  // namespace

Command new_command() {
    auto const options = std::make_shared<NewOptions>();
    return {
        .path = "new",
        .summary = "Write a commented skeleton of a document",
        .text = "The skeleton checks and runs as it is. A file that exists is never touched. A test with the name of a workflow of this\n"
                "project mocks the steps of that workflow.",
        .arguments = {{.name = "KIND", .doc = "what to make", .into = &options->kind, .completes = Completes::choices, .choices = {"workflow", "condition", "test"}},
                      {.name = "NAME", .doc = "its name", .into = &options->name},
                      {.name = "FILE", .doc = "where (default: flows/NAME.yaml if there is a folder flows, else NAME.yaml; tests: NAME-test.yaml); - prints it", .into = &options->file, .required = false, .completes = Completes::files}},
        .examples = {{"pawl new workflow nightly-report", ""}},
        .run = [options](Context& context) { return make_new(context, *options); },
    };
}

}  // namespace pawl::cli
