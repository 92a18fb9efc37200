// pawl rollback: an older version becomes the active one again. The files are left alone.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

struct RollbackOptions {
    std::string target;
};

int roll_back(Context& context, RollbackOptions const& options) {
    auto const target = parse_workflow(options.target);
    if (!target) return context.fail(target.error());
    if (target->version == 0) return context.misuse("which version of '" + target->name + "'?", "for example " + target->name + "@3; pawl workflow versions " + target->name + " lists them");
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    Json body;
    body.set("version", target->version);
    auto const answer = (*daemon)->post("/v1/workflows/" + wire::percent_encode(target->name) + "/rollback", body);
    if (!answer) return context.fail(with_workflow_suggestion(**daemon, answer.error(), target->name));
    if (print_object(context, *answer, "name")) return exit_done;
    context.say("version " + std::to_string(answer->number("version")) + " of workflow " + target->name + " is active again; before it was " + std::to_string(answer->number("was")));
    context.say("the files are as they were: the next deploy of them undoes this, and pawl plan says so");
    return exit_done;
}

}  // namespace

Command rollback_command() {
    auto const options = std::make_shared<RollbackOptions>();
    return {
        .path = "rollback",
        .summary = "Make an older version of a workflow active",
        .text = "No new version is made. Runs that are under way stay on theirs; new ones take the older version.",
        .arguments = {{.name = "NAME@N", .doc = "a workflow and its version", .into = &options->target, .completes = Completes::workflows}},
        .examples = {{"pawl rollback nightly-backup@12", ""}},
        .run = [options](Context& context) { return roll_back(context, *options); },
    };
}

}  // namespace pawl::cli
