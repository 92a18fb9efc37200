// Does what the engine asked for, once it is committed: the outbox's other end.
#pragma once

#include <vector>

#include "daemon/api/api.h"
#include "daemon/core/attempts.h"
#include "daemon/core/effect.h"

namespace pawl {

class Performer {
public:
    explicit Performer(Attempts& attempts) : attempts_(attempts) {}
    /// Replies and news go nowhere until there is an API; plans are asked for when there is one; launches and stops do not wait for it.
    void connect(Api* api);
    void perform(Effect const& effect);
    /// While the effect waits for its commit: nothing of it may be seen yet.
    void prepare(Effect const& effect);

private:
    void on(Launch const& launch);
    void on(StopAttempt const& stop);
    void on(AdoptAttempt const& adopt);
    void on(SweepAttempt const& sweep);
    void on(LoadPlan const& wanted);
    void on(Reply const& reply);
    void on(RunChanged const& changed);

    Attempts& attempts_;
    Api* api_ = nullptr;
    std::vector<LoadPlan> plans_wanted_;  ///< before there was an API
};

}  // namespace pawl
