// The world a simulated daemon lives in: a clock, and shims with processes that outlive every crash of the daemon.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/attempts.h"
#include "daemon/core/event.h"
#include "tests/sim/random.h"

namespace pawl::sim {

/// What the world saw that must never be. Said by name, so that a mutant can be asked for the checker that caught it.
struct Violation {
    std::string checker;
    std::string what;
};

/// One started command. `slot` is its record: it tells a later daemon what became of it.
struct Process {
    AttemptId attempt;
    RunId run;
    std::uint32_t step = 0;
    SlotRef slot;
    UtcTime ends_at{};
    AttemptEnd end;
    bool over = false;       ///< its record (or, when lost, its death) is there
    bool lost = false;       ///< its shim was killed: no record, and descendants are left until a sweep
    bool swept = false;
    bool watched = false;    ///< the living daemon hears of its end
    bool stopping = false;
};

class World final : public Attempts {
public:
    World(Random& random, UtcTime start) : random_(random), now_(start) {}

    // The daemon's side. All but classify() act later, through messages that a crash of the daemon does not recall.
    SlotRef allot() override;
    void launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) override;
    void stop(AttemptId attempt, SlotRef slot, bool now = false) override;
    Verdict classify(AttemptId attempt, RunId run, SlotRef slot) override;
    void adopt(AttemptId attempt, RunId run, SlotRef slot) override;
    void sweep(AttemptId attempt, SlotRef slot, std::string const& cookie) override;

    // The simulation's side.
    UtcTime now() const { return now_; }
    /// Lets time pass until `until`: launches arrive, processes end, shims are killed.
    void pass(UtcTime until);
    /// When something happens next by itself; `never` if nothing will.
    UtcTime next() const;
    /// What the daemon is told; emptied.
    std::vector<Event> take_news();
    /// The daemon has died: nobody watches, nothing told is remembered. The next one starts a new slot table.
    void daemon_died();
    void faults(bool on) { faults_ = on; }

    std::size_t running() const;
    bool anything_of(RunId run) const;  ///< a process or an unswept remnant
    std::vector<Process> hanging() const;  ///< those that end only when they are stopped
    Process const* process_of(AttemptId attempt) const;

    std::vector<Violation> violations;
    /// Told before a command is started: the simulation checks that its row is committed.
    std::function<void(Process const&)> before_exec;

private:
    using Key = std::pair<std::uint32_t, std::uint32_t>;
    struct Message {
        UtcTime at{};
        AttemptId attempt;
        RunId run;
        std::uint32_t step = 0;
        SlotRef slot;
        std::optional<Duration> timeout;
    };
    struct News {
        UtcTime at{};
        Event event;
    };
    void arrive(Message const& message);
    void start(Message const& message);
    void end(Process& process);
    void tell(Event event, std::int64_t ms_max);
    AttemptEnd random_end();

    Random& random_;
    UtcTime now_;
    bool faults_ = true;
    std::uint32_t epoch_ = 1, next_slot_ = 1;
    std::map<Key, Process> started_;         ///< by slot
    std::map<Key, AttemptId> voided_;
    std::map<AttemptId, int> execs_;
    std::vector<Message> launches_;
    std::vector<News> news_;
};

}  // namespace pawl::sim
