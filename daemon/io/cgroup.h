// A cgroup for each attempt, where cgroup v2 is ours to divide: then whatever an attempt started can be ended at once, even without its shim.
#pragma once

#include <optional>
#include <string>

#include "common/base/ids.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

class AttemptCgroups {
public:
    /// The daemon's own group, if it is writable and was delegated to it (the mark that systemd sets: user.delegate or trusted.delegate).
    static std::optional<AttemptCgroups> detect();
    /// Below this folder of a cgroup2 file system. Empty when it is none, or cannot kill (before Linux 5.14).
    static std::optional<AttemptCgroups> below(std::string const& folder);

    UniqueFd make(AttemptId attempt) const;  ///< its folder; none when it cannot be made: the attempt then goes without
    void kill(AttemptId attempt) const;      ///< everything in it; nothing when there is none
    void remove(AttemptId attempt) const;    ///< when it is empty

private:
    explicit AttemptCgroups(UniqueFd folder) : folder_(std::move(folder)) {}
    UniqueFd folder_;
};

}  // namespace pawl
