// Ends what a lost attempt left behind, by the cookie that all its processes carry in their environment: PAWL_ATTEMPT=<value>. A program that
// scrubs its environment escapes; with cgroups (cgroup.h) nothing does.
#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "daemon/io/uv_handle.h"

namespace pawl {

/// The processes of this user that may be looked at, without ourselves.
std::vector<pid_t> list_processes();
/// The value of `name` in the environment the process was started with; empty: none, or not to be seen. "NAME=" is spelt with its `=`.
std::string environment_value(pid_t pid, std::string_view name_and_equals);

/// Walks /proc in pieces of a few milliseconds on the loop, once for all attempts that wait. An attempt is through when two walks in a row found
/// none of its processes: one that is just being exec'd shows an empty environment for a moment.
class Sweeper {
public:
    using Finished = std::function<void(AttemptId)>;
    Sweeper(uv_loop_t& loop, Finished finished);

    void add(AttemptId attempt, std::string const& cookie);
    bool busy() const { return !wanted_.empty(); }

private:
    struct Wanted {
        AttemptId attempt;
        std::string cookie;
        bool in_this_walk = false;  ///< came before the walk began
        bool seen = false;          ///< in this walk
        int clean_walks = 0;
    };
    void begin_walk();
    void go_on();
    void end_walk();
    void examine(pid_t pid);
    void wake_in(std::uint64_t ms);

    uv_loop_t& loop_;
    Finished finished_;
    std::vector<Wanted> wanted_;
    std::vector<pid_t> processes_;
    std::size_t next_ = 0;
    bool walking_ = false;
    int walks_with_survivors_ = 0;
    UvHandle<uv_timer_t> timer_;
};

}  // namespace pawl
