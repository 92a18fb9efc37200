// pawl approve and pawl reject: the answer to a step that waits for a person.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/targets.h"

namespace pawl::cli {
namespace {

struct AnswerOptions {
    std::string run, step, comment;
};

int answer(Context& context, AnswerOptions const& options, std::string_view verb) {
    if (auto const checked = check_run(options.run); !checked) return context.fail(checked.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const number = run_number(**daemon, options.run);
    if (!number) return context.fail(number.error());
    Json body{JsonMap{}};
    if (!options.step.empty()) body.set("step", options.step);
    if (!options.comment.empty()) body.set("comment", options.comment);
    auto const run = (*daemon)->post("/v1/runs/" + *number + "/" + std::string(verb), body);
    if (!run) return context.fail(run.error());
    if (!print_object(context, *run, "id"))
        context.say("run " + *number + (verb == "approve" ? " goes on" : " was refused what it waited for") + "; see it end with: pawl run watch " + *number);
    return exit_done;
}

Command make_answer(std::string const& verb, std::string summary, std::string text, Example example) {
    auto const options = std::make_shared<AnswerOptions>();
    return {
        .path = verb,
        .summary = std::move(summary),
        .text = std::move(text),
        .arguments = {{.name = "RUN", .doc = "a run that waits, or last", .into = &options->run, .completes = Completes::runs},
                      {.name = "STEP", .doc = "the step that waits; not needed when only one does", .into = &options->step, .required = false, .completes = Completes::steps}},
        .options = {{.names = "--comment", .value = "TEXT", .doc = "why; kept with the run and in the audit log", .into = &options->comment}},
        .examples = {std::move(example)},
        .run = [options, verb](Context& context) { return answer(context, *options, verb); },
    };
}

}  // namespace

Command approve_command() {
    return make_answer("approve", "Let a run go on that waits for approval", "Users and groups in 'by' of the step may answer, and root.",
                       {"pawl approve 812 gate --comment 'looks right'", ""});
}
Command reject_command() {
    return make_answer("reject", "Refuse what a run waits for", "The step fails with reason 'rejected'; handlers follow as after any failure.",
                       {"pawl reject 812 --comment 'not on a Friday'", ""});
}

}  // namespace pawl::cli
