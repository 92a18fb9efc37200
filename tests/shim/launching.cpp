// Scenarios about the start of an attempt: at most once, errors told, a clean child, revocation, damage, a full disk.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/shim/scenarios.h"
#include "tests/shim/world.h"

namespace pawl::harness {
namespace {

std::string describe(AttemptEnd const& end) {
    std::ostringstream text;
    text << "kind " << static_cast<int>(end.kind) << " code " << end.exit_code << " signal " << end.signal << " call '" << end.failed_call
         << "' errno " << end.error_number;
    return text.str();
}

bool exited_with(Daemon& daemon, AttemptId attempt, int code) {
    AttemptEnd const end = daemon.heard().ends[attempt];
    return end.kind == EndKind::exited && end.exit_code == code;
}

}  // namespace

void double_launches(int count) {
    StateFolder const state;
    Daemon one(state, 1);
    Daemon two(state, 2);
    constexpr int at_once = 20;
    for (int first = 1; first <= count; first += at_once) {
        std::map<AttemptId, SlotRef> launched;
        for (int i = first; i < first + at_once && i <= count; ++i) {
            AttemptId const attempt{i};
            SlotRef const slot = launched[attempt] = one.attempts().allot();
            LaunchSpec const spec = probed(state, attempt, "exit " + std::to_string(i % 100));
            one.attempts().launch(attempt, the_run, slot, spec);
            two.attempts().launch(attempt, the_run, slot, spec);
        }
        for (auto const& [attempt, slot] : launched) {
            two.await([&] { return one.await_end(attempt, 1) && two.heard().ends.contains(attempt); });
            int const code = static_cast<int>(attempt.value % 100);
            std::size_t const times = times_executed(state, attempt);
            check(times == 1, "attempt " + std::to_string(attempt.value) + " was executed " + std::to_string(times) + " times");
            check(exited_with(one, attempt, code) && exited_with(two, attempt, code),
                  "attempt " + std::to_string(attempt.value) + ": " + describe(one.heard().ends[attempt]) + " / " + describe(two.heard().ends[attempt]));
        }
    }
}

void exec_errors(int count) {
    StateFolder const state;
    Daemon daemon(state);
    std::string const folder = state.path();
    std::ofstream(folder + "/text") << "no program\n";
    chmod((folder + "/text").c_str(), 0700);
    std::ofstream(folder + "/plain") << "#!/bin/sh\n";
    struct Case {
        std::string program, dir, call;
        int error;
    };
    std::vector<Case> const cases = {
        {"/bin/true", folder + "/missing", "chdir", ENOENT}, {"/bin/true", folder + "/text", "chdir", ENOTDIR},
        {folder + "/missing", "/", "execve", ENOENT},        {"no-such-program-anywhere", "/", "execve", ENOENT},
        {folder + "/plain", "/", "execve", EACCES},          {folder, "/", "execve", EACCES},
        {folder + "/text", "/", "execve", ENOEXEC},
    };
    std::int64_t number = 0;
    for (int round = 0; round < count; ++round)
        for (Case const& expected : cases) {
            AttemptId const attempt{++number};
            LaunchSpec spec = shell(attempt, "");
            spec.argv = {expected.program};
            spec.dir = expected.dir;
            daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), spec);
            daemon.await_end(attempt);
            AttemptEnd const end = daemon.heard().ends[attempt];
            bool const right = end.kind == EndKind::start_failed && end.failed_call == expected.call && end.error_number == expected.error;
            check(right, expected.program + " in " + expected.dir + ": " + describe(end));
        }
    AttemptId const attempt{++number};
    LaunchSpec spec = shell(attempt, "");
    spec.argv = {"/bin/true", std::string(200'000, 'x')};  // a single argument may have 128 KiB
    daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), spec);
    daemon.await_end(attempt);
    check(daemon.heard().ends[attempt].error_number == E2BIG, "too long an argument: " + describe(daemon.heard().ends[attempt]));
}

void clean_child(int /*count*/) {
    StateFolder const state;
    setenv("SECRET_OF_THE_DAEMON", "leaked", 1);
    UniqueFd const inheritable(open("/dev/null", O_RDONLY));  // somebody forgot O_CLOEXEC
    Daemon daemon(state);
    AttemptId const attempt{1};
    LaunchSpec spec = self(attempt, {"inspect"});
    spec.files = {{"GREETING_FILE", "hello"}};
    spec.event_json = "{\"id\": 7}";
    spec.step = 4;
    daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), spec);
    check(daemon.await_end(attempt), "the child ends");
    std::string const log = read_file(attempt_file(state, attempt, ".log"));
    std::string const run = state.path() + "/runs/1/";
    auto const says = [&](std::string const& line) { check(log.find(line + '\n') != std::string::npos, "missing '" + line + "' in:\n" + log); };
    says("descriptors 0 1 2");
    says("environment GREETING_FILE PATH PAWL_ATTEMPT PAWL_EVENT PAWL_OUTPUT PAWL_SOCKET PAWL_STATE_DIR");
    says("stdin /dev/null");
    says("blocked 0");
    says("ignored 0");
    says("umask 022");
    says("leads its group");
    says("event {\"id\": 7}");
    says("greeting hello mode 0400");
    says("state dir is a directory");
    check(daemon.heard().ends[attempt].outputs == "answer=42\n", "outputs are read: " + daemon.heard().ends[attempt].outputs);
    check(read_file(run + "event.json") == "{\"id\": 7}", "the event stays with the run");
    check(std::filesystem::is_directory(run + "state-4"), "the state folder is named after the step");
    struct stat status{};
    check(stat((run + "1.log").c_str(), &status) == 0 && (status.st_mode & 0777) == 0600, "logs are private");
}

void revocation(int count) {
    StateFolder const state;
    Daemon one(state, 1);
    Daemon two(state, 2);
    for (int i = 1; i <= count; ++i) {
        AttemptId const attempt{i};
        SlotRef const slot = one.attempts().allot();
        LaunchSpec const spec = probed(state, attempt, "sleep 5");
        bool const races = i % 2 == 0;
        if (races) one.attempts().launch(attempt, the_run, slot, spec);
        two.attempts().stop(attempt, slot);  // knows nothing of it: it was committed by an earlier daemon
        if (!races) one.attempts().launch(attempt, the_run, slot, spec);
        bool const both = two.await([&] { return one.await_end(attempt, 1) && two.heard().ends.contains(attempt); });
        std::string const name = "attempt " + std::to_string(i) + (races ? " (race): " : ": ");
        check(both && two.heard().ends[attempt].kind == EndKind::stopped, name + describe(two.heard().ends[attempt]));
        check(times_executed(state, attempt) <= (races ? 1u : 0u), name + "executed");
        check(count_survivors(attempt) == 0, name + "survivors");
    }
}

void damaged_slots(int count) {
    StateFolder const state;
    std::vector<StoredAttempt> rows;
    {
        Daemon daemon(state, 1);
        for (int i = 1; i <= count; ++i) {
            rows.push_back({AttemptId{i}, daemon.attempts().allot()});
            daemon.attempts().launch(rows.back().attempt, the_run, rows.back().slot, shell(rows.back().attempt, "exit 3"));
        }
        for (StoredAttempt const& row : rows) daemon.await_end(row.attempt);
    }
    UniqueFd const table(openat(state.fd(), table_name(rows[0].slot.epoch).c_str(), O_RDWR | O_CLOEXEC));
    for (StoredAttempt const& row : rows) {
        if (row.attempt.value % 2 == 0) continue;
        off_t const at = static_cast<off_t>(row.slot.slot) * PAWL_SLOT_SIZE + row.attempt.value % PAWL_SLOT_SIZE;
        unsigned char byte = 0;
        if (pread(table.get(), &byte, 1, at) != 1) give_up("pread");
        byte ^= static_cast<unsigned char>(1u << (row.attempt.value % 8));
        if (pwrite(table.get(), &byte, 1, at) != 1) give_up("pwrite");
    }
    Daemon next(state, 2);
    for (StoredAttempt const& row : rows) {
        Verdict const verdict = next.attempts().classify(row.attempt, the_run, row.slot);
        if (row.attempt.value % 2 == 1) check(verdict.kind == VerdictKind::lost, "a flipped bit is a loss");
        else check(verdict.kind == VerdictKind::ended && verdict.end.exit_code == 3, "the others keep their status");
    }
    AttemptId const other{99999};
    check(next.attempts().classify(other, the_run, rows[1].slot).kind == VerdictKind::lost, "a record of another attempt is no status");
    check(next.attempts().classify(other, the_run, {77, 1}).kind == VerdictKind::lost, "a missing table is a loss");
}

void full_disk(int count) {
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        throw Skipped{"needs the right to mount a small file system"};
    StateFolder const place;
    std::string const small = place.path() + "/small";
    std::filesystem::create_directory(small);
    if (mount("pawl-test", small.c_str(), "tmpfs", 0, "size=4m") != 0) throw Skipped{"cannot mount a tmpfs"};
    {
        StateFolder const state(small);
        Daemon daemon(state);
        std::map<AttemptId, int> expected;
        for (int i = 1; i <= count; ++i) {
            AttemptId const attempt{i};
            expected[attempt] = 10 + i;
            LaunchSpec const spec =
                shell(attempt, "while [ ! -e " + place.path() + "/go ]; do sleep 0.02; done; head -c 200000 /dev/zero; exit " + std::to_string(10 + i));
            daemon.attempts().launch(attempt, the_run, daemon.attempts().allot(), spec);
        }
        {
            UniqueFd const filler(openat(state.fd(), "filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            std::string const block(4096, 'f');
            while (write(filler.get(), block.data(), block.size()) > 0) {
            }
        }
        std::ofstream(place.path() + "/go") << "now";
        for (auto const& [attempt, code] : expected) {
            daemon.await_end(attempt);
            check(exited_with(daemon, attempt, code), "at 0 bytes free: " + describe(daemon.heard().ends[attempt]));
        }
        AttemptId const late{count + 1};
        daemon.attempts().launch(late, the_run, daemon.attempts().allot(), shell(late, "exit 0"));
        daemon.await_end(late);
        AttemptEnd const end = daemon.heard().ends[late];
        check(end.kind == EndKind::exited || (end.kind == EndKind::start_failed && end.error_number == ENOSPC), "a new launch is told: " + describe(end));
    }
    umount2(small.c_str(), MNT_DETACH);
}

}  // namespace pawl::harness
