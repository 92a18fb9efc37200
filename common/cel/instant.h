// Timestamps and durations with nanoseconds, as CEL has them: years 1 to 9999, spans up to 10,000 years. UTC and fixed offsets only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::cel {

/// Seconds and nanoseconds, kept so that 0 <= nanos < 1e9 also for negative spans. As a timestamp: since 1970-01-01T00:00:00Z.
struct Instant {
    std::int64_t seconds = 0;
    std::int32_t nanos = 0;
    auto operator<=>(Instant const&) const = default;
};

inline constexpr std::int64_t timestamp_seconds_min = -62'135'596'800;  ///< 0001-01-01T00:00:00Z
inline constexpr std::int64_t timestamp_seconds_max = 253'402'300'799;  ///< 9999-12-31T23:59:59Z
inline constexpr std::int64_t duration_seconds_max = 315'576'000'000;   ///< 10,000 years

bool is_timestamp(Instant value);
bool is_duration(Instant value);

/// Sums never overflow for values in range; the caller checks the range of the result.
Instant add(Instant a, Instant b);
Instant subtract(Instant a, Instant b);
Instant negate(Instant a);

/// RFC 3339 with up to nine digits of fraction and any offset. Empty when it is none, or out of range.
std::optional<Instant> parse_timestamp(std::string_view text);
/// "2026-11-24T17:20:12.5Z": as many digits of fraction as needed.
std::string format_timestamp(Instant value);
/// A sign, then numbers with the units h m s ms us ns. Empty when it is none, or out of range.
std::optional<Instant> parse_span(std::string_view text);
/// Seconds with the fraction they need: "5400s", "-1.5s".
std::string format_span(Instant value);
/// "+02:00", "-05:30", "02:00", "UTC", "Z" or nothing: seconds east of Greenwich. Empty when it is no fixed offset.
std::optional<int> parse_offset(std::string_view text);

/// Days since 1970-01-01 of a proleptic Gregorian date; months and days count from 1.
std::int64_t days_from_civil(std::int64_t year, int month, int day);

/// A point in time as a calendar shows it.
struct CivilTime {
    std::int64_t year = 1970;
    int month = 1;         ///< 1 to 12
    int day = 1;           ///< 1 to 31
    int day_of_year = 0;   ///< from 0
    int day_of_week = 4;   ///< Sunday is 0
    int hour = 0, minute = 0, second = 0;
};
/// `unix_seconds` already moved into the zone.
CivilTime civil_time(std::int64_t unix_seconds);

}  // namespace pawl::cel
