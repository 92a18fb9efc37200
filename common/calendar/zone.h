// One time zone as tzdata describes it: which offset from UTC holds at an instant. Reads the TZif format of RFC 8536; knows no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/calendar/yearly_rule.h"

namespace pawl::calendar {

class Zone {
public:
    /// The bytes of a TZif file, version 2 or later. Empty when they are none, or count leap seconds (the "right" zones).
    static std::optional<Zone> parse(std::string_view tzif);
    /// Seconds east of Greenwich. Beyond the last change of the file its yearly rule goes on.
    int utc_offset_seconds(std::int64_t unix_seconds) const;

private:
    struct Change {
        std::int64_t at = 0;  ///< unix seconds
        int offset = 0;       ///< from then on
    };
    std::vector<Change> changes_;  ///< in order of time
    int first_offset_ = 0;         ///< before the first change
    std::optional<YearlyRule> rule_;
};

}  // namespace pawl::calendar
