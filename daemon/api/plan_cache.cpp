#include "daemon/api/plan_cache.h"

#include <utility>

namespace pawl::api {

std::shared_ptr<flow::Plan const> PlanCache::find(VersionId version) {
    auto const found = by_version_.find(version);
    if (found == by_version_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->plan;
}

void PlanCache::put(VersionId version, std::shared_ptr<flow::Plan const> plan) {
    if (find(version)) return;
    entries_.push_front({version, std::move(plan)});
    by_version_[version] = entries_.begin();
    if (entries_.size() <= plans_max_) return;
    by_version_.erase(entries_.back().version);
    entries_.pop_back();
}

}  // namespace pawl::api
