// pawl run --local FILE: the same engine, journal and output, by a private daemon that ends with the run.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/follow.h"
#include "cli/render/shell_word.h"
#include "cli/inputs.h"
#include "cli/load.h"
#include "cli/local_daemon.h"
#include "cli/output.h"
#include "cli/render/run_summary.h"
#include "cli/sources.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t socket_path_max = 107;
constexpr auto ready_within = std::chrono::seconds(10);
constexpr auto stopped_within = std::chrono::seconds(10);

Result<std::string> new_folder(std::string const& parent, std::string const& name) {
    if (auto const made = make_folders(parent); !made) return made.error();
    auto pattern = parent + "/" + name + "XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) return make_error(code::io, "cannot make a folder in '" + parent + "': " + std::strerror(errno));
    return pattern;
}

/// The state folder of one local run, and the short-lived folder of its socket when the state's own path is too long for one.
struct LocalState {
    std::string folder;
    bool ours_to_remove = false;
    std::string socket_folder;

    static Result<LocalState> prepare(Context& context, std::string const& wanted) {
        LocalState state;
        if (wanted.empty()) {
            auto made = new_folder(user_state_home(context) + "/local", "run-");
            if (!made) return made.error();
            state.folder = std::move(*made);
            state.ours_to_remove = true;
        } else {
            state.folder = std::filesystem::absolute(wanted).lexically_normal().string();
            if (auto const made = make_folders(state.folder); !made) return made.error();
        }
        if (state.socket().size() > socket_path_max) {
            auto made = new_folder("/tmp", "pawl-local-");
            if (!made) return made.error();
            state.socket_folder = std::move(*made);
        }
        return state;
    }
    std::string socket() const { return (socket_folder.empty() ? folder : socket_folder) + "/pawl.sock"; }
    void remove_socket_folder() const {
        std::error_code ignored;
        if (!socket_folder.empty()) std::filesystem::remove_all(socket_folder, ignored);
    }
    void remove() const {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
};

Result<Json> deploy_project(Daemon& daemon, std::vector<flow::SourceFile> const& sources, std::string const& root) {
    JsonList files;
    for (auto const& source : sources) {
        Json file;
        file.set("name", source.name);
        file.set("text", source.text);
        files.push_back(std::move(file));
    }
    Json body;
    body.set("files", std::move(files));
    body.set("root", root);
    body.set("dry_run", false);
    return daemon.post("/v1/deploy", body);
}

/// A run of that workflow that an earlier command with the same --state left behind: it is followed instead of starting another.
Result<Json> live_run(Daemon& daemon, std::string const& workflow) {
    std::string path = "/v1/runs?live=true&limit=1";
    add_query(path, "workflow", workflow);
    auto const answer = daemon.get(path);
    if (!answer) return answer.error();
    auto const* items = answer->find("items");
    if (items == nullptr || !items->is_list() || items->as_list().empty()) return Json();
    return daemon.get("/v1/runs/" + std::to_string(items->as_list().front().number("id")));
}

/// The logs of the step that failed, as a file: the private daemon that could be asked for them ends with this command.
std::string logs_of_failed(std::string const& folder, Json const& run) {
    auto const* step = failed_step_of(run);
    auto const* tries = step == nullptr ? nullptr : step->find("tries");
    if (tries == nullptr || !tries->is_list() || tries->as_list().empty()) return "";
    auto const attempt = tries->as_list().back().number("id");
    return folder + "/runs/" + std::to_string(run.number("id")) + "/" + std::to_string(attempt) + ".log";
}

int deploy_and_run(Context& context, Daemon& daemon, RunStartOptions const& options, std::vector<flow::SourceFile> const& sources, std::string const& folder) {
    auto const deployed = deploy_project(daemon, sources, project_root(options.target));
    if (!deployed) return deploy_refused(context, daemon, deployed.error(), sources);
    auto const file = load_target(context, sources.front());
    if (!file) return context.fail(file.error());
    auto const workflow = meant_workflow(*file, options.workflow);
    if (!workflow) return context.fail(workflow.error());
    FollowOptions follow{.cancel_on_interrupt = true, .kill_on_second = true, .passthrough = options.follow.passthrough, .strict_skip = options.follow.strict_skip};
    std::string typed;
    for (auto const& input : options.inputs) typed += " -i " + shell_word(input);
    follow.next = [&](Json const& run) {
        auto const logs = logs_of_failed(folder, run);
        return (logs.empty() ? "" : "its log: " + logs + "    ") + "again: pawl run --local " + options.target + (options.workflow.empty() ? "" : " " + options.workflow) +
               (options.state.empty() ? "" : " --state " + options.state) + typed;
    };
    if (!options.follow.wait_timeout.empty()) {
        auto const span = parse_duration(options.follow.wait_timeout);
        if (!span) return context.misuse("--wait-timeout " + options.follow.wait_timeout + ": " + span.error().message);
        follow.wait_timeout = *span;
    }
    if (!options.state.empty()) {
        auto const left = live_run(daemon, (*workflow)->name);
        if (left && left->is_map()) {
            context.say("run " + std::to_string(left->number("id")) + " is still alive in this state folder and is followed");
            return follow_run(context, daemon, *left, follow);
        }
    }
    std::vector<flow::Declaration> declarations;
    if ((*workflow)->plan) declarations = (*workflow)->plan->inputs;
    auto inputs = parse_inputs(context, options.inputs, declarations);
    if (!inputs) return context.fail(inputs.error());
    Json body;
    body.set("workflow", (*workflow)->name);
    body.set("inputs", std::move(*inputs));
    if (options.no_cache) body.set("no_cache", true);
    auto const run = daemon.post("/v1/runs", body);
    if (!run) return context.fail(run.error());
    auto const detail = run->find("steps") != nullptr ? run : daemon.get("/v1/runs/" + std::to_string(run->number("id")));
    return detail ? follow_run(context, daemon, *detail, follow) : context.fail(detail.error());
}

void stop(Daemon& daemon, DaemonProcess& process) {
    (void)daemon.post("/v1/daemon/stop", Json(JsonMap{}));
    if (process.wait_for_end(stopped_within)) return;
    process.terminate(SIGTERM);
    if (process.wait_for_end(stopped_within)) return;
    process.terminate(SIGKILL);
    process.wait_for_end(stopped_within);
}

}  // namespace

int run_locally(Context& context, RunStartOptions const& options) {
    if (options.follow.detach) return context.misuse("--detach cannot be used with --local", "the private daemon ends with the command");
    auto const sources = read_project_of(context, options.target);
    if (!sources) return context.fail(sources.error());
    auto const project = flow::load_project(*sources);
    if (has_errors(project.diagnostics)) {  // said before anything is started
        context.err() << yaml_text(context.err_look(), project.diagnostics, *sources) << std::flush;
        return exit_failed;
    }
    auto const pawld = find_pawld(context);
    if (!pawld) return context.fail(pawld.error());
    auto const state = LocalState::prepare(context, options.state);
    if (!state) return context.fail(state.error());

    SpawnOptions const spawn{.pawld = *pawld, .state_dir = state->folder, .socket = state->socket(), .local = true, .log_file = state->folder + "/pawld.log"};
    auto process = DaemonProcess::start(spawn);
    if (!process) return context.fail(process.error());
    auto daemon = await_ready(context, *process, spawn, ready_within);
    if (!daemon) {
        process->terminate(SIGTERM);
        process->wait_for_end(stopped_within);
        state->remove_socket_folder();
        return context.fail(daemon.error());
    }
    context.use(std::move(*daemon));
    auto* const connected = *context.daemon();
    int const code = deploy_and_run(context, *connected, options, *sources, state->folder);
    stop(*connected, *process);
    state->remove_socket_folder();
    if (!state->ours_to_remove) return code;
    if (code == exit_done || code == exit_skipped) state->remove();
    else context.say("the state of this run is kept in " + state->folder + "; look into it with:\n  pawld --foreground --state-dir " + state->folder + " --socket " + state->folder + "/pawl.sock");
    return code;
}

}  // namespace pawl::cli
