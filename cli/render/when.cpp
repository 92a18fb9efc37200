// The one place of the client that asks the C library for the local zone.
#include "cli/render/when.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace pawl::cli {
namespace {

std::tm local_parts(UtcTime time) {
    std::time_t const seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return parts;
}

std::string formatted(std::tm const& parts, char const* format) {
    std::array<char, 64> buffer{};
    auto const length = std::strftime(buffer.data(), buffer.size(), format, &parts);
    return {buffer.data(), length};
}

}  // namespace

std::string span_text(Duration span) {
    using namespace std::chrono;
    if (span < Duration::zero()) span = Duration::zero();
    std::array<char, 48> buffer{};
    auto const tenths = duration_cast<milliseconds>(span).count() / 100;
    auto const whole = static_cast<long long>(duration_cast<seconds>(span).count());
    if (tenths < 100) {
        std::snprintf(buffer.data(), buffer.size(), "%lld.%llds", static_cast<long long>(tenths / 10), static_cast<long long>(tenths % 10));
    } else if (whole < 3600) {
        std::snprintf(buffer.data(), buffer.size(), "%lld:%02lld", whole / 60, whole % 60);
    } else if (whole < 86'400) {
        std::snprintf(buffer.data(), buffer.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        std::snprintf(buffer.data(), buffer.size(), "%lldd %02lld:%02lld", whole / 86'400, whole / 3600 % 24, whole / 60 % 60);
    }
    return buffer.data();
}

std::string span_text_ms(std::int64_t milliseconds) { return span_text(std::chrono::milliseconds(milliseconds)); }

std::string local_text(std::string_view utc, UtcTime now) {
    auto const time = parse_utc(utc);
    if (!time) return std::string(utc);
    auto const then = local_parts(*time);
    auto const today = local_parts(now);
    if (then.tm_year != today.tm_year) return formatted(then, "%Y-%m-%d");
    if (then.tm_yday != today.tm_yday) return formatted(then, "%m-%d %H:%M");
    return formatted(then, "%H:%M:%S");
}

std::string local_full_text(std::string_view utc) {
    auto const time = parse_utc(utc);
    if (!time) return std::string(utc);
    auto const parts = local_parts(*time);
    auto zone = formatted(parts, "%z");
    if (zone.size() == 5) zone.insert(3, ":");
    return formatted(parts, "%Y-%m-%d %H:%M:%S ") + zone;
}

std::string local_clock(UtcTime time) { return formatted(local_parts(time), "%H:%M:%S"); }

std::optional<UtcTime> parse_since(std::string_view text, UtcTime now) {
    if (auto const time = parse_utc(text)) return time;
    if (text.size() == 10 && text[4] == '-') return parse_utc(std::string(text) + "T00:00:00Z");
    if (!text.empty() && text.back() == 'd') {
        auto const hours = parse_duration(std::string(text.substr(0, text.size() - 1)) + "h");
        return hours ? std::optional(now - *hours * 24) : std::nullopt;
    }
    auto const span = parse_duration(text);
    return span ? std::optional(now - *span) : std::nullopt;
}

}  // namespace pawl::cli
