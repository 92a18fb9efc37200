// Who comes next: steps that wait for a slot, and runs that wait for their concurrency group. Orders and sets, made from live rows at
// start-up; nothing here is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/flow/plan.h"

namespace pawl {

/// Higher priority first, then who waits longest; each minute of waiting counts as one point of priority, so that nobody waits for ever.
/// Two that wait never change places, therefore the order needs no clock.
struct QueueOrder {
    std::int64_t key = 0;  ///< smaller is sooner
    static QueueOrder of(int priority, UtcTime since);
    auto operator<=>(QueueOrder const&) const = default;
};

/// Steps ready to be launched.
class SlotQueue {
public:
    struct Entry {
        QueueOrder order;
        RunId run;
        flow::StepIndex step = 0;
        auto operator<=>(Entry const&) const = default;
    };
    void add(Entry const& entry) { waiting_.insert(entry); }
    void remove(Entry const& entry) { waiting_.erase(entry); }
    std::optional<Entry> next() const;  ///< stays in the queue until removed
    std::size_t size() const { return waiting_.size(); }

private:
    std::set<Entry> waiting_;
};

/// Runs of concurrency groups.
class GroupQueue {
public:
    struct Entry {
        QueueOrder order;
        RunId run;
        auto operator<=>(Entry const&) const = default;
    };
    struct Group {
        std::set<RunId> begun;      ///< begun and not ended
        std::set<Entry> queued;
    };
    Group& group(std::string const& name) { return groups_[name]; }
    void begin(std::string const& name, RunId run) { groups_[name].begun.insert(run); }
    void enqueue(std::string const& name, Entry const& entry) { groups_[name].queued.insert(entry); }
    /// The run is no longer in the group, neither begun nor queued. Empty groups are forgotten.
    void leave(std::string const& name, Entry const& entry);

private:
    std::map<std::string, Group, std::less<>> groups_;
};

}  // namespace pawl
