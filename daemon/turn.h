// One turn of the wheel: events in, one batch to the store, effects out once it is committed. The order is the promise: nobody is
// answered and nothing is started before the rows that say so are durable.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "daemon/core/engine.h"

namespace pawl {

class Turn {
public:
    /// `submit` hands a batch to the store; `perform` does one effect; `prepare` hears of it while its batch is on the way to the disk, and may
    /// do what nobody sees. All are called on the caller's thread, from run() and committed().
    Turn(Engine& engine, std::function<void(Batch)> submit, std::function<void(Effect&)> perform,
         std::function<void(Effect const&)> prepare = [](Effect const&) {});

    void run(std::vector<Event> const& events, UtcTime now);
    /// Every batch up to `through` is durable.
    void committed(std::uint64_t through);
    /// Batches that are not durable yet: who feeds the turn waits when there are too many.
    std::size_t in_flight() const { return in_flight_; }

private:
    struct Pending {
        std::uint64_t batch = 0;  ///< the effects may happen once this one is durable
        std::vector<Effect> effects;
    };
    void perform_at_once(std::vector<Effect>& effects);
    void perform_all(std::vector<Effect>& effects);

    Engine& engine_;
    std::function<void(Batch)> submit_;
    std::function<void(Effect&)> perform_;
    std::function<void(Effect const&)> prepare_;
    std::deque<Pending> pending_;
    std::uint64_t submitted_ = 0, committed_ = 0;
    std::size_t in_flight_ = 0;
};

}  // namespace pawl
