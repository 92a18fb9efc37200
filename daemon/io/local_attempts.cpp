// Launches, adopts, classifies and stops attempts through their slots.
#include "daemon/io/local_attempts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/crash_point.h"
#include "daemon/io/sealed_spec.h"

namespace pawl {
namespace {

constexpr std::size_t made_max = 16;          // three descriptors each
constexpr int launches_max = 3;               // of one attempt whose shims die before they claim its slot
constexpr std::uint64_t retry_after_ms = 200;

/// Shortages that pass: the launch stays due.
bool may_pass(int error) {
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE || error == ENOBUFS || error == EINTR ||
           error == ETOOMANYREFS;
}

AttemptEnd end_of_kind(EndKind kind) {
    AttemptEnd end;
    end.kind = kind;
    return end;
}

Verdict verdict_of(VerdictKind kind) {
    Verdict verdict;
    verdict.kind = kind;
    return verdict;
}

AttemptEnd start_failure(std::string call, int error) {
    AttemptEnd end = end_of_kind(EndKind::start_failed);
    end.error_number = error;
    end.failed_call = std::move(call);
    end.ended_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    return end;
}

bool same(SlotReading const& a, SlotReading const& b) {
    return a.content == b.content && std::memcmp(&a.record, &b.record, sizeof a.record) == 0;
}

}  // namespace

/// An attempt that this daemon launched or adopted and whose end it has not told yet.
struct LocalAttempts::Live {
    enum class Hands : std::uint8_t { none, shim, stranger, worker };  ///< waiting; a shim of our pool; one of an earlier daemon; ours

    LocalAttempts* owner = nullptr;
    AttemptId attempt;
    RunId run;
    SlotRef slot;
    Hands hands = Hands::none;
    bool stop_asked = false;
    bool kill_now = false;  ///< without grace
    int launches = 0;
    std::string spec;  ///< encoded, kept until the end: the shim may die before it claims the slot
    UniqueFd holder;   ///< pidfd of a stranger
    UvHandle<uv_poll_t> poll;
    std::int64_t claimed = 0;  ///< of a worker: ns since 1970
};

Result<std::unique_ptr<LocalAttempts>> LocalAttempts::open(uv_loop_t& loop, AttemptEvents& events, LocalAttemptsOptions options) {
    Result<RunFiles> files = RunFiles::open(options.state_folder, options.state_path);
    if (!files) return files.error();
    return std::unique_ptr<LocalAttempts>(new LocalAttempts(loop, events, std::move(options), std::move(*files)));
}

LocalAttempts::LocalAttempts(uv_loop_t& loop, AttemptEvents& events, LocalAttemptsOptions options, RunFiles files)
    : loop_(loop),
      events_(events),
      options_(std::move(options)),
      files_(std::move(files)),
      epoch_(std::max<std::uint32_t>(options_.epoch, 1)),
      pool_(loop, {.shim_path = options_.shim_path, .idle_kept = options_.idle_shims_kept, .idle_time = options_.idle_shim_time}, *this),
      sweeper_(loop, [this](AttemptId attempt) {
          if (cgroups_) cgroups_->remove(attempt);
          events_.swept(attempt);
      }),
      retry_timer_(new uv_timer_t) {
    if (!options_.cgroup_folder) cgroups_ = AttemptCgroups::detect();
    else if (!options_.cgroup_folder->empty()) cgroups_ = AttemptCgroups::below(*options_.cgroup_folder);
    std::vector<std::uint32_t> const existing = list_tables(options_.state_folder);
    if (!existing.empty()) epoch_ = std::max(epoch_, existing.back() + 1);
    uv_timer_init(&loop_, retry_timer_.get());
    retry_timer_->data = this;
}

LocalAttempts::~LocalAttempts() = default;

// ---- slots ----

/// Before the first slot is handed out, so that a row never names a table that is not on disk: a missing table is damage, not "never started".
bool LocalAttempts::create_table() {
    Result<SlotTable> table = SlotTable::create(options_.state_folder, epoch_, options_.instance, options_.boot);
    if (table) tables_.emplace(epoch_, std::move(*table));
    return static_cast<bool>(table);
}

SlotRef LocalAttempts::allot() {
    if (next_slot_ > last_slot) {
        ++epoch_;
        next_slot_ = 1;
        PAWL_CRASH_POINT("table.rotated");
    }
    if (next_slot_ == 1) create_table();  // refused: launch() tries again, and tells
    return {epoch_, next_slot_++};
}

SlotTable const* LocalAttempts::table_of(std::uint32_t epoch) {
    if (auto const known = tables_.find(epoch); known != tables_.end()) return &known->second;
    Result<SlotTable> table = SlotTable::open(options_.state_folder, epoch, options_.instance);
    if (!table) return nullptr;
    return &tables_.emplace(epoch, std::move(*table)).first->second;
}

void LocalAttempts::delete_tables_except(std::span<std::uint32_t const> named) {
    for (std::uint32_t const epoch : list_tables(options_.state_folder)) {
        bool const live = std::ranges::any_of(live_, [&](auto const& entry) { return entry.second->slot.epoch == epoch; });
        if (epoch >= epoch_ || live || std::ranges::find(named, epoch) != named.end()) continue;
        SlotTable const* const table = table_of(epoch);
        if (table == nullptr || table->anyone_holds()) continue;  // a damaged one is kept for people to look at
        unlinkat(options_.state_folder, table_name(epoch).c_str(), 0);
        PAWL_CRASH_POINT("table.deleted");
        tables_.erase(epoch);
    }
}

// ---- what became of it ----

/// Record, lock, record: only when both readings are the same was nobody at work in between, and the free lock belongs to what was read.
Verdict LocalAttempts::judge(SlotTable const& table, AttemptId attempt, RunId run, std::uint32_t slot, bool stop_asked) const {
    SlotReading reading = table.read(slot);
    for (;;) {
        if (table.holder(slot) != 0) return verdict_of(VerdictKind::alive);
        SlotReading const again = table.read(slot);
        if (same(reading, again)) break;
        reading = again;
    }
    bool const this_boot = table.boot() == options_.boot && options_.boot != Uuid{};
    if (reading.content == SlotContent::empty) return verdict_of(this_boot ? VerdictKind::never_started : VerdictKind::lost);
    bool const ours = reading.content == SlotContent::record && reading.record.attempt == static_cast<std::uint64_t>(attempt.value);
    if (!ours || reading.record.state == PAWL_CLAIMED || reading.record.state == PAWL_STARTED) return verdict_of(VerdictKind::lost);
    Verdict verdict{.kind = VerdictKind::ended, .end = describe_end(reading.record, stop_asked)};
    bool const is_work = (reading.record.flags & PAWL_WORK) != 0;
    if (reading.record.state == PAWL_EXITED && run)
        verdict.end.outputs = files_.read_outputs(attempt, run, is_work ? report_bytes_max : outputs_bytes_max);
    if (is_work && verdict.end.kind == EndKind::exited && !verdict.end.outputs.ends_with('\n')) return verdict_of(VerdictKind::lost);  // no whole report
    return verdict;
}

Verdict LocalAttempts::classify(AttemptId attempt, RunId run, SlotRef slot) {
    SlotTable const* const table = table_of(slot.epoch);
    if (table == nullptr) return verdict_of(VerdictKind::lost);
    auto const live = live_.find(attempt);
    return judge(*table, attempt, run, slot.slot, live != live_.end() && live->second->stop_asked);
}

/// Asked when there is reason to think that it is over. Destroys `live` when it is.
void LocalAttempts::settle(Live& live) {
    Verdict const verdict = classify(live.attempt, live.run, live.slot);
    switch (verdict.kind) {
    case VerdictKind::alive:
        if (!live.poll) watch_holder(live);
        return;
    case VerdictKind::ended: report(live.attempt, verdict.end); return;
    case VerdictKind::lost: report(live.attempt, AttemptEnd{}); return;
    case VerdictKind::never_started: live.stop_asked ? revoke(live) : launch_again(live); return;
    }
}

void LocalAttempts::report(AttemptId attempt, AttemptEnd const& end) {
    if (cgroups_ && end.kind != EndKind::lost) cgroups_->remove(attempt);  // a lost one is swept first
    live_.erase(attempt);
    events_.ended(attempt, end);
}

// ---- launch ----

void LocalAttempts::launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) {
    if (live_.contains(attempt)) return;
    bool const missing = table_of(slot.epoch) == nullptr;
    if (missing && (slot.epoch != epoch_ || !create_table())) return report(attempt, start_failure("slot table", ENOENT));
    if (!spec.work.empty()) return launch_work(attempt, run, slot, spec);
    Made made;
    if (auto ready = made_.extract(attempt)) made = std::move(ready.mapped());
    else if (auto const error = make(attempt, run, spec, made)) return report(attempt, start_failure(error->call, error->number));
    auto live = std::make_unique<Live>();
    live->owner = this;
    live->attempt = attempt;
    live->run = run;
    live->slot = slot;
    live->spec = std::move(made.spec);
    Live& entry = *live_.emplace(attempt, std::move(live)).first->second;
    hand_over(entry, made.files, std::move(made.sealed));
}

/// An attempt whose rows are never committed leaves empty files behind: its number is given again, and they are that attempt's then.
void LocalAttempts::prepare(AttemptId attempt, RunId run, LaunchSpec const& spec) {
    if (!spec.work.empty() || made_.size() >= made_max || !files_.is_light(run, spec)) return;
    Made made;
    if (!make(attempt, run, spec, made)) made_.emplace(attempt, std::move(made));  // else launch() tries, and tells
}

std::optional<SysError> LocalAttempts::make(AttemptId attempt, RunId run, LaunchSpec const& spec, Made& made) {
    if (auto const error = files_.prepare(attempt, run, spec, made.files)) return error;
    made.files.env.push_back("PAWL_SOCKET=" + options_.socket_path);
    made.spec = encode_spec(attempt, spec, made.files.env);
    if (made.spec.empty()) return SysError{"spec", EINVAL};
    made.sealed = seal(made.spec);  // none: hand_over() tries again
    return std::nullopt;
}

void LocalAttempts::hand_over(Live& live, AttemptFiles const& files, UniqueFd spec) {
    if (!spec) spec = seal(live.spec);
    UniqueFd const cgroup = cgroups_ ? cgroups_->make(live.attempt) : UniqueFd();
    SlotTable const* const table = table_of(live.slot.epoch);
    int error = spec ? 0 : errno;
    if (table == nullptr) return report(live.attempt, start_failure("slot table", ENOENT));
    if (error == 0) {
        std::array<int, PAWL_FD_COUNT> const descriptors{spec.get(), table->fd(), files.log.get(), files.index.get(), cgroup.get()};
        error = pool_.launch(live.attempt, live.slot.epoch, live.slot.slot, {descriptors.data(), cgroup ? descriptors.size() : descriptors.size() - 1});
    }
    if (error == 0) {
        live.hands = Live::Hands::shim;
        ++live.launches;
    } else if (may_pass(error)) {
        live.hands = Live::Hands::none;
        retry_soon();
    } else {
        report(live.attempt, start_failure("posix_spawn", error));
    }
}

/// The claim is written before the work begins: after a crash an empty slot tells that it never did, a claim without an end that nobody knows.
void LocalAttempts::launch_work(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) {
    if (options_.workers == nullptr) return report(attempt, start_failure("worker", ENOSYS));
    if (!options_.workers->takes_orders()) return;
    AttemptFiles files;
    if (auto const error = files_.prepare(attempt, run, spec, files)) return report(attempt, start_failure(error->call, error->number));
    auto fresh = std::make_unique<Live>();
    Live& live = *fresh;
    live.owner = this;
    live.attempt = attempt;
    live.run = run;
    live.slot = slot;
    live_.emplace(attempt, std::move(fresh));
    SlotTable const* const table = table_of(slot.epoch);
    if (table->read(slot.slot).content != SlotContent::empty) return settle(live);  // launched before
    PAWL_CRASH_POINT("outbox.before.http");
    UniqueFd outputs = files_.open_report(attempt, run);
    if (!outputs) return report(attempt, start_failure("open outputs", errno));
    live.claimed = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    pawl_slot record{};
    record.state = PAWL_CLAIMED;
    record.flags = PAWL_WORK;
    record.attempt = static_cast<std::uint64_t>(attempt.value);
    record.claimed = live.claimed;
    if (!PAWL_MUTANT("work_not_claimed") && !table->write(slot.slot, record)) return report(attempt, start_failure("claim", EIO));
    live.hands = Live::Hands::worker;
    options_.workers->begin({.attempt = attempt, .request = spec.work, .timeout = spec.timeout, .log = std::move(files.log),
                             .index = std::move(files.index), .report = std::move(outputs)});
    PAWL_CRASH_POINT("outbox.after.http");
}

void LocalAttempts::work_ended(AttemptId attempt, WorkEnd const& end) {
    auto const found = live_.find(attempt);
    if (found == live_.end()) return;
    Live& live = *found->second;
    PAWL_CRASH_POINT("outbox.mark.http");
    pawl_slot record{};
    record.state = PAWL_EXITED;
    record.attempt = static_cast<std::uint64_t>(attempt.value);
    record.claimed = live.claimed;
    record.ended = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    record.ran = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(end.ran).count());
    record.flags = PAWL_WORK;
    if (end.kind == WorkEnd::Kind::timed_out) record.flags |= PAWL_TIMEOUT;
    if (end.kind == WorkEnd::Kind::stopped) record.flags |= PAWL_TERM;
    SlotTable const* const table = table_of(live.slot.epoch);
    if (table == nullptr || !table->write(live.slot.slot, record)) return report(attempt, AttemptEnd{});
    settle(live);
}

void LocalAttempts::launch_again(Live& live) {
    if (live.launches >= launches_max) return report(live.attempt, start_failure("claim", EAGAIN));
    AttemptFiles files;
    auto const error = files_.open_logs(live.attempt, live.run, files);
    if (!error) return hand_over(live, files, {});
    if (!may_pass(error->number)) return report(live.attempt, start_failure(error->call, error->number));
    live.hands = Live::Hands::none;
    retry_soon();
}

void LocalAttempts::retry_soon() {
    if (uv_is_active(reinterpret_cast<uv_handle_t*>(retry_timer_.get())) != 0) return;
    uv_timer_start(
        retry_timer_.get(),
        [](uv_timer_t* timer) {
            if (timer->data != nullptr) static_cast<LocalAttempts*>(timer->data)->retry();
        },
        retry_after_ms, 0);
}

bool LocalAttempts::is_held(Live const& live) {
    SlotTable const* const table = table_of(live.slot.epoch);
    return table != nullptr && table->holder(live.slot.slot) != 0;
}

void LocalAttempts::retry() {
    std::vector<AttemptId> due;
    bool strangers = false;
    for (auto const& [attempt, live] : live_) {
        strangers = strangers || live->hands == Live::Hands::stranger;
        if (live->hands == Live::Hands::none || (live->hands == Live::Hands::stranger && !is_held(*live))) due.push_back(attempt);
    }
    std::ranges::sort(due);
    if (strangers) retry_soon();
    for (AttemptId const attempt : due)
        if (auto const live = live_.find(attempt); live != live_.end()) settle(*live->second);
}

void LocalAttempts::shim_done(AttemptId attempt, std::uint32_t code) {
    auto const live = live_.find(attempt);
    if (live == live_.end()) return;
    if (code == PAWL_DONE_BAD_SPEC) return report(attempt, start_failure("spec", EBADMSG));
    live->second->hands = Live::Hands::none;
    settle(*live->second);
}

void LocalAttempts::shim_died(AttemptId attempt) {
    auto const live = live_.find(attempt);
    if (live == live_.end()) return;
    live->second->hands = Live::Hands::none;
    settle(*live->second);
}

// ---- adopt ----

void LocalAttempts::adopt(AttemptId attempt, RunId run, SlotRef slot) {
    if (live_.contains(attempt)) return;
    PAWL_CRASH_POINT("attempts.adopting");
    auto live = std::make_unique<Live>();
    live->owner = this;
    live->attempt = attempt;
    live->run = run;
    live->slot = slot;
    settle(*live_.emplace(attempt, std::move(live)).first->second);
}

/// The holder's number, a descriptor of it, and the number again: while the slot is locked the number cannot go to somebody else, so the same
/// answer twice means that the descriptor is the holder.
void LocalAttempts::watch_holder(Live& live) {
    live.hands = Live::Hands::stranger;
    retry_soon();  // it may release the slot and live on: the lock is asked now and then
    SlotTable const* const table = table_of(live.slot.epoch);
    pid_t const pid = table == nullptr ? 0 : table->holder(live.slot.slot);
    UniqueFd holder(pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1);
    auto poll = std::make_unique<uv_poll_t>();
    bool const certain = holder && table->holder(live.slot.slot) == pid;
    if (!certain || uv_poll_init(&loop_, poll.get(), holder.get()) != 0) return;  // it just ended, or descriptors are short: the timer looks again
    live.poll.reset(poll.release());
    live.holder = std::move(holder);
    live.poll->data = &live;
    uv_poll_start(live.poll.get(), UV_READABLE, [](uv_poll_t* handle, int, int) {
        auto* const gone = static_cast<Live*>(handle->data);
        if (gone == nullptr) return;
        gone->poll.reset();
        gone->holder.reset();
        gone->hands = Live::Hands::none;
        gone->owner->settle(*gone);
    });
    if (live.stop_asked) signal_holder(live);
}

// ---- stop ----

void LocalAttempts::stop(AttemptId attempt, SlotRef slot, bool now) {
    if (!live_.contains(attempt)) {
        auto fresh = std::make_unique<Live>();
        fresh->owner = this;
        fresh->attempt = attempt;
        fresh->slot = slot;
        live_.emplace(attempt, std::move(fresh));
    }
    Live& live = *live_.at(attempt);
    live.stop_asked = true;
    live.kill_now = live.kill_now || now;
    switch (live.hands) {
    case Live::Hands::shim: pool_.stop(attempt, now); return;
    case Live::Hands::stranger: signal_holder(live); return;
    case Live::Hands::none: settle(live); return;
    case Live::Hands::worker: options_.workers->cancel(attempt); return;
    }
}

/// Nobody holds the slot and nobody ever did: VOID keeps it so, even for a launch of an earlier daemon that is still under way.
void LocalAttempts::revoke(Live& live) {
    SlotTable const* const table = table_of(live.slot.epoch);
    auto const attempt = static_cast<std::uint64_t>(live.attempt.value);
    switch (table == nullptr ? SlotTable::Revoked::failed : table->revoke(live.slot.slot, attempt)) {
    case SlotTable::Revoked::yes: report(live.attempt, end_of_kind(EndKind::stopped)); return;
    case SlotTable::Revoked::held:    // somebody was faster: it runs, or has run
    case SlotTable::Revoked::used:
    case SlotTable::Revoked::failed:  // not now
        live.hands = Live::Hands::none;
        retry_soon();
        return;
    }
}

/// An orphan hears signals only: TERM to stop, USR1 to stop without grace, CONT because a stopped shim would hear neither. Never KILL: it has a
/// record to write.
void LocalAttempts::signal_holder(Live const& live) {
    if (!live.holder) return;  // watch_holder() does it as soon as it has one
    syscall(SYS_pidfd_send_signal, live.holder.get(), live.kill_now ? SIGUSR1 : SIGTERM, nullptr, 0);
    syscall(SYS_pidfd_send_signal, live.holder.get(), SIGCONT, nullptr, 0);
}

void LocalAttempts::sweep(AttemptId attempt, SlotRef /*slot*/, std::string const& cookie) {
    if (cgroups_ && !PAWL_MUTANT("no_sweep")) cgroups_->kill(attempt);
    sweeper_.add(attempt, cookie);
}

}  // namespace pawl
