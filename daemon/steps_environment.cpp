#include "daemon/steps_environment.h"

#include <pwd.h>
#include <unistd.h>

namespace pawl {

std::vector<std::string> steps_environment() {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> buffer(16'384);
    (void)getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
    std::string const user = found != nullptr ? found->pw_name : std::to_string(geteuid());
    std::string const home = found != nullptr && found->pw_dir[0] != '\0' ? found->pw_dir : "/";
    std::string const shell = found != nullptr && found->pw_shell[0] != '\0' ? found->pw_shell : "/bin/sh";
    return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=" + home,
            "USER=" + user,
            "LOGNAME=" + user,
            "SHELL=" + shell,
            "LANG=C.UTF-8",
            "TMPDIR=/tmp"};
}

}  // namespace pawl
