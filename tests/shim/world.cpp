// Fixtures of the supervision harness.
#include "tests/shim/world.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

extern char** environ;

namespace pawl::harness {
namespace {

int passed = 0;
int failed = 0;

/// All processes of one harness share it, also those of the daemons it starts.
std::string const& cookie_prefix() {
    static std::string const prefix = [] {
        char const* const given = std::getenv("HARNESS_COOKIE");
        std::string const made = given != nullptr ? given : "harness-" + std::to_string(getpid()) + '-' + std::to_string(now_ms()) + '-';
        setenv("HARNESS_COOKIE", made.c_str(), 1);
        return made;
    }();
    return prefix;
}

}  // namespace

void check(bool holds, std::string const& what) {
    holds ? ++passed : ++failed;
    if (!holds && failed <= 20) std::printf("FAILED: %s\n", what.c_str());
    std::fflush(stdout);
}
int checks_failed() { return failed; }
void print_checks() { std::printf("%d passed, %d failed\n", passed, failed); }

void give_up(std::string const& why) {
    std::fprintf(stderr, "harness: %s: %s\n", why.c_str(), std::strerror(errno));
    std::exit(2);
}

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

pid_t start_self(std::vector<std::string> arguments, std::vector<std::string> const& more_env) {
    cookie_prefix();
    std::string const path = own_path();
    arguments.insert(arguments.begin(), path);
    std::vector<std::string> env(more_env);
    for (char** entry = environ; *entry != nullptr; ++entry) env.emplace_back(*entry);
    std::vector<char*> argv, envp;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    for (std::string& variable : env) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    pid_t pid = 0;
    if (posix_spawn(&pid, path.c_str(), nullptr, nullptr, argv.data(), envp.data()) != 0) give_up("cannot start myself");
    return pid;
}

int await_exit(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

StateFolder::StateFolder() : owned_(true) {
    char const* const root = std::getenv("TMPDIR");
    path_ = std::string(root != nullptr ? root : "/tmp") + "/pawl-shim-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) give_up("mkdtemp");
    fd_.reset(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::filesystem::create_directory(path_ + "/probes");
}

StateFolder::StateFolder(std::string path) : path_(std::move(path)), fd_(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), owned_(false) {
    std::filesystem::create_directory(path_ + "/probes");
}

StateFolder::~StateFolder() {
    if (!owned_) return;
    kill_all_survivors();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void store_row(StateFolder const& state, StoredAttempt const& row) {
    std::string const line =
        std::to_string(row.attempt.value) + ' ' + std::to_string(row.slot.epoch) + ' ' + std::to_string(row.slot.slot) + '\n';
    UniqueFd const file(openat(state.fd(), "rows", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) give_up("store");
}

std::vector<StoredAttempt> stored_rows(StateFolder const& state) {
    std::vector<StoredAttempt> rows;
    std::ifstream file(state.path() + "/rows");
    for (StoredAttempt row; file >> row.attempt.value >> row.slot.epoch >> row.slot.slot;) rows.push_back(row);
    return rows;
}

Daemon::Daemon(StateFolder const& state, std::uint32_t epoch) {
    uv_loop_init(&loop_);
    uv_timer_init(&loop_, &tick_);
    uv_timer_start(&tick_, [](uv_timer_t*) {}, 20, 20);
    LocalAttemptsOptions options;
    options.state_folder = state.fd();
    options.state_path = state.path();
    options.epoch = epoch;
    options.shim_path = PAWL_SHIM_PATH;
    options.instance = {1, 2, 3};
    options.socket_path = state.path() + "/pawl.sock";
    if (char const* const cgroup = std::getenv("HARNESS_CGROUP")) options.cgroup_folder = cgroup;
    auto opened = LocalAttempts::open(loop_, recorder_, std::move(options));
    if (!opened) give_up(opened.error().message);
    attempts_ = std::move(*opened);
}

Daemon::~Daemon() {
    attempts_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
}

bool Daemon::await(std::function<bool()> const& done, int ms_max) {
    std::int64_t const deadline = now_ms() + ms_max;
    while (!done()) {
        if (now_ms() >= deadline) return false;
        uv_run(&loop_, UV_RUN_ONCE);
    }
    return true;
}

bool Daemon::await_end(AttemptId attempt, int ms_max) {
    return await([&] { return recorder_.ends.contains(attempt); }, ms_max);
}

std::string cookie_of(AttemptId attempt) { return cookie_prefix() + std::to_string(attempt.value); }

LaunchSpec shell(AttemptId attempt, std::string const& script) {
    LaunchSpec spec;
    spec.argv = {"sh", "-c", script};
    spec.env = {"PATH=/usr/local/bin:/usr/bin:/bin", "PAWL_ATTEMPT=" + cookie_of(attempt)};
    spec.dir = "/";
    spec.event_json = "{}";
    return spec;
}

LaunchSpec self(AttemptId attempt, std::vector<std::string> arguments) {
    LaunchSpec spec = shell(attempt, "");
    spec.argv = std::move(arguments);
    spec.argv.insert(spec.argv.begin(), {own_path(), "--child"});
    return spec;
}

LaunchSpec probed(StateFolder const& state, AttemptId attempt, std::string const& script) {
    LaunchSpec spec = shell(attempt, "echo x >> \"$PROBE\"\n" + script);
    spec.env.push_back("PROBE=" + state.path() + "/probes/" + std::to_string(attempt.value));
    return spec;
}

std::size_t times_executed(StateFolder const& state, AttemptId attempt) {
    std::string const lines = read_file(state.path() + "/probes/" + std::to_string(attempt.value));
    return static_cast<std::size_t>(std::ranges::count(lines, '\n'));
}

std::string read_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

std::string attempt_file(StateFolder const& state, AttemptId attempt, std::string const& ending) {
    return state.path() + "/runs/" + std::to_string(the_run.value) + '/' + std::to_string(attempt.value) + ending;
}

std::vector<pid_t> survivors_of(AttemptId attempt) {
    std::vector<pid_t> found = list_processes();
    std::string const cookie = cookie_of(attempt);
    std::erase_if(found, [&](pid_t pid) { return environment_value(pid, "PAWL_ATTEMPT=") != cookie; });
    return found;
}

std::size_t count_survivors(AttemptId attempt) {
    for (int tries = 0; tries < 100; ++tries) {
        if (survivors_of(attempt).empty()) return 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return survivors_of(attempt).size();
}

void kill_all_survivors() {
    for (pid_t const pid : list_processes())
        if (environment_value(pid, "PAWL_ATTEMPT=").starts_with(cookie_prefix())) kill(pid, SIGKILL);
}

pawl_slot read_slot(StateFolder const& state, SlotRef slot) {
    UniqueFd const table(openat(state.fd(), table_name(slot.epoch).c_str(), O_RDONLY | O_CLOEXEC));
    pawl_slot record{};
    if (pread(table.get(), &record, sizeof record, static_cast<off_t>(slot.slot) * PAWL_SLOT_SIZE) != static_cast<ssize_t>(sizeof record))
        give_up("cannot read the slot");
    return record;
}

long resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
    return 0;
}

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace pawl::harness
