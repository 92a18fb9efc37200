// pawl new: a commented skeleton of one document, ready to be run.
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/new_files.h"
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

std::string skeleton_for(std::string const& name) {
    std::string text(workflow_skeleton);
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
    if (!is_object_name(options.name)) return context.misuse("'" + printable(options.name) + "' is no name of a workflow", "a letter, then letters, digits and '-', all lower-case, at most 64");
    auto const text = skeleton_for(options.name);
    if (options.file == "-") {
        context.out() << text;
        return exit_done;
    }
    auto const file = options.file.empty() ? standard_file(options.name) : options.file;
    if (!file.ends_with(".yaml")) return context.misuse("'" + printable(file) + "' does not end in .yaml", "only *.yaml files belong to a project");
    if (auto const written = write_new_files("", {{file, text}}); !written) return context.fail(written.error());
    context.out() << file << "\n" << std::flush;
    context.say("next: pawl run --local " + file);
    return exit_done;
}

}  // namespace

Command new_command() {
    auto const options = std::make_shared<NewOptions>();
    return {
        .path = "new",
        .summary = "Write a commented skeleton of a document",
        .text = "The skeleton checks and runs as it is. A file that exists is never touched.",
        .arguments = {{.name = "KIND", .doc = "what to make", .into = &options->kind, .completes = Completes::choices, .choices = {"workflow"}},
                      {.name = "NAME", .doc = "its name", .into = &options->name},
                      {.name = "FILE", .doc = "where (default: flows/NAME.yaml if there is a folder flows, else NAME.yaml); - prints it", .into = &options->file, .required = false, .completes = Completes::files}},
        .examples = {{"pawl new workflow nightly-report", ""}},
        .run = [options](Context& context) { return make_new(context, *options); },
    };
}

}  // namespace pawl::cli
