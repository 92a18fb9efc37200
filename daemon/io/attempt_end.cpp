// Reads an end record of a slot.
#include <sys/wait.h>

#include <array>
#include <chrono>

#include "daemon/io/local_attempts.h"

namespace pawl {
namespace {

UtcTime from_ns(std::int64_t ns) { return UtcTime(std::chrono::floor<Duration>(std::chrono::nanoseconds(ns))); }

std::string name_of_call(std::uint16_t flags) {
    static constexpr std::array<char const*, 16> names{
        "",          "setpgid", "cgroup",      "oom_score_adj", "dup2",  "setrlimit", "setuid", "no_new_privs",
        "pdeathsig", "chdir",   "sigprocmask", "execve",        "vfork", "pipe2",     "",       ""};
    return names[flags >> PAWL_FAILED_CALL_SHIFT];
}

EndKind kind_of_exit(pawl_slot const& record, bool stop_asked) {
    if ((record.flags & PAWL_TIMEOUT) != 0) return EndKind::timed_out;
    if ((record.flags & PAWL_TERM) != 0) return stop_asked ? EndKind::stopped : EndKind::interrupted;
    return WIFEXITED(record.result) ? EndKind::exited : EndKind::signalled;
}

}  // namespace

AttemptEnd describe_end(pawl_slot const& record, bool stop_asked) {
    AttemptEnd end;
    end.ended_at = from_ns(record.ended);
    end.ran = std::chrono::milliseconds(record.ran);
    end.cpu = Duration(static_cast<std::int64_t>(record.cpu));
    end.max_rss_kib = record.maxrss;
    end.killed = (record.flags & PAWL_KILLED) != 0;
    end.log_cut = (record.flags & PAWL_LOG_CUT) != 0;
    end.leftovers = (record.flags & PAWL_LEFTOVERS) != 0;
    end.stuck = (record.flags & PAWL_STUCK) != 0;
    switch (record.state) {
    case PAWL_EXITED:
        end.kind = kind_of_exit(record, stop_asked);
        if (WIFEXITED(record.result)) end.exit_code = WEXITSTATUS(record.result);
        if (WIFSIGNALED(record.result)) end.signal = WTERMSIG(record.result);
        return end;
    case PAWL_EXECFAIL:
        end.kind = EndKind::start_failed;
        end.error_number = record.result;
        end.failed_call = name_of_call(record.flags);
        return end;
    case PAWL_VOID: end.kind = EndKind::stopped; return end;
    default: end.kind = EndKind::lost; return end;
    }
}

}  // namespace pawl
