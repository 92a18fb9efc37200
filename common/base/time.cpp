// Timestamps and durations as text. No zone, no clock, no locale: RFC 3339 and the grammar of CEL's duration().
#include "common/base/time.h"

#include <array>
#include <charconv>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

void append_padded(std::string& out, std::int64_t number, int digits) {
    std::array<char, 24> text;
    auto const [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    for (auto missing = digits - (end - text.data()); missing > 0; --missing) out += '0';
    out.append(text.data(), end);
}

/// Eats its way through a timestamp; the first thing that does not fit makes it fail for good.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int number(std::size_t digits, int most) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (i >= rest_.size() || !is_digit(rest_[i])) return refuse();
            value = 10 * value + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return value <= most ? value : refuse();
    }
    bool accept(std::string_view letters) {
        bool const fits = !rest_.empty() && letters.find(rest_[0]) != std::string_view::npos;
        if (fits) rest_.remove_prefix(1);
        return fits;
    }
    void expect(std::string_view letters) {
        if (!accept(letters)) refuse();
    }
    /// Digits after the point; those beyond microseconds are read and dropped.
    std::int64_t microseconds() {
        std::int64_t value = 0;
        std::size_t digits = 0;
        for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
            if (digits < 6) value = 10 * value + (rest_[digits] - '0');
        }
        if (digits == 0) refuse();
        rest_.remove_prefix(digits);
        for (std::size_t i = digits; i < 6; ++i) value *= 10;
        return value;
    }
    int sign() {
        if (accept("+")) return 1;
        expect("-");
        return -1;
    }
    bool finished() const { return good_ && rest_.empty(); }

private:
    int refuse() {
        good_ = false;
        return 0;
    }
    std::string_view rest_;
    bool good_ = true;
};

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
/// In the order in which they are tried: "m" after "ms".
constexpr std::array<Unit, 6> units{{{"h", 3'600'000'000'000},
                                     {"ms", 1'000'000},
                                     {"m", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}}};

/// 10,000 years: the limit of CEL and of google.protobuf.Duration.
constexpr std::int64_t seconds_max = 315'576'000'000;

Error duration_error(std::string message, std::string hint) {
    return {.code = code::invalid_value, .message = std::move(message), .where = std::nullopt, .hint = std::move(hint)};
}

Error not_a_duration(std::string_view text) {
    return duration_error("'" + printable(text) + "' is not a duration", "write it like '90s', '1h30m' or '1.5s'");
}

Error too_long(std::string_view text) {
    return duration_error("duration '" + printable(text) + "' is beyond 10,000 years", "the longest is 87660000h");
}

/// `rest` starts behind a number: "7d" and "30" are the mistakes people make.
Error wrong_unit(std::string_view text, std::string_view rest) {
    std::size_t const end = rest.find_first_of("0123456789.");
    std::string_view const unit = rest.substr(0, end);
    if (unit.empty()) return duration_error("a duration needs a unit", "write '" + printable(text) + "s' for seconds");
    std::int64_t number = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const whole = error == std::errc{} && stop == rest.data() && end == std::string_view::npos;
    std::int64_t const hours_each = unit == "d" ? 24 : unit == "w" ? 168 : 0;
    std::string hint = "the units are h, m, s, ms, us and ns";
    if (whole && hours_each > 0 && number < 1'000'000 && number > -1'000'000) {
        hint = "write '" + std::to_string(number * hours_each) + "h': a day is not always 24 hours";
    }
    return duration_error("a duration has no unit '" + printable(unit) + "'", std::move(hint));
}

/// A sum of parts, seconds and nanoseconds apart, so that neither overflows.
struct Sum {
    std::int64_t whole_seconds = 0;
    std::int64_t nanoseconds = 0;

    /// Adds `count` units and the decimal `fraction` of one. False beyond the limit.
    bool add(std::uint64_t count, std::string_view fraction, Unit const& unit) {
        constexpr std::int64_t second = 1'000'000'000;
        auto const limit = static_cast<std::uint64_t>(seconds_max);
        std::uint64_t const in_seconds = unit.nanoseconds >= second ? static_cast<std::uint64_t>(unit.nanoseconds / second) : 0;
        if (in_seconds > 0) {
            if (count > limit / in_seconds) return false;
            whole_seconds += static_cast<std::int64_t>(count * in_seconds);
        } else {
            auto const per_second = static_cast<std::uint64_t>(second / unit.nanoseconds);
            if (count / per_second > limit) return false;
            whole_seconds += static_cast<std::int64_t>(count / per_second);
            nanoseconds += static_cast<std::int64_t>(count % per_second) * unit.nanoseconds;
        }
        std::int64_t part = 0;  // long division, last digit first: exact however many digits there are
        for (auto digit = fraction.rbegin(); digit != fraction.rend(); ++digit) part = (part + (*digit - '0') * unit.nanoseconds) / 10;
        nanoseconds += part;
        whole_seconds += nanoseconds / second;
        nanoseconds %= second;
        return whole_seconds < seconds_max || (whole_seconds == seconds_max && nanoseconds == 0);
    }
};

std::string_view eat_digits(std::string_view& rest) {
    std::size_t length = 0;
    while (length < rest.size() && is_digit(rest[length])) ++length;
    std::string_view const digits = rest.substr(0, length);
    rest.remove_prefix(length);
    return digits;
}

}  // namespace

std::string format_utc(UtcTime time) {
    auto const day = floor<days>(time);
    year_month_day const date{day};
    std::int64_t const milliseconds = floor<std::chrono::milliseconds>(time - day).count();
    std::string out;
    out.reserve(24);
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, milliseconds / 3'600'000, 2);
    out += ':';
    append_padded(out, milliseconds / 60'000 % 60, 2);
    out += ':';
    append_padded(out, milliseconds / 1000 % 60, 2);
    out += '.';
    append_padded(out, milliseconds % 1000, 3);
    out += 'Z';
    return out;
}

std::optional<UtcTime> parse_utc(std::string_view text) {
    Reader reader{text};
    int const year = reader.number(4, 9999);
    reader.expect("-");
    int const month = reader.number(2, 12);
    reader.expect("-");
    int const day = reader.number(2, 31);
    reader.expect("Tt ");
    int const hour = reader.number(2, 23);
    reader.expect(":");
    int const minute = reader.number(2, 59);
    reader.expect(":");
    int const second = reader.number(2, 59);  // no leap seconds: nothing we store could tell them apart
    std::int64_t const fraction = reader.accept(".") ? reader.microseconds() : 0;
    minutes offset{0};
    if (!reader.accept("Zz")) {
        int const sign = reader.sign();
        int const offset_hours = reader.number(2, 23);
        reader.expect(":");
        int const offset_minutes = reader.number(2, 59);
        offset = sign * minutes{60 * offset_hours + offset_minutes};
    }
    year_month_day const date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                              std::chrono::day{static_cast<unsigned>(day)}};
    if (!reader.finished() || !date.ok()) return std::nullopt;
    return sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + Duration{fraction} - offset;
}

Result<Duration> parse_duration(std::string_view text) {
    std::string_view rest = text;
    bool const negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    if (rest.empty()) return not_a_duration(text);
    Sum sum;
    while (!rest.empty()) {
        std::string_view const whole = eat_digits(rest);
        bool const point = rest.starts_with('.');
        if (point) rest.remove_prefix(1);
        std::string_view const fraction = point ? eat_digits(rest) : std::string_view{};
        if (whole.empty() && fraction.empty()) return not_a_duration(text);
        Unit const* unit = nullptr;
        for (Unit const& candidate : units) {
            if (unit == nullptr && rest.starts_with(candidate.name)) unit = &candidate;
        }
        std::size_t const letters = std::min(rest.find_first_of("0123456789."), rest.size());
        if (unit == nullptr || unit->name.size() != letters) return wrong_unit(text, rest);
        std::uint64_t count = 0;
        auto const [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), count);
        if (error == std::errc::result_out_of_range || !sum.add(count, fraction, *unit)) return too_long(text);
        rest.remove_prefix(letters);
    }
    Duration const magnitude = seconds{sum.whole_seconds} + Duration{sum.nanoseconds / 1000};
    return negative ? -magnitude : magnitude;
}

std::string format_duration(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    std::string out = duration < Duration::zero() ? "-" : "";
    // Unsigned, because the magnitude of Duration::min() has no signed form.
    auto const signed_count = static_cast<std::uint64_t>(duration.count());
    std::uint64_t const count = duration < Duration::zero() ? 0 - signed_count : signed_count;
    auto const append = [&out](std::uint64_t whole, std::uint64_t thousandths, int digits, std::string_view unit) {
        out += std::to_string(whole);
        if (thousandths > 0) {
            out += '.';
            append_padded(out, static_cast<std::int64_t>(thousandths), digits);
            while (out.back() == '0') out.pop_back();
        }
        out += unit;
    };
    if (count < 1000) {
        append(count, 0, 0, "us");
    } else if (count < 1'000'000) {
        append(count / 1000, count % 1000, 3, "ms");
    } else {
        std::uint64_t const whole_hours = count / 3'600'000'000;
        std::uint64_t const whole_minutes = count / 60'000'000 % 60;
        std::uint64_t const rest = count % 60'000'000;
        if (whole_hours > 0) append(whole_hours, 0, 0, "h");
        if (whole_minutes > 0) append(whole_minutes, 0, 0, "m");
        if (rest > 0) append(rest / 1'000'000, rest % 1'000'000, 6, "s");
    }
    return out;
}

}  // namespace pawl
