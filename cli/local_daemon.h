// A pawld of our own: found, started, awaited and ended again.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"

namespace pawl::cli {

/// pawld: $PAWLD, else beside our own executable, else on $PATH.
Result<std::string> find_pawld(Context& context);

struct SpawnOptions {
    std::string pawld, state_dir, socket;
    bool local = false;        ///< `--local`, and the daemon gets SIGTERM when we die
    std::string log_file;      ///< takes its stdout and stderr
};

/// A child process that is pawld. Ends nothing by itself.
class DaemonProcess {
public:
    static Result<DaemonProcess> start(SpawnOptions const& options);
    pid_t pid() const { return pid_; }
    /// Its wait status once it has ended.
    std::optional<int> ended();
    /// Until it has ended or the time is over.
    bool wait_for_end(Duration longest);
    void terminate(int signal) const;

private:
    explicit DaemonProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
    std::optional<int> status_;
};

/// Connects as soon as the daemon answers a ping. Fails when it ends before, with the last lines of its log, or after `longest`.
Result<std::unique_ptr<Daemon>> await_ready(Context& context, DaemonProcess& process, SpawnOptions const& options, Duration longest);

/// $XDG_STATE_HOME/pawl, else ~/.local/state/pawl; for root without a home of its own /var/lib/pawl.
std::string user_state_home(Context const& context);
/// Makes a folder and those above it, 0700.
Status make_folders(std::string const& path);

}  // namespace pawl::cli
