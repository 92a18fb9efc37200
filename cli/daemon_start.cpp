// pawl daemon start|stop|drain: the daemon's life, asked for by name. No other command starts one.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <thread>

#include "cli/commands.h"
#include "cli/local_daemon.h"
#include "cli/output.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

constexpr auto start_patience = std::chrono::seconds(30);
constexpr auto stop_patience = std::chrono::seconds(30);

struct StartOptions {
    std::string state_dir;
};

int start_daemon(Context& context, StartOptions const& options) {
    auto const socket = context.socket_path();
    if (!socket) return context.fail(socket.error());
    if (auto const running = context.daemon()) {
        context.say("a daemon already answers on " + *socket);
        return exit_done;
    }
    auto const pawld = find_pawld(context);
    if (!pawld) return context.fail(pawld.error());
    bool const system = *socket == "/run/pawl/pawl.sock";
    std::string state = options.state_dir.empty() ? (system ? "/var/lib/pawl" : user_state_home(context)) : options.state_dir;
    std::error_code error;
    state = std::filesystem::absolute(state, error).lexically_normal().string();
    for (auto const& folder : {state, std::filesystem::path(*socket).parent_path().string()}) {
        if (auto const made = make_folders(folder.empty() ? "." : folder); !made) return context.fail(made.error());
    }
    SpawnOptions const spawn{.pawld = *pawld, .state_dir = state, .socket = *socket, .local = false, .log_file = state + "/pawld.log"};
    auto process = DaemonProcess::start(spawn);
    if (!process) return context.fail(process.error());
    auto daemon = await_ready(context, *process, spawn, start_patience);
    if (!daemon) {
        process->terminate(SIGTERM);
        return context.fail(daemon.error());
    }
    context.say("pawld is ready: pid " + std::to_string(process->pid()) + ", socket " + *socket + ", state and log in " + state);
    if (!system) context.say("it ends with your login session where systemd ends it; to keep it: pawl daemon install --user");
    return exit_done;
}

int stop_daemon(Context& context) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const pong = (*daemon)->get("/v1/ping");
    if (!pong) return context.fail(pong.error());
    auto const pid = static_cast<pid_t>(pong->number("pid"));
    auto const stopping = (*daemon)->post("/v1/daemon/stop", Json(JsonMap{}));
    if (!stopping) return context.fail(stopping.error());
    auto const until = std::chrono::steady_clock::now() + stop_patience;
    while (pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM)) {
        if (std::chrono::steady_clock::now() > until) return context.fail(make_error(code::timed_out, "pawld (pid " + std::to_string(pid) + ") has not ended within " + format_duration(stop_patience)));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    context.say("pawld has ended; running steps go on and are taken over by the next one");
    return exit_done;
}

struct DrainOptions {
    bool off = false, no_wait = false;
};

int drain(Context& context, DrainOptions const& options) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    Json body;
    body.set("on", !options.off);
    auto answer = (*daemon)->post("/v1/daemon/drain", body);
    if (!answer) return context.fail(answer.error());
    auto live = answer->number("live_attempts");
    if (options.off) {
        if (!print_object(context, *answer, "draining")) context.say("the daemon starts steps again");
        return exit_done;
    }
    for (std::int64_t told = -1; live > 0 && !options.no_wait;) {
        if (live != told) context.say("nothing new is started; " + std::to_string(live) + (live == 1 ? " attempt is" : " attempts are") + " still running");
        told = live;
        if (context.world().interrupts() > 0) {
            context.say("the daemon goes on draining; take that back with: pawl daemon drain --off");
            return exit_interrupted;
        }
        if (context.world().terminated()) return exit_terminated;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        auto const status = (*daemon)->get("/v1/status");
        if (!status) return context.fail(status.error());
        auto const* attempts = status->find("attempts");
        live = attempts == nullptr ? 0 : attempts->number("live");
    }
    answer->set("live_attempts", live);
    if (!print_object(context, *answer, "draining")) context.say(live > 0 ? "the daemon starts nothing new" : "drained: nothing runs. Go on with: pawl daemon stop, or pawl daemon drain --off");
    return exit_done;
}

}  // namespace

Command daemon_start_command() {
    auto const options = std::make_shared<StartOptions>();
    return {
        .path = "daemon start",
        .summary = "Start a daemon in the background and wait until it is ready",
        .options = {{.names = "--state-dir", .value = "DIR", .doc = "where its store and logs live", .into = &options->state_dir, .completes = Completes::files}},
        .examples = {{"pawl daemon start", ""}, {"pawl --socket /tmp/p.sock daemon start --state-dir /tmp/p", "a second one, beside yours"}},
        .run = [options](Context& context) { return start_daemon(context, *options); },
    };
}

Command daemon_stop_command() {
    return {.path = "daemon stop",
            .summary = "End the daemon; running steps go on",
            .text = "Steps are supervised by their own processes: they finish, and the next daemon takes over what it finds.",
            .examples = {{"pawl daemon stop", ""}},
            .run = stop_daemon};
}

Command daemon_drain_command() {
    auto const options = std::make_shared<DrainOptions>();
    return {
        .path = "daemon drain",
        .summary = "Start nothing new, and wait until nothing runs",
        .text = "The daemon goes on draining when this command has left, by itself or by Ctrl-C, until --off or its next start.",
        .options = {{.names = "--off", .doc = "start steps again", .into = &options->off}, {.names = "--no-wait", .doc = "leave at once", .into = &options->no_wait}},
        .examples = {{"pawl daemon drain && pawl daemon stop", "before maintenance"}},
        .run = [options](Context& context) { return drain(context, *options); },
    };
}

}  // namespace pawl::cli
