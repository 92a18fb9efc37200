// Scenarios about the end: killed and frozen shims, process trees, the order of kill and reap, the cap of the log.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "daemon/io/log_file.h"
#include "tests/shim/scenarios.h"
#include "tests/shim/world.h"

namespace pawl::harness {
namespace {

/// Forks until the parent has two generations of detached descendants that ignore TERM; then waits, ignoring TERM too.
[[noreturn]] void grow_a_tree() {
    signal(SIGTERM, SIG_IGN);
    if (fork() == 0) {
        setsid();
        if (fork() != 0) _exit(0);  // its child is an orphan of another session
        for (;;) pause();
    }
    if (fork() == 0) {
        setpgid(0, 0);
        for (;;) pause();
    }
    char const ready[] = "grown\n";
    if (write(STDOUT_FILENO, ready, sizeof ready - 1) < 0) _exit(1);
    for (;;) pause();
}

char pattern_at(std::uint64_t position) { return static_cast<char>('a' + (position * 7 + position / 26) % 26); }

int pour(std::uint64_t bytes) {
    std::array<char, 64 * 1024> block;
    for (std::uint64_t position = 0; position < bytes;) {
        std::size_t const size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), bytes - position));
        for (std::size_t i = 0; i < size; ++i) block[i] = pattern_at(position + i);
        for (std::size_t done = 0; done < size;) {
            ssize_t const wrote = write(STDOUT_FILENO, block.data() + done, size - done);
            if (wrote <= 0) return 1;
            done += static_cast<std::size_t>(wrote);
        }
        position += size;
    }
    return 0;
}

int inspect() {
    std::string descriptors = "descriptors";
    for (int fd = 0; fd < 1024; ++fd)
        if (fcntl(fd, F_GETFD) >= 0) descriptors += ' ' + std::to_string(fd);
    std::puts(descriptors.c_str());
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) names.emplace_back(*entry, std::strcspn(*entry, "="));
    std::sort(names.begin(), names.end());
    std::string line = "environment";
    for (std::string const& name : names) line += ' ' + name;
    std::puts(line.c_str());
    std::array<char, 256> target{};
    if (readlink("/proc/self/fd/0", target.data(), target.size() - 1) > 0) std::printf("stdin %s\n", target.data());
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, nullptr, &blocked);
    int blocked_count = 0;
    int ignored_count = 0;
    for (int number = 1; number < 32; ++number) {
        struct sigaction action {};
        blocked_count += sigismember(&blocked, number) == 1;
        ignored_count += sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    }
    std::printf("blocked %d\nignored %d\n", blocked_count, ignored_count);
    mode_t const mask = umask(0);
    std::printf("umask %03o\n", mask);
    if (getpgrp() == getpid()) std::puts("leads its group");
    std::printf("event %s\n", read_file(std::getenv("PAWL_EVENT")).c_str());
    struct stat status{};
    stat(std::getenv("GREETING_FILE"), &status);
    std::printf("greeting %s mode %04o\n", read_file(std::getenv("GREETING_FILE")).c_str(), status.st_mode & 0777);
    if (stat(std::getenv("PAWL_STATE_DIR"), &status) == 0 && S_ISDIR(status.st_mode)) std::puts("state dir is a directory");
    std::FILE* const outputs = std::fopen(std::getenv("PAWL_OUTPUT"), "a");
    if (outputs == nullptr) return 1;
    std::fputs("answer=42\n", outputs);
    std::fclose(outputs);
    return 0;
}

bool log_says(StateFolder const& state, AttemptId attempt, std::string const& text) {
    return read_file(attempt_file(state, attempt, ".log")).find(text) != std::string::npos;
}

}  // namespace

int act_as_child(std::vector<std::string> const& arguments) {
    std::string const& act = arguments.at(0);
    if (act == "tree") grow_a_tree();
    if (act == "pour") return pour(std::strtoull(arguments.at(1).c_str(), nullptr, 10));
    if (act == "inspect") return inspect();
    return 64;
}

void shims_killed(int count) {
    constexpr int at_once = 20;
    for (int first = 1; first <= count; first += at_once) {
        StateFolder const state;
        Daemon daemon(state);
        std::map<AttemptId, SlotRef> launched;
        for (int i = first; i < first + at_once && i <= count; ++i) {
            AttemptId const attempt{i};
            launched[attempt] = daemon.attempts().allot();
            daemon.attempts().launch(attempt, the_run, launched[attempt], self(attempt, {"tree"}));
        }
        for (auto const& [attempt, slot] : launched) daemon.await([&] { return log_says(state, attempt, "grown"); });
        std::int64_t const killed_at = now_ms();
        for (auto const& [attempt, slot] : launched) kill(daemon.attempts().pool().pid_of(attempt), SIGKILL);
        for (auto const& [attempt, slot] : launched) {
            bool const told = daemon.await_end(attempt, 2000);
            check(told && daemon.heard().ends[attempt].kind == EndKind::lost, "a killed shim is a loss");
        }
        check(now_ms() - killed_at <= 1000, "found within a second: " + std::to_string(now_ms() - killed_at) + " ms");
        for (auto const& [attempt, slot] : launched) daemon.attempts().sweep(attempt, slot, cookie_of(attempt));
        for (auto const& [attempt, slot] : launched) {
            check(daemon.await([&] { return daemon.heard().swept_ones.contains(attempt); }), "the sweep ends");
            check(survivors_of(attempt).empty(), "nothing survives the sweep");
            check(daemon.heard().told[attempt] == 1, "told once");
        }
        kill_all_survivors();
    }
}

void shims_frozen(int count) {
    StateFolder const state;
    Daemon daemon(state);
    std::map<AttemptId, pid_t> frozen;
    for (int i = 1; i <= 5; ++i) {
        AttemptId const attempt{i};
        daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), shell(attempt, "sleep 0.3; exit 9"));
        frozen[attempt] = daemon.attempts().pool().pid_of(attempt);
        kill(frozen[attempt], SIGSTOP);
    }
    daemon.let_pass(count * 1000);
    for (auto const& [attempt, pid] : frozen) check(!daemon.heard().ends.contains(attempt), "a frozen shim is not lost");
    for (auto const& [attempt, pid] : frozen) kill(pid, SIGCONT);
    for (auto const& [attempt, pid] : frozen) {
        daemon.await_end(attempt);
        check(daemon.heard().ends[attempt].exit_code == 9, "and records the end when it wakes");
    }
}

void trees(int count) {
    StateFolder const state;
    Daemon daemon(state);
    constexpr int at_once = 20;
    for (int first = 1; first <= count; first += at_once) {
        std::map<AttemptId, SlotRef> launched;
        for (int i = first; i < first + at_once && i <= count; ++i) {
            AttemptId const attempt{i};
            LaunchSpec spec = self(attempt, {"tree"});
            spec.grace = std::chrono::milliseconds(100);
            if (i % 2 == 0) spec.timeout = std::chrono::milliseconds(1000);
            launched[attempt] = daemon.attempts().allot();
            daemon.attempts().launch(attempt, the_run, launched[attempt], spec);
        }
        for (auto const& [attempt, slot] : launched) {
            if (attempt.value % 2 == 0) continue;
            daemon.await([&] { return log_says(state, attempt, "grown"); });
            daemon.attempts().stop(attempt, slot);
        }
        for (auto const& [attempt, slot] : launched) {
            bool const told = daemon.await_end(attempt);
            AttemptEnd const end = daemon.heard().ends[attempt];
            EndKind const expected = attempt.value % 2 == 0 ? EndKind::timed_out : EndKind::stopped;
            check(told && end.kind == expected && end.killed && end.signal == SIGKILL, "KILL after the grace");
            check(end.leftovers, "leftovers are told");
            check(survivors_of(attempt).empty(), "nobody of the tree survives");
        }
        kill_all_survivors();
    }
    AttemptId const polite{count + 1};
    daemon.attempts().launch(polite, the_run, daemon.attempts().allot(), shell(polite, "setsid sleep 60 & exit 4"));
    daemon.await_end(polite, 5000);
    check(daemon.heard().ends[polite].kind == EndKind::exited && daemon.heard().ends[polite].exit_code == 4, "a step that leaves something keeps its status");
    check(daemon.heard().ends[polite].leftovers && survivors_of(polite).empty(), "what it left is ended and told");
}

void reap_order(int count) {
#ifndef PAWL_CRASH_POINTS
    throw Skipped{"built without crash points"};
#endif
    // The shim dies right after killing the group. Its children become ours: the leader must be among them, not reaped yet.
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    setenv("PAWL_CRASH_AT", "shim.group_killed", 1);
    for (int i = 1; i <= count; ++i) {
        StateFolder const state;
        Daemon daemon(state);
        AttemptId const attempt{i};
        SlotRef const slot = daemon.attempts().allot();
        daemon.attempts().launch(attempt, the_run, slot, shell(attempt, "exit 0"));
        daemon.await_end(attempt);
        check(daemon.heard().ends[attempt].kind == EndKind::lost, "the shim died before its record");
        pid_t const leader = read_slot(state, slot).child;
        check(waitpid(leader, nullptr, 0) == leader, "the group is killed while its leader's number is still taken");
    }
    unsetenv("PAWL_CRASH_AT");
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

void flood(int mebibytes) {
    std::uint64_t const poured = static_cast<std::uint64_t>(mebibytes) << 20;
    constexpr std::uint64_t head = 3'000'001;
    constexpr std::uint64_t tail = 100'003;
    StateFolder const state;
    Daemon daemon(state);
    long const resident = resident_kib();
    AttemptId const attempt{1};
    LaunchSpec spec = self(attempt, {"pour", std::to_string(poured)});
    spec.log_head_max = head;
    spec.log_tail_max = tail;
    std::int64_t const began = now_ms();
    daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), spec);
    check(daemon.await_end(attempt, 300'000), "the flood ends");
    std::int64_t const took = std::max<std::int64_t>(now_ms() - began, 1);
    std::printf("%d MiB in %lld ms\n", mebibytes, static_cast<long long>(took));
    check(daemon.heard().ends[attempt].exit_code == 0 && daemon.heard().ends[attempt].log_cut, "the cut is told");
    check(resident_kib() - resident < 16 * 1024, "the daemon does not grow");

    struct stat status{};
    stat(attempt_file(state, attempt, ".log").c_str(), &status);
    std::string const mark = "\n[pawl: " + std::to_string(poured - head - tail) + " bytes dropped]\n";
    check(status.st_size == static_cast<off_t>(head + mark.size() + tail), "head, mark and tail, to the byte: " + std::to_string(status.st_size));
    if (checks_failed() != 0) return;  // what does not fit in memory is not read
    std::string const log = read_file(attempt_file(state, attempt, ".log"));
    bool head_right = true;
    bool tail_right = true;
    for (std::uint64_t i = 0; i < head; ++i) head_right = head_right && log[i] == pattern_at(i);
    for (std::uint64_t i = 0; i < tail; ++i) tail_right = tail_right && log[head + mark.size() + i] == pattern_at(poured - tail + i);
    check(head_right, "the head is the beginning");
    check(log.substr(head, mark.size()) == mark, "the mark counts what is missing");
    check(tail_right, "the tail is the end");
    LogFile const reader(UniqueFd(open(attempt_file(state, attempt, ".log").c_str(), O_RDONLY | O_CLOEXEC)),
                         UniqueFd(open(attempt_file(state, attempt, ".idx").c_str(), O_RDONLY | O_CLOEXEC)));
    bool mark_found = false;
    for (LogChunk const& chunk : reader.read(head - 10, 200)) mark_found = mark_found || (chunk.stream == LogStream::mark && chunk.bytes == mark);
    check(mark_found, "a reader sees the mark as pawl's own");

    AttemptId const modest{2};
    spec = self(modest, {"pour", std::to_string(head + tail)});
    spec.log_head_max = head;
    spec.log_tail_max = tail;
    daemon.attempts().launch(modest, the_run, daemon.attempts().allot(), spec);
    daemon.await_end(modest);
    stat(attempt_file(state, modest, ".log").c_str(), &status);
    check(status.st_size == static_cast<off_t>(head + tail) && !daemon.heard().ends[modest].log_cut, "what just fits is not cut");
}

}  // namespace pawl::harness
