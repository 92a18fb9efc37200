#include "daemon/performer.h"

#include <utility>

#include "common/base/crash_point.h"

namespace pawl {

void Performer::connect(Api* api) {
    api_ = api;
    for (LoadPlan const& wanted : std::exchange(plans_wanted_, {})) on(wanted);
}

void Performer::perform(Effect const& effect) {
    std::visit([this](auto const& what) { on(what); }, effect);
}

void Performer::prepare(Effect const& effect) {
    if (auto const* launch = std::get_if<Launch>(&effect)) attempts_.prepare(launch->attempt, launch->run, launch->spec);
}

void Performer::on(Launch const& launch) {
    PAWL_CRASH_POINT("outbox.before.launch");
    attempts_.launch(launch.attempt, launch.run, launch.slot, launch.spec);
    PAWL_CRASH_POINT("outbox.after.launch");
}

void Performer::on(StopAttempt const& stop) {
    PAWL_CRASH_POINT("outbox.before.stop");
    attempts_.stop(stop.attempt, stop.slot, stop.now);
    PAWL_CRASH_POINT("outbox.after.stop");
}

void Performer::on(AdoptAttempt const& adopt) { attempts_.adopt(adopt.attempt, adopt.run, adopt.slot); }
void Performer::on(SweepAttempt const& sweep) { attempts_.sweep(sweep.attempt, sweep.slot, sweep.cookie); }

void Performer::on(LoadPlan const& wanted) {
    if (api_ != nullptr) api_->load_plan(wanted);
    else plans_wanted_.push_back(wanted);
}

void Performer::on(Reply const& reply) {
    PAWL_CRASH_POINT("reply.before");
    if (api_ != nullptr) api_->perform(reply);
}

void Performer::on(RunChanged const& changed) {
    if (api_ != nullptr) api_->run_changed(changed);
}

}  // namespace pawl
