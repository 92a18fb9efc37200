// Finds processes by their cookie and kills them through a pidfd, so that a reused number is never hit.
#include "daemon/io/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "common/base/crash_point.h"
#include "daemon/io/unique_fd.h"

namespace pawl {
namespace {

constexpr std::uint64_t piece_ns_max = 2'000'000;        // of one turn of the loop
constexpr std::size_t environment_bytes_max = 4u << 20;  // more than execve takes by default
constexpr int clean_walks_needed = 2;
constexpr std::string_view cookie_name = "PAWL_ATTEMPT=";

std::string read_environment(pid_t pid) {
    std::array<char, 32> path{};
    std::memcpy(path.data(), "/proc/", 6);
    char* const digits_end = std::to_chars(path.data() + 6, path.data() + 18, pid).ptr;
    std::memcpy(digits_end, "/environ", 9);
    UniqueFd const file(open(path.data(), O_RDONLY | O_CLOEXEC));
    std::string bytes;
    if (!file) return bytes;
    std::array<char, 16 * 1024> piece;
    while (bytes.size() < environment_bytes_max) {
        ssize_t const got = read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        bytes.append(piece.data(), static_cast<std::size_t>(got));
    }
    return bytes;
}

}  // namespace

std::vector<pid_t> list_processes() {
    std::vector<pid_t> processes;
    DIR* const proc = opendir("/proc");
    if (proc == nullptr) return processes;
    while (dirent const* const entry = readdir(proc)) {
        std::string_view const name = entry->d_name;
        pid_t pid = 0;
        auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        bool const is_process = error == std::errc() && end == name.data() + name.size();
        if (is_process && pid != getpid()) processes.push_back(pid);
    }
    closedir(proc);
    return processes;
}

std::string environment_value(pid_t pid, std::string_view name_and_equals) {
    std::string const environment = read_environment(pid);
    std::string_view rest = environment;
    while (!rest.empty()) {
        std::string_view const entry = rest.substr(0, rest.find('\0'));
        if (entry.starts_with(name_and_equals)) return std::string(entry.substr(name_and_equals.size()));
        rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    }
    return {};
}

Sweeper::Sweeper(uv_loop_t& loop, Finished finished) : loop_(loop), finished_(std::move(finished)), timer_(new uv_timer_t) {
    uv_timer_init(&loop_, timer_.get());
    timer_->data = this;
}

void Sweeper::wake_in(std::uint64_t ms) {
    uv_timer_start(
        timer_.get(),
        [](uv_timer_t* timer) {
            auto* const sweeper = static_cast<Sweeper*>(timer->data);
            if (sweeper != nullptr) sweeper->walking_ ? sweeper->go_on() : sweeper->begin_walk();
        },
        ms, 0);
}

void Sweeper::add(AttemptId attempt, std::string const& cookie) {
    bool const known = std::ranges::any_of(wanted_, [&](Wanted const& wanted) { return wanted.attempt == attempt; });
    if (known) return;
    wanted_.push_back({.attempt = attempt, .cookie = cookie});
    walks_with_survivors_ = 0;
    if (!walking_) wake_in(0);
}

void Sweeper::begin_walk() {
    if (wanted_.empty()) return;
    walking_ = true;
    for (Wanted& wanted : wanted_) {
        wanted.in_this_walk = true;
        wanted.seen = false;
    }
    processes_ = list_processes();
    next_ = 0;
    go_on();
}

void Sweeper::go_on() {
    std::uint64_t const began = uv_hrtime();
    while (next_ < processes_.size()) {
        examine(processes_[next_++]);
        if (uv_hrtime() - began > piece_ns_max) return wake_in(0);
    }
    end_walk();
}

void Sweeper::examine(pid_t pid) {
    std::string const cookie = environment_value(pid, cookie_name);
    if (cookie.empty()) return;
    auto const wanted = std::ranges::find_if(wanted_, [&](Wanted const& w) { return w.cookie == cookie; });
    if (wanted == wanted_.end()) return;
    UniqueFd const process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process || environment_value(pid, cookie_name) != cookie) return;  // it ended, and the number went on
    wanted->seen = true;
    if (!PAWL_MUTANT("no_sweep")) syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    else wanted->seen = false;
}

void Sweeper::end_walk() {
    walking_ = false;
    bool survivors = false;
    std::vector<AttemptId> through;
    for (Wanted& wanted : wanted_) {
        survivors = survivors || wanted.seen;
        wanted.clean_walks = wanted.seen ? 0 : wanted.clean_walks + (wanted.in_this_walk ? 1 : 0);
        if (wanted.clean_walks >= clean_walks_needed) through.push_back(wanted.attempt);
    }
    std::erase_if(wanted_, [](Wanted const& wanted) { return wanted.clean_walks >= clean_walks_needed; });
    walks_with_survivors_ = survivors ? walks_with_survivors_ + 1 : 0;
    // What does not die of KILL sleeps uninterruptibly: look again, ever more seldom.
    if (!wanted_.empty()) wake_in(survivors ? std::min<std::uint64_t>(2u << std::min(walks_with_survivors_, 9), 1000) : 1);
    for (AttemptId const attempt : through) finished_(attempt);
}

}  // namespace pawl
