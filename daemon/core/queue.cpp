#include "daemon/core/queue.h"

namespace pawl {

QueueOrder QueueOrder::of(int priority, UtcTime since) {
    constexpr std::int64_t point = 60'000'000;  // a minute in microseconds
    return {since.time_since_epoch().count() - std::int64_t{priority} * point};
}

std::optional<SlotQueue::Entry> SlotQueue::next() const {
    if (waiting_.empty()) return std::nullopt;
    return *waiting_.begin();
}

void GroupQueue::leave(std::string const& name, Entry const& entry) {
    auto const found = groups_.find(name);
    if (found == groups_.end()) return;
    found->second.begun.erase(entry.run);
    found->second.queued.erase(entry);
    if (found->second.begun.empty() && found->second.queued.empty()) groups_.erase(found);
}

}  // namespace pawl
