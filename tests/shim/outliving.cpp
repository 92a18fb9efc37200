// Scenarios in which a daemon dies and the next one has to find out what became of the attempts.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "common/base/crash_point.h"
#include "tests/shim/scenarios.h"
#include "tests/shim/world.h"

namespace pawl::harness {
namespace {

int code_of(AttemptId attempt) { return static_cast<int>(attempt.value * 7 % 120 + 1); }

/// The frozen spec: every life of the daemon makes the same one of an attempt's number.
LaunchSpec spec_of(StateFolder const& state, std::string const& kind, AttemptId attempt) {
    if (kind == "exit") {
        std::string const pause = "0." + std::to_string(attempt.value % 40 + 10);
        return probed(state, attempt, "sleep " + pause + "; exit " + std::to_string(code_of(attempt)));
    }
    LaunchSpec spec = probed(state, attempt, "trap '' TERM; (trap '' TERM; sleep 60) & setsid sleep 60 & while :; do sleep 60; done");
    spec.grace = std::chrono::milliseconds(200);
    if (kind == "times-out") spec.timeout = std::chrono::milliseconds(300);
    return spec;
}

void store_end(StateFolder const& state, AttemptId attempt, AttemptEnd const& end) {
    std::ofstream(state.path() + "/ends", std::ios::app) << attempt.value << ' ' << static_cast<int>(end.kind) << ' ' << end.exit_code << '\n';
}

std::map<AttemptId, AttemptEnd> stored_ends(StateFolder const& state) {
    std::map<AttemptId, AttemptEnd> ends;
    std::ifstream file(state.path() + "/ends");
    AttemptId attempt;
    int kind = 0;
    for (AttemptEnd end; file >> attempt.value >> kind >> end.exit_code;) {
        end.kind = static_cast<EndKind>(kind);
        ends[attempt] = end;
    }
    return ends;
}

void recover(StateFolder const& state, Daemon& daemon, std::string const& kind) {
    std::map<AttemptId, AttemptEnd> const over = stored_ends(state);
    for (StoredAttempt const& row : stored_rows(state)) {
        if (over.contains(row.attempt)) continue;
        Verdict const verdict = daemon.attempts().classify(row.attempt, the_run, row.slot);
        switch (verdict.kind) {
        case VerdictKind::never_started: daemon.attempts().launch(row.attempt, the_run, row.slot, spec_of(state, kind, row.attempt)); break;
        case VerdictKind::alive: daemon.attempts().adopt(row.attempt, the_run, row.slot); break;
        case VerdictKind::ended: daemon.heard().ended(row.attempt, verdict.end); break;
        case VerdictKind::lost: daemon.heard().ended(row.attempt, AttemptEnd{}); break;
        }
    }
}

void launch_some(StateFolder const& state, Daemon& daemon, std::string const& kind, std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) {
        AttemptId const attempt{i};
        SlotRef const slot = daemon.attempts().allot();
        store_row(state, {attempt, slot});
        daemon.attempts().launch(attempt, the_run, slot, spec_of(state, kind, attempt));
    }
}

pid_t start_daemon(StateFolder const& state, std::string const& kind, int epoch, std::int64_t first, std::int64_t count,
                   std::vector<std::string> const& env = {}) {
    return start_self({"--daemon", state.path(), kind, std::to_string(epoch), std::to_string(first), std::to_string(count)}, env);
}

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

bool await_file(std::string const& path, int ms_max = 20'000) {
    for (int waited = 0; waited < ms_max; waited += 2, sleep_ms(2))
        if (std::filesystem::exists(path)) return true;
    return false;
}

/// All of the rows end in this life or ended before, each with its own status, each executed once.
void expect_every_status(StateFolder const& state, Daemon& daemon, std::string const& name) {
    std::map<AttemptId, AttemptEnd> const before = stored_ends(state);
    for (StoredAttempt const& row : stored_rows(state)) {
        bool const over = before.contains(row.attempt) || daemon.await_end(row.attempt);
        AttemptEnd const end = before.contains(row.attempt) ? before.at(row.attempt) : daemon.heard().ends[row.attempt];
        std::size_t const times = times_executed(state, row.attempt);
        bool const revoked = end.kind == EndKind::stopped && times == 0;
        bool const known = end.kind == EndKind::exited && end.exit_code == code_of(row.attempt) && times == 1;
        check(over && (known || revoked) && daemon.heard().told[row.attempt] <= 1,
              name + ": attempt " + std::to_string(row.attempt.value) + " kind " + std::to_string(static_cast<int>(end.kind)) + " code " +
                  std::to_string(end.exit_code) + " executed " + std::to_string(times));
    }
}

}  // namespace

/// --daemon STATE KIND EPOCH FIRST COUNT: recovers, launches, revokes one, tidies up, and waits to be killed. Ends by itself only when the
/// crash point it was started for was not met.
int act_as_daemon(std::vector<std::string> const& arguments) {
    StateFolder const state(arguments.at(0));
    std::string const kind = arguments.at(1);
    Daemon daemon(state, static_cast<std::uint32_t>(std::atoi(arguments.at(2).c_str())));
    std::int64_t const first = std::atoll(arguments.at(3).c_str());
    std::int64_t const count = std::atoll(arguments.at(4).c_str());
    char const* const crash_at = std::getenv("PAWL_CRASH_AT");
    std::string const point = crash_at == nullptr ? "" : crash_at;
    std::set<AttemptId> stored;
    for (auto const& [attempt, end] : stored_ends(state)) stored.insert(attempt);
    recover(state, daemon, kind);
    if (point.starts_with("table.rotated"))
        while (daemon.attempts().allot().slot != last_slot) {
        }
    launch_some(state, daemon, kind, first, count);
    if (!point.empty()) {
        AttemptId const revoked{first + count};
        SlotRef const slot = daemon.attempts().allot();
        store_row(state, {revoked, slot});
        daemon.attempts().stop(revoked, slot);
    }
    std::ofstream(state.path() + "/ready") << "yes";
    auto const all_over = [&] {
        for (auto const& [attempt, end] : daemon.heard().ends)
            if (stored.insert(attempt).second) store_end(state, attempt, end);
        return !point.empty() && stored.size() == stored_rows(state).size();
    };
    daemon.await(all_over, 60'000);
    daemon.attempts().delete_tables_except({});
    return 0;
}

void statuses_recovered(int count) {
    std::mt19937 random(20261124);
    constexpr int at_once = 200;
    for (int round = 0, recovered = 0; recovered < count; ++round) {
        StateFolder const state;
        pid_t const daemon = start_daemon(state, "exit", 1, 1, std::min(at_once, count - recovered));
        if (round % 3 == 0) await_file(state.path() + "/ready");  // in the other rounds it may die while it still launches
        sleep_ms(static_cast<int>(random() % 200));
        kill(daemon, SIGKILL);
        await_exit(daemon);
        Daemon next(state, 2);
        recover(state, next, "exit");
        expect_every_status(state, next, "after kill -9");
        recovered += static_cast<int>(stored_rows(state).size());
    }
}

void away(int count) {
    for (int i = 0; i < count; ++i) {
        StateFolder const state;
        pid_t const daemon = start_daemon(state, "times-out", 1, 1, 1);
        await_file(state.path() + "/probes/1");
        kill(daemon, SIGKILL);
        await_exit(daemon);
        sleep_ms(i % 2 == 0 ? 0 : 700);  // adopted before the timeout strikes, or found when all is over
        Daemon next(state, 2);
        recover(state, next, "times-out");
        check(next.await_end(AttemptId{1}), "the attempt ends without its daemon");
        AttemptEnd const end = next.heard().ends[AttemptId{1}];
        check(end.kind == EndKind::timed_out && end.killed, "the timeout held while nobody was there");
        check(end.ran >= std::chrono::milliseconds(500) && end.ran < std::chrono::milliseconds(2500), "300 ms and 200 ms of grace, not more");
        check(count_survivors(AttemptId{1}) == 0, "its whole tree is gone");
    }
    for (int i = 0; i < count; ++i) {
        StateFolder const state;
        bool const now = i % 2 == 1;
        pid_t const daemon = start_daemon(state, "stubborn", 1, 1, 1);
        await_file(state.path() + "/probes/1");
        kill(daemon, SIGKILL);
        await_exit(daemon);
        Daemon next(state, 2);
        recover(state, next, "stubborn");
        std::int64_t const began = now_ms();
        next.attempts().stop(AttemptId{1}, stored_rows(state).at(0).slot, now);
        next.attempts().stop(AttemptId{1}, stored_rows(state).at(0).slot, now);
        check(next.await_end(AttemptId{1}), "an orphan can be stopped");
        check(next.heard().ends[AttemptId{1}].kind == EndKind::stopped, "and is called stopped");
        if (now) check(next.heard().ends[AttemptId{1}].ran < std::chrono::milliseconds(2000) && now_ms() - began < 1500, "at once when asked to");
        check(count_survivors(AttemptId{1}) == 0, "and leaves nothing");
    }
}

void shim_crashes(int count) {
#ifndef PAWL_CRASH_POINTS
    throw Skipped{"built without crash points"};
#endif
    for (std::string_view const point : crash_points) {
        if (!point.starts_with("shim.")) continue;
        bool const before_claim = point == "shim.spec_read" || point == "shim.locked";
        bool const recorded = point == "shim.after_exit" || point == "shim.unlocked";
        setenv("PAWL_CRASH_AT", (std::string(point) + ":2").c_str(), 1);
        for (int i = 0; i < count; ++i) {
            StateFolder const state;
            Daemon daemon(state);
            for (std::int64_t number = 1; number <= 3; ++number) {
                AttemptId const attempt{number};
                daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), probed(state, attempt, "exit 5"));
                bool const told = daemon.await_end(attempt, 10'000);
                AttemptEnd const end = daemon.heard().ends[attempt];
                bool const known = number != 2 || before_claim || recorded;
                bool const right = known ? end.kind == EndKind::exited && end.exit_code == 5 : end.kind == EndKind::lost;
                check(told && right && daemon.heard().told[attempt] == 1,
                      std::string(point) + ": attempt " + std::to_string(number) + " kind " + std::to_string(static_cast<int>(end.kind)));
                std::size_t const times = times_executed(state, attempt);
                check(known ? times == 1 : times <= 1, std::string(point) + ": executed " + std::to_string(times));
            }
        }
    }
    unsetenv("PAWL_CRASH_AT");
}

void daemon_crashes(int count) {
#ifndef PAWL_CRASH_POINTS
    throw Skipped{"built without crash points"};
#endif
    for (std::string_view const point : crash_points) {
        if (!point.starts_with("attempts.") && !point.starts_with("table.")) continue;
        for (int passage = 1; passage <= count; ++passage) {
            // One attempt outlives the first life: it is adopted once, unless it ends just then.
            bool const once_a_life = point.starts_with("table.") || point.starts_with("attempts.void") || point == "attempts.adopting";
            if (once_a_life && passage > 1) continue;
            StateFolder const state;
            pid_t const first_life = start_daemon(state, "exit", 1, 1, 5);
            await_file(state.path() + "/ready");
            kill(first_life, SIGKILL);
            await_exit(first_life);
            std::string const wish = "PAWL_CRASH_AT=" + std::string(point) + ':' + std::to_string(passage);
            int const status = await_exit(start_daemon(state, "exit", 2, 6, 5, {wish}));
            check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, wish + " was never met");
            Daemon third_life(state, 3);
            recover(state, third_life, "exit");
            expect_every_status(state, third_life, wish);
        }
    }
}

}  // namespace pawl::harness
