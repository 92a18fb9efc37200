// fork and exec, because a private daemon must not outlive us (PR_SET_PDEATHSIG) and must not get the terminal's Ctrl-C.
#include "cli/local_daemon.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

bool is_executable(std::string const& path) { return ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path); }

/// In the child: only calls that are safe between fork and exec.
[[noreturn]] void become_daemon(std::vector<char*> const& arguments, int log_fd, bool local, pid_t parent) {
    ::setsid();
    if (local) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) ::_exit(127);  // the parent died before prctl
    }
    int const null_fd = ::open("/dev/null", O_RDONLY);
    if (null_fd >= 0) ::dup2(null_fd, 0);
    ::dup2(log_fd, 1);
    ::dup2(log_fd, 2);
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGPIPE, SIG_DFL);
    ::execv(arguments.front(), arguments.data());
    auto const* why = std::strerror(errno);
    (void)!::write(2, why, std::strlen(why));
    ::_exit(127);
}

std::string last_lines(std::string const& file, std::size_t count) {
    auto const text = read_file(file);
    if (!text) return "";
    auto lines = split(trim(*text), '\n');
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    std::string out;
    for (auto const line : lines) out += (out.empty() ? "" : "; ") + std::string(line);
    return out;
}

}  // namespace

Result<std::string> find_pawld(Context& context) {
    if (auto const named = context.env("PAWLD"); named && !named->empty()) {
        if (is_executable(*named)) return *named;
        return make_error(code::not_found, "PAWLD names '" + *named + "', which cannot be executed");
    }
    std::error_code error;
    auto const own = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) {
        for (auto const& candidate : {own.parent_path() / "pawld", own.parent_path().parent_path() / "sbin" / "pawld"}) {
            if (is_executable(candidate.string())) return candidate.string();
        }
    }
    for (auto const folder : split(context.env("PATH").value_or("/usr/local/bin:/usr/bin:/usr/sbin"), ':')) {
        auto const candidate = std::string(folder) + "/pawld";
        if (!folder.empty() && is_executable(candidate)) return candidate;
    }
    return make_error(code::not_found, "there is no pawld beside pawl and none in PATH", "install it, or set PAWLD to its path");
}

Result<DaemonProcess> DaemonProcess::start(SpawnOptions const& options) {
    int const log_fd = ::open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) return make_error(code::io, "cannot write '" + options.log_file + "': " + std::strerror(errno));
    std::vector<std::string> words{options.pawld, "--foreground", "--state-dir", options.state_dir, "--socket", options.socket};
    if (options.local) words.emplace_back("--local");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    if (child == 0) become_daemon(arguments, log_fd, options.local, parent);
    int const reason = errno;
    ::close(log_fd);
    if (child < 0) return make_error(code::io, std::string("cannot start pawld: ") + std::strerror(reason));
    return DaemonProcess(child);
}

std::optional<int> DaemonProcess::ended() {
    if (status_) return status_;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_;
}

bool DaemonProcess::wait_for_end(Duration longest) {
    auto const until = std::chrono::steady_clock::now() + longest;
    while (!ended()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

void DaemonProcess::terminate(int signal) const { ::kill(pid_, signal); }

Result<std::unique_ptr<Daemon>> await_ready(Context& context, DaemonProcess& process, SpawnOptions const& options, Duration longest) {
    auto const until = std::chrono::steady_clock::now() + longest;
    auto pause = std::chrono::milliseconds(2);
    while (true) {
        auto connected = context.world().connect(options.socket, context.timeout());
        if (connected) {
            auto const pong = (*connected)->get("/v1/ping");
            if (pong) return connected;
        }
        if (process.ended()) {
            auto const said = last_lines(options.log_file, 3);
            return make_error(code::unavailable, "pawld has ended before it was ready" + (said.empty() ? "" : ": " + said), "its log: " + options.log_file);
        }
        if (std::chrono::steady_clock::now() > until) return make_error(code::timed_out, "pawld is not ready after " + format_duration(longest), "its log: " + options.log_file);
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(50));
    }
}

std::string user_state_home(Context const& context) {
    if (auto const home = context.env("XDG_STATE_HOME"); home && !home->empty()) return *home + "/pawl";
    if (auto const home = context.env("HOME"); home && !home->empty()) return *home + "/.local/state/pawl";
    return "/var/lib/pawl";
}

Status make_folders(std::string const& path) {
    // One by one: every folder that we make holds something of ours, also one that is only a parent now and a state folder later.
    for (std::size_t slash = path.find('/', 1); ; slash = path.find('/', slash + 1)) {
        auto const folder = path.substr(0, slash);
        if (::mkdir(folder.c_str(), 0700) != 0 && !std::filesystem::is_directory(folder))
            return make_error(code::io, "cannot make the folder '" + folder + "': " + std::strerror(errno));
        if (slash == std::string::npos) return Done{};
    }
}

}  // namespace pawl::cli
