// Finds and divides the daemon's cgroup.
#include "daemon/io/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <fstream>
#include <sstream>

namespace pawl {
namespace {

std::string name_of(AttemptId attempt) { return "attempt-" + std::to_string(attempt.value); }

/// Where the cgroup2 hierarchy is mounted; empty: nowhere.
std::string mount_point() {
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        std::size_t const separator = line.find(" - cgroup2 ");
        if (separator == std::string::npos) continue;
        std::istringstream fields(line);
        std::string field;
        for (int i = 0; i < 5; ++i) fields >> field;
        return field;
    }
    return {};
}

/// Our place in that hierarchy: the line "0::/path".
std::string own_group() {
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);)
        if (line.starts_with("0::")) return line.substr(3);
    return {};
}

bool is_delegated(std::string const& folder) {
    for (char const* const name : {"user.delegate", "trusted.delegate"}) {
        char value = '0';
        if (getxattr(folder.c_str(), name, &value, 1) == 1 && value == '1') return true;
    }
    return false;
}

}  // namespace

std::optional<AttemptCgroups> AttemptCgroups::detect() {
    std::string const mounted = mount_point();
    std::string const own = own_group();
    if (mounted.empty() || own.empty() || !is_delegated(mounted + own)) return std::nullopt;
    return below(mounted + own);
}

std::optional<AttemptCgroups> AttemptCgroups::below(std::string const& folder) {
    UniqueFd opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct statfs status{};
    if (!opened || fstatfs(opened.get(), &status) != 0 || status.f_type != CGROUP2_SUPER_MAGIC) return std::nullopt;
    AttemptCgroups groups(std::move(opened));
    AttemptId const probe{};
    UniqueFd const made = groups.make(probe);
    bool const can_kill = made && faccessat(made.get(), "cgroup.kill", W_OK, 0) == 0;
    groups.remove(probe);
    if (!can_kill) return std::nullopt;
    return groups;
}

UniqueFd AttemptCgroups::make(AttemptId attempt) const {
    std::string const name = name_of(attempt);
    mkdirat(folder_.get(), name.c_str(), 0755);
    return UniqueFd(openat(folder_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void AttemptCgroups::kill(AttemptId attempt) const {
    std::string const path = name_of(attempt) + "/cgroup.kill";
    UniqueFd const file(openat(folder_.get(), path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    // Refused or absent: the sweep by cookie follows.
    if (file) [[maybe_unused]]
        ssize_t const written = write(file.get(), "1", 1);
}

void AttemptCgroups::remove(AttemptId attempt) const { unlinkat(folder_.get(), name_of(attempt).c_str(), AT_REMOVEDIR); }

}  // namespace pawl
