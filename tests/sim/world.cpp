#include "tests/sim/world.h"

#include <algorithm>

namespace pawl::sim {
namespace {

std::pair<std::uint32_t, std::uint32_t> key_of(SlotRef slot) { return {slot.epoch, slot.slot}; }

}  // namespace

SlotRef World::allot() { return {epoch_, next_slot_++}; }

void World::launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) {
    Duration const delay = std::chrono::milliseconds(random_.between(0, faults_ ? 400 : 5));
    launches_.push_back({now_ + delay, attempt, run, spec.step, slot, spec.timeout});
}

void World::stop(AttemptId attempt, SlotRef slot, bool) {
    auto const found = started_.find(key_of(slot));
    if (found == started_.end()) {
        voided_[key_of(slot)] = attempt;
        tell(AttemptEnded{attempt, AttemptEnd{.kind = EndKind::stopped, .ended_at = now_}}, 50);
        return;
    }
    Process& process = found->second;
    if (process.attempt != attempt) return;
    process.watched = true;
    if (process.over) return tell(AttemptEnded{attempt, process.end}, 50);
    if (process.stopping) return;
    process.stopping = true;
    if (process.ends_at != never && random_.chance(150)) return;  // it ends by itself just now, before the signal
    process.end = AttemptEnd{.kind = EndKind::stopped, .signal = 15};
    process.ends_at = std::min(process.ends_at, now_ + std::chrono::milliseconds(random_.between(1, 500)));
}

Verdict World::classify(AttemptId attempt, RunId, SlotRef slot) {
    auto const found = started_.find(key_of(slot));
    if (found == started_.end()) {
        if (voided_.contains(key_of(slot))) return {VerdictKind::ended, AttemptEnd{.kind = EndKind::stopped, .ended_at = now_}};
        return {VerdictKind::never_started, {}};
    }
    Process const& process = found->second;
    if (process.attempt != attempt) return {VerdictKind::lost, {}};
    if (!process.over) return {VerdictKind::alive, {}};
    if (process.lost) return {VerdictKind::lost, {}};
    return {VerdictKind::ended, process.end};
}

void World::adopt(AttemptId attempt, RunId, SlotRef slot) {
    auto const found = started_.find(key_of(slot));
    if (found == started_.end() || found->second.attempt != attempt) return;
    Process& process = found->second;
    process.watched = true;
    if (process.over) tell(AttemptEnded{attempt, process.end}, 50);
}

void World::sweep(AttemptId attempt, SlotRef slot, std::string const&) {
    if (auto const found = started_.find(key_of(slot)); found != started_.end()) found->second.swept = true;
    tell(AttemptSwept{attempt}, 300);
}

AttemptEnd World::random_end() {
    std::uint64_t const dice = random_.below(100);
    if (dice < 72) return {.kind = EndKind::exited};
    if (dice < 90) return {.kind = EndKind::exited, .exit_code = static_cast<int>(random_.between(1, 3))};
    if (dice < 95) return {.kind = EndKind::signalled, .signal = 9};
    if (dice < 98) return {.kind = EndKind::start_failed, .error_number = 2, .failed_call = "execve"};
    return {.kind = EndKind::timed_out, .signal = 15};
}

void World::arrive(Message const& message) {
    Key const key = key_of(message.slot);
    if (voided_.contains(key)) return;
    auto const found = started_.find(key);
    if (found == started_.end()) return start(message);
    // The slot is claimed already: the shim refuses, and the daemon looks what the record says.
    found->second.watched = true;
    if (found->second.over) tell(AttemptEnded{message.attempt, found->second.end}, 50);
}

void World::start(Message const& message) {
    Process process{.attempt = message.attempt, .run = message.run, .step = message.step, .slot = message.slot};
    process.watched = true;
    process.end = random_end();
    process.ends_at = now_ + std::chrono::milliseconds(random_.between(1, 4000));
    if (random_.chance(60)) process.ends_at = never;  // hangs, until it is stopped or timed out
    if (process.end.kind == EndKind::start_failed) process.ends_at = now_;
    if (message.timeout && now_ + *message.timeout < process.ends_at) {
        process.ends_at = now_ + *message.timeout;
        process.end = AttemptEnd{.kind = EndKind::timed_out, .signal = 15};
    }
    if (before_exec) before_exec(process);
    if (++execs_[process.attempt] > 1)
        violations.push_back({"exec_once", "attempt " + std::to_string(process.attempt.value) + " was started twice"});
    for (auto const& [key, other] : started_) {
        bool const same_step = other.run == process.run && other.step == process.step;
        if (same_step && !other.over)
            violations.push_back({"one_attempt_a_step", "attempts " + std::to_string(other.attempt.value) + " and " +
                                                            std::to_string(process.attempt.value) + " of one step lived together"});
        if (same_step && other.lost && !other.swept)
            violations.push_back({"swept_before_retry", "attempt " + std::to_string(process.attempt.value) + " began before the sweep"});
    }
    started_[key_of(message.slot)] = process;
}

void World::end(Process& process) {
    process.over = true;
    bool const killed_shim = faults_ && random_.chance(40) && process.end.kind != EndKind::start_failed;
    if (killed_shim) {
        process.lost = true;
        process.end = AttemptEnd{.kind = EndKind::lost};
    }
    process.end.ended_at = now_;
    if (!process.watched) return;
    tell(AttemptEnded{process.attempt, process.end}, 200);
    if (faults_ && random_.chance(100)) tell(AttemptEnded{process.attempt, process.end}, 3000);  // told twice
}

void World::tell(Event event, std::int64_t ms_max) {
    Duration const delay = std::chrono::milliseconds(faults_ ? random_.between(0, ms_max) : 0);
    news_.push_back({now_ + delay, std::move(event)});
}

UtcTime World::next() const {
    UtcTime earliest = never;
    for (Message const& message : launches_) earliest = std::min(earliest, message.at);
    for (News const& news : news_) earliest = std::min(earliest, news.at);
    for (auto const& [key, process] : started_)
        if (!process.over) earliest = std::min(earliest, process.ends_at);
    return earliest;
}

void World::pass(UtcTime until) {
    for (;;) {
        UtcTime earliest = never;
        for (Message const& message : launches_) earliest = std::min(earliest, message.at);
        for (auto const& [key, process] : started_)
            if (!process.over) earliest = std::min(earliest, process.ends_at);
        if (earliest == never || earliest > until) break;
        now_ = std::max(now_, earliest);
        auto const message = std::ranges::find_if(launches_, [&](Message const& m) { return m.at <= now_; });
        if (message != launches_.end()) {
            Message const arrived = *message;
            launches_.erase(message);
            arrive(arrived);
            continue;
        }
        for (auto& [key, process] : started_)
            if (!process.over && process.ends_at <= now_) end(process);
    }
    now_ = std::max(now_, until);
}

std::vector<Event> World::take_news() {
    std::vector<Event> events;
    std::erase_if(news_, [&](News& news) {
        if (news.at > now_) return false;
        events.push_back(std::move(news.event));
        return true;
    });
    return events;
}

void World::daemon_died() {
    news_.clear();
    for (auto& [key, process] : started_) process.watched = false;
    ++epoch_;
    next_slot_ = 1;
}

std::size_t World::running() const {
    return static_cast<std::size_t>(std::ranges::count_if(started_, [](auto const& entry) { return !entry.second.over; }));
}

bool World::anything_of(RunId run) const {
    return std::ranges::any_of(started_, [&](auto const& entry) {
        Process const& process = entry.second;
        return process.run == run && (!process.over || (process.lost && !process.swept));
    });
}

std::vector<Process> World::hanging() const {
    std::vector<Process> processes;
    for (auto const& [key, process] : started_)
        if (!process.over && process.ends_at == never) processes.push_back(process);
    return processes;
}

Process const* World::process_of(AttemptId attempt) const {
    for (auto const& [key, process] : started_)
        if (process.attempt == attempt) return &process;
    return nullptr;
}

}  // namespace pawl::sim
