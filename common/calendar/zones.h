// The zones of this machine by name: reads tzdata's files when they are asked for, and keeps what was read. Threads may share it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/calendar/zone.h"
#include "common/cel/program.h"

namespace pawl::calendar {

class Zones final : public cel::ZoneResolver {
public:
    explicit Zones(std::string folder = "/usr/share/zoneinfo") : folder_(std::move(folder)) {}

    /// Null for a name that tzdata does not have. Valid as long as this.
    Zone const* find(std::string_view name) const;
    std::optional<int> utc_offset_seconds(std::string_view zone, std::int64_t unix_seconds) const override;

private:
    std::string folder_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Zone, std::less<>> zones_;  // nodes stay where they are
};

}  // namespace pawl::calendar
