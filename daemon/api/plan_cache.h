// Compiled plans of stored versions, the most recently used ones. A version never changes, so an entry is never stale.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>

#include "common/base/ids.h"
#include "common/flow/plan.h"

namespace pawl::api {

class PlanCache {
public:
    explicit PlanCache(std::size_t plans_max = 256) : plans_max_(plans_max) {}
    std::shared_ptr<flow::Plan const> find(VersionId version);  ///< null when it is not there
    void put(VersionId version, std::shared_ptr<flow::Plan const> plan);
    std::size_t size() const { return by_version_.size(); }

private:
    struct Entry {
        VersionId version;
        std::shared_ptr<flow::Plan const> plan;
    };
    std::size_t plans_max_;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<VersionId, std::list<Entry>::iterator> by_version_;
};

}  // namespace pawl::api
