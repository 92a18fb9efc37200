// The arithmetic, reading and writing of instants and spans.
#include "common/cel/instant.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace pawl::cel {
namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Instant normalized(std::int64_t seconds, std::int64_t nanos) {
    seconds += nanos / nanos_per_second;
    nanos %= nanos_per_second;
    if (nanos < 0) {
        nanos += nanos_per_second;
        --seconds;
    }
    return {seconds, static_cast<std::int32_t>(nanos)};
}

bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in_month(std::int64_t year, int month) {
    static constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// Takes exactly `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

/// Digits behind a point, as nanoseconds; digits beyond the ninth are cut.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    std::int64_t nanos = 0, unit = nanos_per_second / 10;
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10) nanos += (text.front() - '0') * unit;
    return nanos;
}

std::string fraction_text(std::int32_t nanos) {
    if (nanos == 0) return "";
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), ".%09d", nanos);
    std::string text = digits.data();
    text.resize(text.find_last_not_of('0') + 1);
    return text;
}

struct Unit {
    std::string_view name;
    std::int64_t nanos;
};
// Longer names first: "ms" must not be read as "m".
constexpr std::array<Unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"\xC2\xB5s", 1'000},
                                     {"\xCE\xBCs", 1'000},
                                     {"ms", 1'000'000},
                                     {"h", 3'600 * nanos_per_second},
                                     {"m", 60 * nanos_per_second},
                                     {"s", nanos_per_second}}};

}  // namespace

// March counts as the first month, so that leap days end the year.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
    if (month <= 2) --year;
    std::int64_t const era = (year >= 0 ? year : year - 399) / 400;
    std::int64_t const year_of_era = year - era * 400;
    std::int64_t const day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

bool is_timestamp(Instant value) { return value.seconds >= timestamp_seconds_min && value.seconds <= timestamp_seconds_max; }
bool is_duration(Instant value) {
    return value >= Instant{-duration_seconds_max, 0} && value <= Instant{duration_seconds_max, 0};
}
Instant add(Instant a, Instant b) { return normalized(a.seconds + b.seconds, std::int64_t{a.nanos} + b.nanos); }
Instant subtract(Instant a, Instant b) { return normalized(a.seconds - b.seconds, std::int64_t{a.nanos} - b.nanos); }
Instant negate(Instant a) { return normalized(-a.seconds, -std::int64_t{a.nanos}); }

std::optional<Instant> parse_timestamp(std::string_view text) {
    auto const year = take_digits(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    auto const month = take_digits(text, 2);
    if (!month || *month < 1 || *month > 12 || !take(text, "-")) return std::nullopt;
    auto const day = take_digits(text, 2);
    if (!day || *day < 1 || *day > days_in_month(*year, *month) || !take(text, "Tt ")) return std::nullopt;
    auto const hour = take_digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
    auto const minute = take_digits(text, 2);
    if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
    auto const second = take_digits(text, 2);
    if (!second || *second > 59) return std::nullopt;
    std::int64_t nanos = 0;
    if (take(text, ".")) {
        auto const fraction = take_fraction(text);
        if (!fraction) return std::nullopt;
        nanos = *fraction;
    }
    int offset = 0;
    if (!take(text, "Zz")) {
        if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
        auto const parsed = parse_offset(text);
        if (!parsed) return std::nullopt;
        offset = *parsed;
    } else if (!text.empty()) {
        return std::nullopt;
    }
    std::int64_t const days = days_from_civil(*year, *month, *day);
    Instant const value = normalized(days * seconds_per_day + *hour * 3600 + *minute * 60 + *second - offset, nanos);
    return is_timestamp(value) ? std::optional(value) : std::nullopt;
}

std::string format_timestamp(Instant value) {
    CivilTime const at = civil_time(value.seconds);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04lld-%02d-%02dT%02d:%02d:%02d", static_cast<long long>(at.year), at.month, at.day,
                  at.hour, at.minute, at.second);
    return text.data() + fraction_text(value.nanos) + "Z";
}

std::optional<Instant> parse_span(std::string_view text) {
    bool const negative = !text.empty() && text.front() == '-';
    take(text, "+-");
    if (text == "0") return Instant{};
    if (text.empty()) return std::nullopt;
    Instant total;
    while (!text.empty()) {
        std::int64_t whole = 0;
        auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), whole);
        bool const has_digits = end != text.data() && is_digit(text.front());
        if (problem == std::errc::result_out_of_range) return std::nullopt;
        if (has_digits) text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        std::int64_t fraction = 0;  // in billionths of the unit
        if (take(text, ".")) {
            auto const parsed = take_fraction(text);
            if (!parsed && !has_digits) return std::nullopt;
            fraction = parsed.value_or(0);
        } else if (!has_digits) {
            return std::nullopt;
        }
        Unit const* unit = nullptr;
        for (Unit const& candidate : units) {
            if (text.starts_with(candidate.name)) {
                unit = &candidate;
                break;
            }
        }
        if (unit == nullptr) return std::nullopt;
        text.remove_prefix(unit->name.size());
        __extension__ using Wide = __int128;
        Wide const nanos = static_cast<Wide>(has_digits ? whole : 0) * unit->nanos + static_cast<Wide>(fraction) * unit->nanos / nanos_per_second;
        if (nanos / nanos_per_second > duration_seconds_max) return std::nullopt;
        total = add(total, {static_cast<std::int64_t>(nanos / nanos_per_second), static_cast<std::int32_t>(nanos % nanos_per_second)});
        if (!is_duration(total)) return std::nullopt;
    }
    return negative ? negate(total) : total;
}

std::string format_span(Instant value) {
    bool const negative = value.seconds < 0;
    Instant const size = negative ? negate(value) : value;
    return (negative ? "-" : "") + std::to_string(size.seconds) + fraction_text(size.nanos) + "s";
}

std::optional<int> parse_offset(std::string_view text) {
    if (text.empty() || text == "UTC" || text == "Z") return 0;
    int const sign = text.front() == '-' ? -1 : 1;
    take(text, "+-");
    auto const hours = take_digits(text, 2);
    if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
    auto const minutes = take_digits(text, 2);
    if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

CivilTime civil_time(std::int64_t unix_seconds) {
    std::int64_t days = unix_seconds / seconds_per_day;
    std::int64_t rest = unix_seconds % seconds_per_day;
    if (rest < 0) {
        rest += seconds_per_day;
        --days;
    }
    CivilTime at;
    at.hour = static_cast<int>(rest / 3600);
    at.minute = static_cast<int>(rest % 3600 / 60);
    at.second = static_cast<int>(rest % 60);
    at.day_of_week = static_cast<int>(((days + 4) % 7 + 7) % 7);
    std::int64_t const shifted = days + 719'468;
    std::int64_t const era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    std::int64_t const day_of_era = shifted - era * 146'097;
    std::int64_t const year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    std::int64_t const march_day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    std::int64_t const march_month = (5 * march_day + 2) / 153;
    at.day = static_cast<int>(march_day - (153 * march_month + 2) / 5 + 1);
    at.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
    at.year = year_of_era + era * 400 + (at.month <= 2 ? 1 : 0);
    at.day_of_year = static_cast<int>(days - days_from_civil(at.year, 1, 1));
    return at;
}

}  // namespace pawl::cel
