// Every command's table, one function each; commands.cpp lists them. And the few pieces that several commands share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/grammar.h"
#include "common/flow/load.h"

namespace pawl::cli {

Command api_command();
Command artifacts_get_command();
Command artifacts_ls_command();
Command audit_ls_command();
Command cache_ls_command();
Command cache_rm_command();
Command cancel_command();
Command check_command();
Command complete_command();
Command completion_command();
Command condition_conflicts_command();
Command condition_eval_command();
Command condition_inspect_command();
Command condition_ls_command();
Command condition_stats_command();
Command condition_test_command();
Command condition_usages_command();
Command daemon_drain_command();
Command daemon_install_command();
Command daemon_start_command();
Command daemon_stop_command();
Command deploy_command();
Command diff_command();
Command doctor_command();
Command eval_command();
Command exec_command();
Command explain_command();
Command fmt_command();
Command graph_command();
Command help_command();
Command import_command();
Command init_command();
Command inspect_command();
Command logs_command();
Command new_command();
Command ping_command();
Command plan_command();
Command ps_command();
Command approve_command();
Command reject_command();
Command resolve_command();
Command retry_command();
Command rollback_command();
Command run_cancel_command();
Command run_inspect_command();
Command run_logs_command();
Command run_ls_command();
Command run_retry_command();
Command run_start_command();
Command run_watch_command();
Command schema_command();
Command status_command();
Command test_command();
Command version_command();
Command why_command();
Command workflow_inspect_command();
Command workflow_ls_command();
Command workflow_rm_command();
Command workflow_versions_command();

/// Options of commands that start a run and may follow it. Borrowed pointers into the command's own options.
struct FollowFlags {
    bool detach = false, passthrough = false, cancel_on_interrupt = false, strict_skip = false;
    bool is_exec = false;  ///< set by `exec`, no option
    std::string wait_timeout;
};
std::vector<Option> follow_options(FollowFlags& flags);
/// Prints the id of a run that was just made (--detach), or follows it to its end. `run` is the daemon's answer.
int follow_or_detach(Context& context, Daemon& daemon, Json const& run, FollowFlags const& flags);

struct RunStartOptions {
    std::string target, workflow, state, mock;
    std::vector<std::string> inputs;
    FollowFlags follow;
    bool local = false, dry = false, no_cache = false;
};
/// pawl run --local FILE [WORKFLOW]
int run_locally(Context& context, RunStartOptions const& options);
/// pawl run --dry NAME|FILE: plays it, and starts nothing.
int run_dry(Context& context, RunStartOptions const& options);
/// pawl inspect of a run, of a step of it, of a workflow.
int inspect_run(Context& context, std::string const& target, std::string const& step);
int inspect_workflow(Context& context, std::string const& target);
/// Prints what the daemon found wrong with files, with their source lines; returns the exit code.
int deploy_refused(Context& context, Daemon& daemon, Error const& error, std::vector<flow::SourceFile> const& sources);

}  // namespace pawl::cli
