// Instants and spans. UTC only: what a zone has to say is the business of common/calendar.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace pawl {

/// Engine time: microseconds, stored as int64 since 1970-01-01T00:00:00Z. CEL's own timestamps have nanoseconds and years 1 to 9999.
using Duration = std::chrono::microseconds;
using UtcTime = std::chrono::sys_time<Duration>;

inline constexpr UtcTime never = UtcTime::max();

/// RFC 3339 in UTC with milliseconds: "2026-11-24T17:20:12.123Z".
std::string format_utc(UtcTime time);
/// RFC 3339 with any offset; fractions beyond microseconds are cut. Empty when it is not a timestamp.
std::optional<UtcTime> parse_utc(std::string_view text);

/// The grammar of CEL's duration(): a sign, then numbers with the units h m s ms us ns ("1h30m", "1.5s"). Fails without a unit,
/// on `d`, and beyond ±10,000 years. The error has no place; the caller adds it.
Result<Duration> parse_duration(std::string_view text);
/// The shortest text that parse_duration reads back: "1h30m", "2m0.5s", "0s".
std::string format_duration(Duration duration);

}  // namespace pawl
