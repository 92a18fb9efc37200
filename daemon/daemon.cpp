#include "daemon/daemon.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "common/base/version.h"
#include "daemon/api/api.h"
#include "daemon/core/engine.h"
#include "daemon/io/inbox.h"
#include "daemon/io/keeping_attempts.h"
#include "daemon/io/local_attempts.h"
#include "daemon/io/loop.h"
#include "daemon/io/server.h"
#include "daemon/io/timer.h"
#include "daemon/log.h"
#include "daemon/performer.h"
#include "daemon/recovery.h"
#include "daemon/signals.h"
#include "daemon/state_folder.h"
#include "daemon/steps_environment.h"
#include "daemon/store/reader.h"
#include "daemon/store/writer.h"
#include "daemon/systemd.h"
#include "daemon/turn.h"
#include "daemon/work/workers.h"

namespace pawl {
namespace {

constexpr std::size_t events_a_turn = 512;
constexpr std::size_t batches_in_flight_max = 64;  ///< beyond it events wait: what they would add must be written first
constexpr std::uint64_t last_answers_ms = 2'000;
constexpr auto last_work = std::chrono::seconds(5);  ///< requests and queries under way have so long to end before the daemon does

/// Posts what the shims tell into the inbox.
class AttemptPost final : public AttemptEvents {
public:
    explicit AttemptPost(Inbox& inbox) : inbox_(inbox) {}
    void ended(AttemptId attempt, AttemptEnd const& end) override { inbox_.post(AttemptEnded{attempt, end}); }
    void swept(AttemptId attempt) override { inbox_.post(AttemptSwept{attempt}); }

private:
    Inbox& inbox_;
};

EngineState engine_state(StoredState& state) {
    return {.last_workflow = state.last_workflow, .last_version = state.last_version, .last_run = state.last_run,
            .last_attempt = state.last_attempt, .batch = state.batch, .workflows = std::move(state.workflows),
            .active_versions = std::move(state.active_versions), .answers = std::move(state.answers)};
}

/// Tables that a live attempt names: they tell what became of it.
std::vector<std::uint32_t> epochs_of(std::vector<StoredRun> const& runs) {
    std::set<std::uint32_t> epochs;
    for (StoredRun const& run : runs)
        for (AttemptRow const& attempt : run.attempts) epochs.insert(attempt.slot.epoch);
    return {epochs.begin(), epochs.end()};
}

std::string to_hex(Uuid const& id) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::uint8_t byte : id) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Uuid from_hex(std::string_view text) {
    Uuid id{};
    for (std::size_t i = 0; i < id.size() && 2 * i + 2 <= text.size(); ++i)
        (void)std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, id[i], 16);
    return id;
}

/// Raises the soft limit of descriptors to the hard one, and returns how many attempts may run at once under it: a shim holds three, and
/// clients, the store and the logs being read need theirs.
int attempts_that_fit(int wanted) {
    constexpr rlim_t reserved = 64 + 256 + 64, per_attempt = 4;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur == RLIM_INFINITY) return wanted;
    rlim_t const fit = limit.rlim_cur > reserved ? (limit.rlim_cur - reserved) / per_attempt : 1;
    if (fit >= static_cast<rlim_t>(wanted)) return wanted;
    log::warning("only " + std::to_string(fit) + " attempts can run at once: the limit of open files is " + std::to_string(limit.rlim_cur));
    return static_cast<int>(fit);
}

}  // namespace

// Members are destroyed in reverse: first who listens, then who works, then the store, at last the loop.
struct Daemon::Parts {
    Parts(DaemonOptions given, StateFolder held) : options(std::move(given)), folder(std::move(held)) {}

    Status open_store();
    Status listen();
    Result<std::unique_ptr<Server>> open_server(ServerOptions const& listening);
    void turn_now();
    void on_report(StoreReport const& report);
    void check_store();
    void stop(std::string_view why);
    void end_when_done();
    void fail(std::string_view why);
    DaemonStatus status() const;

    DaemonOptions options;
    StateFolder folder;
    UtcTime const started_at = wall_clock_now();
    std::string instance_id;
    std::string const boot_id = to_hex(read_boot_id());
    int exit_code = 0;
    bool stopping = false;
    bool server_closed = false;
    bool recovery_stored = false;  ///< the first commit of this daemon: what it decided about its predecessor's attempts

    Loop loop;
    std::unique_ptr<Inbox> inbox;
    std::unique_ptr<AttemptPost> post;
    std::unique_ptr<DaemonWorkers> workers;
    std::unique_ptr<KeepingAttempts> keeper;  ///< around the next
    std::unique_ptr<LocalAttempts> attempts;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Performer> performer;
    std::unique_ptr<Turn> turn;
    std::unique_ptr<Writer> writer;
    std::unique_ptr<DeadlineTimer> deadline, last_call;
    std::optional<RunFiles> files;  ///< for reading logs
    std::unique_ptr<ReadWorker> reads, checks;
    std::unique_ptr<Api> api;
    std::unique_ptr<Server> server;
    std::unique_ptr<SignalWatch> on_term, on_int;
};

/// Store, attempts and engine, recovered; what recovery decided is on its way to the disk when this returns.
Status Daemon::Parts::open_store() {
    std::string const path = folder.file("pawl.db");
    Result<std::unique_ptr<Store>> store = Store::open({.path = path});
    if (!store) return store.error();
    PAWL_CRASH_POINT("recover.opened");
    StoredState state = (*store)->load();
    std::int64_t const fence = take_over(**store, state);
    instance_id = state.instance_id;

    inbox = std::make_unique<Inbox>(loop.raw(), [this] { turn_now(); });
    post = std::make_unique<AttemptPost>(*inbox);
    workers = std::make_unique<DaemonWorkers>(loop, folder.path(), [this](AttemptId attempt, WorkEnd const& end) {
        attempts->work_ended(attempt, end);
        end_when_done();
    });
    LocalAttemptsOptions local{.state_folder = folder.fd(), .state_path = folder.path(), .epoch = state.epoch + 1,
                               .shim_path = options.shim_path, .instance = from_hex(instance_id), .socket_path = options.socket_path,
                               .workers = workers.get()};
    Result<std::unique_ptr<KeepingAttempts>> around = KeepingAttempts::open(
        loop, *post, {.state_folder = folder.fd(), .succeeds = [this](AttemptId id, AttemptEnd const& end) { return engine->succeeds(id, end); }});
    if (!around) return around.error();
    keeper = std::move(*around);
    Result<std::unique_ptr<LocalAttempts>> opened = LocalAttempts::open(loop.raw(), *keeper, std::move(local));
    if (!opened) return opened.error();
    attempts = std::move(*opened);
    keeper->use(*attempts);

    EngineOptions engine_options{.surroundings = {.env = steps_environment(), .instance = instance_id, .fence = fence},
                                 .attempts_max = options.attempts_max, .allot = [this] { return attempts->allot(); }};
    std::vector<StoredRun> runs = std::move(state.runs);
    std::vector<std::uint32_t> const tables = epochs_of(runs);
    bool const was_clean = state.was_clean;
    engine = std::make_unique<Engine>(std::move(engine_options), engine_state(state));
    performer = std::make_unique<Performer>(*keeper);
    turn = std::make_unique<Turn>(
        *engine, [this](Batch batch) { writer->submit(std::move(batch)); }, [this](Effect& effect) { performer->perform(effect); },
        [this](Effect const& effect) { performer->prepare(effect); });
    writer = std::make_unique<Writer>(std::move(*store), folder.file("reserve.bin"),
                                      [this](StoreReport report) { loop.post([this, report] { on_report(report); }); });
    deadline = std::make_unique<DeadlineTimer>(loop.raw(), [this] { inbox->post(TimePassed{}); });
    if (!runs.empty()) {
        Result<std::unique_ptr<Reader>> reader = Reader::open(path);
        if (!reader) return reader.error();
        std::size_t const count = runs.size();
        for (RunId left : restore_runs(*engine, std::move(runs), [&](VersionId id) { return (*reader)->source(id); }))
            log::error("run " + std::to_string(left.value) + " stands still: its version can no longer be loaded");
        recover_attempts(*engine, *keeper, wall_clock_now());
        log::info("goes on with " + std::to_string(count) + " live runs");
    }
    attempts->delete_tables_except(tables);
    turn_now();
    PAWL_CRASH_POINT("recover.replayed");
    Result<RunFiles> run_files = RunFiles::open(folder.fd(), folder.path());
    if (!run_files) return run_files.error();
    files = std::move(*run_files);
    reads = std::make_unique<ReadWorker>(path);
    if (!was_clean) check_store();
    return Done{};
}

/// After an unclean end the file is checked while we work: a start must not wait for the history.
void Daemon::Parts::check_store() {
    checks = std::make_unique<ReadWorker>(folder.file("pawl.db"));  // apart from the reads that people wait for
    checks->run([this](Reader& reader) {
        Status const checked = reader.check();
        loop.post([this, checked] {
            checks.reset();
            if (!checked) fail("the store is damaged: " + checked.error().message);
        });
    });
}

Status Daemon::Parts::listen() {
    ApiContext context{.loop = loop, .inbox = *inbox, .reads = *reads,
                       .version_of = [this](std::string_view name, int number) {
                           return number == 0 ? engine->active_version(name) : std::optional<VersionRow>();
                       },
                       .status = [this] { return status(); },
                       .stop = [this] { stop("asked to stop"); },
                       .files = *files,
                       .daemon_uid = geteuid(),
                       .version = release,
                       .artifacts = &keeper->artifacts(),
                       .cache = &keeper->cache()};
    api = std::make_unique<Api>(std::move(context));
    performer->connect(api.get());
    ServerOptions listening{.path = options.socket_path, .mode = options.system_mode ? 0660 : 0600,
                            .activated_fd = systemd::listening_socket()};
    listening.body_max = [this](Identity const& who, std::string_view method, std::string_view target) {
        return api->body_max(who, method, target);
    };
    if (!options.system_mode)
        if (Status made = make_folders_for(options.socket_path); !made) return made.error();
    // A predecessor that was killed may still answer while the kernel takes it apart: its lock on the state goes before its socket.
    auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    Result<std::unique_ptr<Server>> opened = open_server(listening);
    while (!opened && opened.error().code == code::conflict && std::chrono::steady_clock::now() < give_up) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        opened = open_server(listening);
    }
    if (!opened) return opened.error();
    server = std::move(*opened);
    on_term = std::make_unique<SignalWatch>(loop.raw(), SIGTERM, [this] { stop("SIGTERM"); });
    on_int = std::make_unique<SignalWatch>(loop.raw(), SIGINT, [this] { stop("SIGINT"); });
    return Done{};
}

Result<std::unique_ptr<Server>> Daemon::Parts::open_server(ServerOptions const& listening) {
    return Server::listen(loop.raw(), listening, [this](HttpRequest request, std::shared_ptr<Exchange> exchange) {
        api->handle(std::move(request), std::move(exchange));
    });
}

void Daemon::Parts::turn_now() {
    if (turn->in_flight() >= batches_in_flight_max) return;  // the next commit calls again
    turn->run(inbox->take(events_a_turn), wall_clock_now());
    deadline->arm(engine->next_deadline());
}

void Daemon::Parts::on_report(StoreReport const& report) {
    switch (report.kind) {
    case StoreReport::Kind::committed:
        if (!std::exchange(recovery_stored, true)) PAWL_CRASH_POINT("recover.committed");
        turn->committed(report.through);
        if (inbox->waiting() > 0) turn_now();
        return;
    case StoreReport::Kind::degraded:
        log::error("degraded: " + report.reason + "; nothing new is started until it can be written again");
        inbox->post(StoreDegraded{true, report.reason});
        return;
    case StoreReport::Kind::resumed:
        log::info("the store takes writes again");
        PAWL_CRASH_POINT("disk.resumed");
        inbox->post(StoreDegraded{false, {}});
        return;
    case StoreReport::Kind::fatal: return fail(report.reason);
    }
}

void Daemon::Parts::fail(std::string_view why) {
    log::error(std::string(why) + "; running steps go on, the next start finds them");
    exit_code = 1;
    loop.stop();
}

void Daemon::Parts::stop(std::string_view why) {
    if (stopping) return;
    stopping = true;
    log::info("stops (" + std::string(why) + "); running steps go on");
    systemd::notify("STOPPING=1");
    workers->close();
    last_call = std::make_unique<DeadlineTimer>(loop.raw(), [this] { loop.stop(); });
    if (workers->under_way() > 0) last_call->arm(wall_clock_now() + last_work);
    api->close();
    server->close(last_answers_ms, [this] {
        server_closed = true;
        end_when_done();
    });
}

/// A program goes on without us, a request does not.
void Daemon::Parts::end_when_done() {
    if (server_closed && workers->under_way() == 0) loop.stop();
}

DaemonStatus Daemon::Parts::status() const {
    Engine::Counts const counts = engine->counts();
    DaemonStatus status;
    status.started_at = started_at;
    status.state = counts.degraded ? "degraded" : counts.draining ? "draining" : "ready";
    status.reason = counts.degraded_reason;
    status.socket = options.socket_path;
    status.state_dir = folder.path();
    status.instance_id = instance_id;
    status.boot_id = boot_id;
    status.runs_live = counts.runs_live;
    status.runs_queued = counts.runs_queued;
    status.runs_running = counts.runs_running;
    status.runs_waiting = counts.runs_waiting;
    status.attempts_live = counts.attempts_live;
    status.attempts_max = counts.attempts_max;
    status.attempts_queued = counts.steps_queued;
    status.workflows = counts.workflows;
    status.batches_waiting = writer->waiting();
    status.shims_idle = attempts->pool().idle();
    status.shims_busy = attempts->pool().size() - status.shims_idle;
    status.connections = server ? server->connections() : 0;
    return status;
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::start(DaemonOptions options) {
    umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    options.attempts_max = attempts_that_fit(options.attempts_max);
    if (options.local) (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    log::set_level(options.log_level);
    Result<StateFolder> folder = StateFolder::open(options.state_dir);
    if (!folder) return folder.error();
    auto parts = std::make_unique<Parts>(std::move(options), std::move(*folder));
    if (Status opened = parts->open_store(); !opened) return opened.error();
    if (Status listening = parts->listen(); !listening) return listening.error();
    log::info("ready on " + parts->options.socket_path + ", state in " + parts->folder.path());
    systemd::notify("READY=1");
    return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

int Daemon::run() {
    parts_->loop.run();
    parts_->checks.reset();
    parts_->reads.reset();  // its jobs speak to the API
    return parts_->exit_code;
}

}  // namespace pawl
