// What every scenario needs: a state folder, a daemon's worth of LocalAttempts on a loop, a fake store, checks that are counted, and a way to
// find survivors by their cookie.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/io/local_attempts.h"
#include "daemon/io/unique_fd.h"

namespace pawl::harness {

/// Counts; a failed one is printed.
void check(bool holds, std::string const& what);
int checks_failed();
void print_checks();
[[noreturn]] void give_up(std::string const& why);  ///< the harness itself cannot go on

std::string own_path();    ///< of this program: it is also its own child and its own daemon
pid_t start_self(std::vector<std::string> arguments, std::vector<std::string> const& more_env = {});
int await_exit(pid_t pid);  ///< wait status

/// A temporary folder, removed with all it holds.
class StateFolder {
public:
    StateFolder();
    explicit StateFolder(std::string path);  ///< somebody else's: not removed
    ~StateFolder();
    StateFolder(StateFolder const&) = delete;
    StateFolder& operator=(StateFolder const&) = delete;
    std::string const& path() const { return path_; }
    int fd() const { return fd_.get(); }

private:
    std::string path_;
    UniqueFd fd_;
    bool owned_;
};

/// Rows of attempts as a store would keep them: written before the launch, read by the next daemon.
struct StoredAttempt {
    AttemptId attempt;
    SlotRef slot;
};
void store_row(StateFolder const& state, StoredAttempt const& row);
std::vector<StoredAttempt> stored_rows(StateFolder const& state);

/// Everything a scenario hears.
class Recorder : public AttemptEvents {
public:
    void ended(AttemptId attempt, AttemptEnd const& end) override {
        ends[attempt] = end;
        ++told[attempt];
    }
    void swept(AttemptId attempt) override { swept_ones.insert(attempt); }
    std::map<AttemptId, AttemptEnd> ends;
    std::map<AttemptId, int> told;  ///< how often: once is right
    std::set<AttemptId> swept_ones;
};

/// One life of a daemon.
class Daemon {
public:
    explicit Daemon(StateFolder const& state, std::uint32_t epoch = 1);
    ~Daemon();
    Daemon(Daemon const&) = delete;
    Daemon& operator=(Daemon const&) = delete;

    LocalAttempts& attempts() { return *attempts_; }
    Recorder& heard() { return recorder_; }
    /// Runs the loop until `done`, or until the time is up: then false.
    bool await(std::function<bool()> const& done, int ms_max = 20'000);
    bool await_end(AttemptId attempt, int ms_max = 20'000);
    void let_pass(int ms) { await([] { return false; }, ms); }

private:
    uv_loop_t loop_{};
    uv_timer_t tick_{};
    Recorder recorder_;
    std::unique_ptr<LocalAttempts> attempts_;
};

inline RunId const the_run{1};
std::string cookie_of(AttemptId attempt);
LaunchSpec shell(AttemptId attempt, std::string const& script);
LaunchSpec self(AttemptId attempt, std::vector<std::string> arguments);  ///< this program as the child
/// Appends a line to the attempt's probe file, then does `script`: lines tell how often the command was exec'd.
LaunchSpec probed(StateFolder const& state, AttemptId attempt, std::string const& script);
std::size_t times_executed(StateFolder const& state, AttemptId attempt);
std::string read_file(std::string const& path);
std::string attempt_file(StateFolder const& state, AttemptId attempt, std::string const& ending);

std::vector<pid_t> survivors_of(AttemptId attempt);
/// Waits until none is left, at most a second: a killed process needs a moment to go.
std::size_t count_survivors(AttemptId attempt);
void kill_all_survivors();  ///< of every attempt of this harness

pawl_slot read_slot(StateFolder const& state, SlotRef slot);
long resident_kib();
std::int64_t now_ms();

}  // namespace pawl::harness
