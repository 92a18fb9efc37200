#include "tests/sim/simulation.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "common/flow/load.h"
#include "daemon/recovery.h"
#include "tests/sim/workflows.h"

namespace pawl::sim {
namespace {

constexpr UtcTime epoch{std::chrono::seconds(1'800'000'000)};
constexpr Identity person{.uid = 1000, .gid = 1000, .pid = 42};

/// The daemon's process strikes its end somewhere inside an effect or a commit.
struct Crash {};

class Simulation {
public:
    explicit Simulation(SimulationOptions const& options);
    SimulationResult run();

private:
    struct Life {
        std::unique_ptr<Engine> engine;
        std::unique_ptr<Turn> turn;
        std::deque<Batch> batches;       ///< handed to the store, not committed
        std::vector<Event> inbox;
    };
    struct Asked {
        Command command;
        std::optional<RunId> cancels;
        bool sent = false;
    };

    void start_daemon();
    void deploy();
    void crash();
    void act();
    void be_kind();
    void cancel_hanging();
    void turn_once();
    void commit_some();
    void ask();
    void send(Asked& asked);
    void perform(Effect& effect);
    void answered(Reply const& reply);
    void zombie_writes();
    bool idle() const;
    Command new_command(CommandBody body);
    void expect_answer(Command command, std::optional<RunId> cancels);
    std::shared_ptr<flow::Plan const> plan_of(VersionId version);
    template <class Work>
    void survive(Work&& work);

    SimulationOptions options_;
    Random random_;
    World world_;
    std::unique_ptr<Store> store_;
    Record record_;
    Life life_;
    std::deque<Batch> zombie_;           ///< what a dead daemon's thread still tries to write
    std::map<ReplyTo, Asked> asked_;
    std::map<VersionId, std::shared_ptr<flow::Plan const>> plans_;
    std::set<AttemptId> cancelled_at_last_;
    ReplyTo last_reply_ = 0;
    bool faults_ = true;
    SimulationResult result_;
};

Simulation::Simulation(SimulationOptions const& options) : options_(options), random_(options.seed), world_(random_, epoch) {
    Result<std::unique_ptr<Store>> store = Store::open({.path = ":memory:"});
    ASSERT(store);
    store_ = std::move(*store);
    world_.before_exec = [this](Process const& process) {
        ++result_.launches;
        if (!record_.knows_attempt(process.attempt))
            world_.violations.push_back({"no_process_without_row", "attempt " + std::to_string(process.attempt.value) + " runs and is not stored"});
        if (world_.running() >= static_cast<std::size_t>(options_.attempts_max))
            world_.violations.push_back({"limits", "more attempts run than allowed"});
    };
}

// ---- the daemon's life

void Simulation::start_daemon() {
    StoredState state = store_->load();
    std::int64_t const fence = take_over(*store_, state);
    EngineOptions options{.surroundings = {.env = {"PATH=/bin"}, .instance = state.instance_id, .fence = fence},
                          .attempts_max = options_.attempts_max, .allot = [this] { return world_.allot(); }};
    EngineState engine_state{.last_workflow = state.last_workflow, .last_version = state.last_version, .last_run = state.last_run,
                             .last_attempt = state.last_attempt, .batch = state.batch, .workflows = std::move(state.workflows),
                             .active_versions = std::move(state.active_versions), .answers = std::move(state.answers)};
    life_.engine = std::make_unique<Engine>(std::move(options), std::move(engine_state));
    life_.turn = std::make_unique<Turn>(
        *life_.engine, [this](Batch batch) { life_.batches.push_back(std::move(batch)); }, [this](Effect& effect) { perform(effect); });
    restore_runs(*life_.engine, std::move(state.runs), [this](VersionId id) { return record_.source(id); });
    recover_attempts(*life_.engine, world_, world_.now());
    for (auto& [id, asked] : asked_) asked.sent = false;  // clients reconnect and repeat what was not answered
    turn_once();
}

void Simulation::deploy() {
    Deploy deploy{.root = "/srv"};
    for (std::size_t i = 0; i < workflows.size(); ++i) {
        deploy.files.push_back(flow::load_file("w" + std::to_string(i) + ".yaml", std::string(workflows[i])));
        ASSERT(!has_errors(deploy.files.back().diagnostics));
    }
    life_.inbox.push_back(new_command(std::move(deploy)));
    turn_once();
    while (!life_.batches.empty()) commit_some();
}

void Simulation::crash() {
    ++result_.crashes;
    if (faults_ && random_.chance(300)) zombie_ = std::move(life_.batches);
    life_ = Life{};
    world_.daemon_died();
    world_.pass(world_.now() + std::chrono::milliseconds(random_.between(0, 3000)));
    start_daemon();
}

template <class Work>
void Simulation::survive(Work&& work) {
    bool crashed = false;
    try {
        work();
    } catch (Crash const&) {
        crashed = true;
    }
    while (crashed) {
        crashed = false;
        try {
            crash();
        } catch (Crash const&) {
            crashed = true;  // again, while it started
        }
    }
}

/// The old daemon's thread gets the disk once more. The fence must keep it out.
void Simulation::zombie_writes() {
    if (zombie_.empty()) return;
    Batch batch = std::move(zombie_.front());
    zombie_.clear();
    try {
        store_->commit({batch});
        world_.violations.push_back({"fence", "a daemon that was replaced could still write"});
    } catch (FenceLost const&) {
        ++result_.fenced;
    }
}

void Simulation::turn_once() {
    ++result_.turns;
    std::vector<Event> events = std::exchange(life_.inbox, {});
    std::size_t const taken = faults_ ? 1 + random_.below(events.size() + 1) : events.size();
    if (taken < events.size()) {
        life_.inbox.assign(std::make_move_iterator(events.begin() + static_cast<std::ptrdiff_t>(taken)), std::make_move_iterator(events.end()));
        events.resize(taken);
    }
    if (life_.engine->next_deadline() <= world_.now()) events.push_back(TimePassed{});
    life_.turn->run(events, world_.now());
}

void Simulation::commit_some() {
    if (life_.batches.empty()) return;
    std::size_t const count = faults_ ? 1 + random_.below(life_.batches.size()) : life_.batches.size();
    std::vector<Batch> batches(life_.batches.begin(), life_.batches.begin() + static_cast<std::ptrdiff_t>(count));
    if (faults_ && random_.chance(40)) return;           // the disk refuses; the writer will repeat
    if (faults_ && random_.chance(15)) throw Crash{};    // before the commit
    store_->commit(batches);
    ++result_.commits;
    for (Batch const& batch : batches) record_.committed(batch);
    if (faults_ && random_.chance(15)) throw Crash{};    // after it, before anybody knows
    if (faults_ && random_.chance(20)) {                 // the outcome is unknown: the writer looks
        ++result_.unknown_commits;
        ASSERT(store_->committed_batch() == batches.back().number);
    }
    life_.batches.erase(life_.batches.begin(), life_.batches.begin() + static_cast<std::ptrdiff_t>(count));
    life_.turn->committed(batches.back().number);
}

void Simulation::perform(Effect& effect) {
    if (faults_ && random_.chance(10)) throw Crash{};
    if (auto const* launch = std::get_if<Launch>(&effect)) world_.launch(launch->attempt, launch->run, launch->slot, launch->spec);
    else if (auto const* stop = std::get_if<StopAttempt>(&effect)) world_.stop(stop->attempt, stop->slot, stop->now);
    else if (auto const* adopt = std::get_if<AdoptAttempt>(&effect)) world_.adopt(adopt->attempt, adopt->run, adopt->slot);
    else if (auto const* sweep = std::get_if<SweepAttempt>(&effect)) world_.sweep(sweep->attempt, sweep->slot, sweep->cookie);
    else if (auto const* reply = std::get_if<Reply>(&effect)) answered(*reply);
    if (faults_ && random_.chance(10)) throw Crash{};
}

// ---- clients

Command Simulation::new_command(CommandBody body) {
    ReplyTo const id = ++last_reply_;
    return {.reply_to = id, .who = person, .idempotency_key = "key-" + std::to_string(id), .request_hash = std::to_string(id),
            .body = std::move(body)};
}

void Simulation::expect_answer(Command command, std::optional<RunId> cancels) {
    ReplyTo const id = command.reply_to;
    asked_.emplace(id, Asked{.command = std::move(command), .cancels = cancels});
}

std::shared_ptr<flow::Plan const> Simulation::plan_of(VersionId version) {
    std::shared_ptr<flow::Plan const>& plan = plans_[version];
    if (!plan)
        if (Result<StoredSource> const source = record_.source(version)) plan = flow::load_plan(source->file, source->text, 0, source->version.model);
    return plan;
}

void Simulation::ask() {
    std::uint64_t const dice = random_.below(10);
    std::optional<RunId> some_run;
    if (!record_.runs().empty()) {
        auto at = record_.runs().begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random_.below(record_.runs().size())));
        some_run = at->first;
    }
    if (dice < 6 || !some_run) {
        static constexpr std::array<std::string_view, 13> names{"chain",  "diamond",  "retrying", "mixed", "queued",
                                                               "replaced", "bounded", "handled",  "wide", "gated", "undone", "itemized", "product"};
        std::string const name(names[random_.below(names.size())]);
        std::optional<VersionRow> const version = life_.engine->active_version(name);
        if (!version) {
            world_.violations.push_back({"deployed_is_kept", "workflow " + name + " is gone"});
            return;
        }
        StartRun start{.version = version->id, .number = version->number, .workflow = name, .plan = plan_of(version->id), .root = "/srv"};
        if (start.plan) expect_answer(new_command(std::move(start)), std::nullopt);
    } else if (dice < 7) {
        AnswerApproval answer{.run = *some_run, .approved = random_.chance(700), .name = random_.chance(500) ? "ana" : "ben"};
        expect_answer(new_command(std::move(answer)), std::nullopt);
    } else if (dice < 8) {
        expect_answer(new_command(CancelRun{*some_run, random_.chance(200)}), *some_run);
    } else {
        StoredRun const* ended = record_.run(*some_run);
        RetryRun retry{.run = *some_run, .version = ended->run.workflow_version, .number = 1, .plan = plan_of(ended->run.workflow_version),
                       .root = "/srv", .ended = std::make_shared<StoredRun>(*ended)};
        bool const lost = std::ranges::any_of(ended->steps, [](StepRow const& row) { return row.state == StepState::lost; });
        if (!lost) {
            expect_answer(new_command(std::move(retry)), std::nullopt);
            return;
        }
        auto const step = std::ranges::find(ended->steps, StepState::lost, &StepRow::state);
        auto const as = static_cast<ResolveStep::As>(random_.below(3));
        ResolveStep resolve{.run = std::move(retry), .step = step->id, .as = as, .comment = "seen by hand"};
        expect_answer(new_command(std::move(resolve)), std::nullopt);
    }
}

void Simulation::send(Asked& asked) {
    asked.sent = true;
    life_.inbox.push_back(asked.command);
}

void Simulation::answered(Reply const& reply) {
    auto const found = asked_.find(reply.to);
    if (found == asked_.end()) return;
    if (faults_ && random_.chance(50)) {
        found->second.sent = false;  // the answer was lost on its way: the client asks again, with the same key
        return;
    }
    if (reply.status < 300) {
        if (found->second.cancels) record_.cancel_acknowledged(*found->second.cancels);
        else record_.acknowledged(RunId{reply.body.number("id")});
    }
    asked_.erase(found);
}

// ---- the course of things

void Simulation::act() {
    for (Event& event : world_.take_news()) life_.inbox.push_back(std::move(event));
    std::uint64_t const dice = random_.below(100);
    if (dice < 20) ask();
    if (dice < 50)
        for (auto& [id, asked] : asked_)
            if (!asked.sent) send(asked);
    if (dice < 60) world_.pass(world_.now() + std::chrono::milliseconds(random_.between(1, 1500)));
    if (dice == 60) world_.pass(world_.now() + std::chrono::hours(random_.between(1, 30)));  // suspended
    if (dice == 61) zombie_writes();
    if (dice >= 96) throw Crash{};
    turn_once();
    if (random_.chance(700)) commit_some();
}

bool Simulation::idle() const {
    return life_.engine->counts().runs_live == 0 && life_.inbox.empty() && life_.batches.empty() && asked_.empty() && world_.next() == never;
}

/// Somebody looks at what hangs and cancels its run, once. An attempt whose stop was committed must have been stopped by that.
void Simulation::cancel_hanging() {
    for (Process const& process : world_.hanging()) {
        bool const asked_before = record_.stop_requested(process.attempt) || !cancelled_at_last_.insert(process.attempt).second;
        if (!asked_before) expect_answer(new_command(CancelRun{process.run, false}), process.run);
    }
}

/// No more faults: whatever was begun must come to its end.
void Simulation::be_kind() {
    faults_ = false;
    world_.faults(false);
    for (int i = 0; i < 20'000 && !idle(); ++i) {
        for (Event& event : world_.take_news()) life_.inbox.push_back(std::move(event));
        for (auto& [id, asked] : asked_)
            if (!asked.sent) send(asked);
        cancel_hanging();
        turn_once();
        while (!life_.batches.empty()) commit_some();
        UtcTime const next = std::min(world_.next(), life_.engine->next_deadline());
        if (next != never && next > world_.now() && life_.inbox.empty()) world_.pass(next);
        else world_.pass(world_.now() + std::chrono::milliseconds(1));
    }
    if (!idle()) world_.violations.push_back({"liveness", "the world is kind, and not all has come to its end"});
}

SimulationResult Simulation::run() {
    faults_ = false;
    start_daemon();
    while (!life_.batches.empty()) commit_some();
    deploy();
    faults_ = true;
    for (int i = 0; i < options_.steps; ++i) survive([this] { act(); });
    zombie_.clear();
    be_kind();
    record_.check(world_);
    result_.violations = record_.violations;
    result_.violations.insert(result_.violations.end(), world_.violations.begin(), world_.violations.end());
    result_.runs = record_.runs().size();
    result_.journal_hash = record_.hash();
    return std::move(result_);
}

}  // namespace

SimulationResult simulate(SimulationOptions const& options) { return Simulation(options).run(); }

}  // namespace pawl::sim
