// Follows a run to its end: progress while it lives, the summary when it has ended, the exit code of its outcome.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/context.h"

namespace pawl::cli {

struct FollowOptions {
    std::optional<Duration> wait_timeout = {};  ///< then leave with exit_timed_out; the run goes on
    bool may_cancel = true;              ///< Ctrl-C twice within 2 s cancels; false: Ctrl-C leaves at once
    bool cancel_on_interrupt = false;    ///< the first Ctrl-C cancels
    bool kill_on_second = false;         ///< the second Ctrl-C ends the stop's patience (run --local)
    bool passthrough = false;            ///< exit with the failed step's own code
    bool strict_skip = false;
    bool is_exec = false;                ///< of one command: it stands in no file
    /// For a private daemon: what to do next after a failed run, as no command finds it once it has ended. Empty: the usual commands.
    std::function<std::string(Json const& run)> next = {};
};

/// `run` is a run (detail) as the daemon answered it. Prints the finished run to stdout in a machine format, its outputs in a table.
int follow_run(Context& context, Daemon& daemon, Json const& run, FollowOptions const& options);

/// Prints a finished run and its summary; returns its exit code.
int tell_finished_run(Context& context, Daemon& daemon, Json const& run, FollowOptions const& options);

}  // namespace pawl::cli
