// Times and spans for people: local wall clock, short durations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace pawl::cli {

/// "0.4s", "9.9s", "0:31", "2:10", "1:02:03", "3d 04:05".
std::string span_text(Duration span);
std::string span_text_ms(std::int64_t milliseconds);
/// "02:31:07" today, "11-23 02:31" this year, else "2025-11-23"; local time. `now` decides which. Empty stays empty.
std::string local_text(std::string_view utc, UtcTime now);
/// "2026-11-24 02:31:07 +01:00": all of it, local.
std::string local_full_text(std::string_view utc);
/// "02:31:07", local: for log lines.
std::string local_clock(UtcTime time);
/// A point in time or a span back from `now`: RFC 3339, a date, "90m", "7d" (a day is 24 h here). Empty when it is neither.
std::optional<UtcTime> parse_since(std::string_view text, UtcTime now);

}  // namespace pawl::cli
