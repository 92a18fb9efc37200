// The list of commands, and the way from a command line to an exit code.
#include "cli/commands.h"

#include <ostream>

#include "cli/help.h"
#include "cli/parse.h"

namespace pawl::cli {

std::vector<CommandEntry> const& command_entries() {
    static std::vector<CommandEntry> const entries{
        {"__complete", "Offer candidates for the last word", complete_command, true},
        {"api", "Send any request to the daemon", api_command},
        {"approve", "Let a run go on that waits for approval", approve_command},
        {"artifacts get", "Fetch files that a step left behind", artifacts_get_command},
        {"artifacts ls", "List the files that steps of a run left behind", artifacts_ls_command},
        {"audit ls", "List who did what", audit_ls_command},
        {"cache ls", "List results of steps that need not run again", cache_ls_command},
        {"cache rm", "Forget results, so that these steps run again", cache_rm_command},
        {"cancel", "Cancel runs: stop signal, grace, handlers", cancel_command},
        {"check", "Find all mistakes in files, without a daemon", check_command},
        {"completion", "Print the completion of a shell", completion_command},
        {"condition conflicts", "Find conditions that decide nothing, gaps and overlaps", condition_conflicts_command},
        {"condition eval", "Evaluate a condition, now or at another time", condition_eval_command},
        {"condition inspect", "Show all about a condition, and what a change of it reaches", condition_inspect_command},
        {"condition ls", "List the conditions of files, with their tests and uses", condition_ls_command},
        {"condition stats", "Tell how often conditions held in past runs, and what they cost", condition_stats_command},
        {"condition test", "Run the tests beside conditions, and show what they never saw", condition_test_command},
        {"condition usages", "List the places that use a condition", condition_usages_command},
        {"daemon drain", "Start nothing new, and wait until nothing runs", daemon_drain_command},
        {"daemon install", "Write the systemd units of a daemon of your own", daemon_install_command},
        {"daemon start", "Start a daemon in the background and wait until it is ready", daemon_start_command},
        {"daemon stop", "End the daemon; running steps go on", daemon_stop_command},
        {"deploy", "Store and activate workflows, all or nothing", deploy_command},
        {"diff", "Show what changed between files and versions", diff_command},
        {"doctor", "Look for what commonly goes wrong", doctor_command},
        {"eval", "Evaluate one CEL expression", eval_command},
        {"exec", "Run one command under supervision", exec_command},
        {"explain", "Explain an error code, or a key of a file", explain_command},
        {"fmt", "Lay files out in one way; comments and meaning stay", fmt_command},
        {"graph", "Draw the steps of a workflow, a file or a run", graph_command},
        {"help", "Show help about a command", help_command},
        {"import", "Translate workflows of another tool, and tell what has no translation", import_command},
        {"init", "Make a project from a template", init_command},
        {"inspect", "Show all about a workflow, run, step or attempt", inspect_command},
        {"logs", "Show what steps wrote", logs_command},
        {"new", "Write a commented skeleton of a document", new_command},
        {"ping", "Ask whether the daemon answers", ping_command},
        {"plan", "Show what a deploy of the project would change", plan_command},
        {"ps", "List the runs that are alive", ps_command},
        {"reject", "Refuse what a run waits for", reject_command},
        {"resolve", "Settle a step whose outcome is unknown, and go on in a new run", resolve_command},
        {"retry", "Start a new run from the failed steps of an old one", retry_command},
        {"rollback", "Make an older version of a workflow active", rollback_command},
        {"run cancel", "Cancel runs: stop signal, grace, handlers", run_cancel_command},
        {"run inspect", "Show all about a run, a step or an attempt", run_inspect_command},
        {"run logs", "Show what steps wrote", run_logs_command},
        {"run ls", "List runs, newest first", run_ls_command},
        {"run retry", "Start a new run from the failed steps of an old one", run_retry_command},
        {"run start", "Start a run and follow it to its end", run_start_command},
        {"run watch", "Follow a run to its end", run_watch_command},
        {"schema", "Print the JSON Schema of a kind of document", schema_command},
        {"status", "Show how the daemon is", status_command},
        {"test", "Run the tests of files on a simulated clock, without a daemon", test_command},
        {"version", "Print the version", version_command},
        {"why", "Tell why a run or a step is as it is", why_command},
        {"workflow inspect", "Show all about a workflow", workflow_inspect_command},
        {"workflow ls", "List the deployed workflows", workflow_ls_command},
        {"workflow rm", "Remove a workflow; its history stays, live runs go on to their end", workflow_rm_command},
        {"workflow versions", "List the versions of a workflow", workflow_versions_command},
    };
    return entries;
}

std::vector<Noun> const& nouns() {
    static std::vector<Noun> const list{
        {"artifacts", "List and fetch the files that steps left behind", "ls"},
        {"audit", "Who did what", ""},
        {"cache", "List and forget results of steps that need not run again", ""},
        {"condition", "List, test and evaluate named expressions; find their uses", ""},
        {"daemon", "Start, stop, drain or install the daemon", ""},
        {"run", "Start a run and follow it; list, watch, cancel, retry runs", "start"},
        {"workflow", "List, inspect and remove deployed workflows", ""},
    };
    return list;
}

Noun const* noun_named(std::string_view name) {
    for (auto const& noun : nouns()) {
        if (noun.name == name) return &noun;
    }
    return nullptr;
}

int run_pawl(Context& context, std::vector<std::string> const& words) {
    auto parsed = parse_words(words, context.globals, context.command);
    // Settled even after a mistake: it decides how the mistake is printed.
    auto const settled = context.settle();
    if (!parsed) return context.fail(parsed.error());
    if (!settled) return context.fail(settled.error());
    if (parsed->version) {
        context.out() << "pawl " PAWL_VERSION "\n";
        return exit_done;
    }
    auto const& command = parsed->command;
    if (parsed->help) {
        context.out() << (command.run ? render_help(context.out_look(), command) : render_overview(context.out_look(), command.path));
        return words.empty() ? exit_usage : exit_done;
    }
    return command.run(context);
}

}  // namespace pawl::cli
