// The rule that a zone follows from now on, as POSIX writes it in TZ: "CET-1CEST,M3.5.0,M10.5.0/3".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::calendar {

class YearlyRule {
public:
    /// POSIX.1-2017 section 8.3 with the longer times of RFC 8536. Empty when it is none.
    static std::optional<YearlyRule> parse(std::string_view text);
    int utc_offset_seconds(std::int64_t unix_seconds) const;

private:
    /// A day of every year, and the local time of the change on it.
    struct Day {
        enum class Kind : std::uint8_t { month_week, julian, zero_based } kind = Kind::month_week;
        int month = 1, week = 1, weekday = 0;  ///< week 5 is the last one of the month; Sunday is 0
        int number = 0;                        ///< julian: 1 to 365 without 29 February; zero_based: 0 to 365 with it
        int seconds = 7200;
        std::int64_t at(std::int64_t year) const;  ///< unix seconds, as if local time were UTC
    };
    friend class RuleReader;

    int standard_ = 0;
    int summer_ = 0;
    bool has_summer_ = false;
    Day begin_, end_;  ///< of summer time
};

}  // namespace pawl::calendar
