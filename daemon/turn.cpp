#include "daemon/turn.h"

#include "common/base/crash_point.h"

namespace pawl {

Turn::Turn(Engine& engine, std::function<void(Batch)> submit, std::function<void(Effect&)> perform, std::function<void(Effect const&)> prepare)
    : engine_(engine), submit_(std::move(submit)), perform_(std::move(perform)), prepare_(std::move(prepare)) {}

void Turn::run(std::vector<Event> const& events, UtcTime now) {
    PAWL_CRASH_POINT("turn.taken");
    for (Event const& event : events) engine_.apply(event, now);
    Decided decided = engine_.take(now);
    PAWL_CRASH_POINT("turn.decided");
    if (PAWL_MUTANT("effect_before_commit")) perform_all(decided.effects);
    perform_at_once(decided.effects);
    if (!decided.batch.empty()) {
        submitted_ = decided.batch.number;
        ++in_flight_;
        pending_.push_back({submitted_, std::move(decided.effects)});
        submit_(std::move(decided.batch));
        for (Effect const& effect : pending_.back().effects) prepare_(effect);
        PAWL_CRASH_POINT("turn.prepared");
    } else if (committed_ < submitted_) {
        // Nothing new to store, but what is told may rest on a batch still under way (a repeated request, say).
        pending_.push_back({submitted_, std::move(decided.effects)});
    } else {
        perform_all(decided.effects);
    }
}

void Turn::committed(std::uint64_t through) {
    while (!pending_.empty() && pending_.front().batch <= through) {
        Pending ready = std::move(pending_.front());
        pending_.pop_front();
        if (ready.batch > committed_) {
            committed_ = ready.batch;
            --in_flight_;
        }
        perform_all(ready.effects);
    }
}

void Turn::perform_at_once(std::vector<Effect>& effects) {
    std::erase_if(effects, [this](Effect& effect) {
        auto const* reply = std::get_if<Reply>(&effect);
        if (reply == nullptr || !reply->at_once) return false;
        perform_(effect);
        return true;
    });
}

void Turn::perform_all(std::vector<Effect>& effects) {
    for (Effect& effect : effects) perform_(effect);
    effects.clear();
}

}  // namespace pawl
