// Reading the rule, and finding out on which side of its two changes an instant lies.
#include "common/calendar/yearly_rule.h"

#include "common/cel/instant.h"

namespace pawl::calendar {

class RuleReader {
public:
    explicit RuleReader(std::string_view text) : text_(text) {}

    std::optional<YearlyRule> run() {
        YearlyRule rule;
        if (!name() || !offset(rule.standard_)) return std::nullopt;
        if (text_.empty()) return rule;
        rule.has_summer_ = true;
        rule.summer_ = rule.standard_ + 3600;
        if (!name()) return std::nullopt;
        if (!text_.empty() && text_.front() != ',' && !offset(rule.summer_)) return std::nullopt;
        bool const whole = take(',') && day(rule.begin_) && take(',') && day(rule.end_) && text_.empty();
        return whole ? std::optional(rule) : std::nullopt;
    }

private:
    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool number(int& value) {
        std::size_t digits = 0;
        value = 0;
        while (digits < text_.size() && digits < 4 && text_[digits] >= '0' && text_[digits] <= '9') value = value * 10 + (text_[digits++] - '0');
        text_.remove_prefix(digits);
        return digits > 0;
    }

    /// "CET", or anything in <>.
    bool name() {
        if (take('<')) {
            std::size_t const end = text_.find('>');
            if (end == std::string_view::npos) return false;
            text_.remove_prefix(end + 1);
            return true;
        }
        std::size_t letters = 0;
        while (letters < text_.size() && ((text_[letters] >= 'a' && text_[letters] <= 'z') || (text_[letters] >= 'A' && text_[letters] <= 'Z'))) ++letters;
        text_.remove_prefix(letters);
        return letters >= 3;
    }

    /// [+-]hh[:mm[:ss]]
    bool time(int& seconds) {
        int const sign = take('-') ? -1 : (take('+'), 1);
        int hours = 0, minutes = 0, rest = 0;
        if (!number(hours) || hours > 167) return false;
        if (take(':') && (!number(minutes) || minutes > 59)) return false;
        if (take(':') && (!number(rest) || rest > 59)) return false;
        seconds = sign * (hours * 3600 + minutes * 60 + rest);
        return true;
    }

    /// POSIX counts offsets westwards.
    bool offset(int& east) {
        int west = 0;
        if (!time(west)) return false;
        east = -west;
        return true;
    }

    bool day(YearlyRule::Day& day) {
        using Kind = YearlyRule::Day::Kind;
        if (take('M')) {
            bool const read = number(day.month) && take('.') && number(day.week) && take('.') && number(day.weekday);
            if (!read || day.month < 1 || day.month > 12 || day.week < 1 || day.week > 5 || day.weekday > 6) return false;
        } else {
            day.kind = take('J') ? Kind::julian : Kind::zero_based;
            if (!number(day.number) || day.number > 365 || (day.kind == Kind::julian && day.number < 1)) return false;
        }
        return !take('/') || time(day.seconds);
    }

    std::string_view text_;
};

std::optional<YearlyRule> YearlyRule::parse(std::string_view text) { return RuleReader(text).run(); }

std::int64_t YearlyRule::Day::at(std::int64_t year) const {
    constexpr std::int64_t day_seconds = 86'400;
    std::int64_t const new_year = cel::days_from_civil(year, 1, 1);
    std::int64_t days = new_year + number;
    if (kind == Kind::julian) {
        bool const leap = cel::days_from_civil(year, 3, 1) - cel::days_from_civil(year, 2, 28) == 2;
        days = new_year + number - 1 + (leap && number > 59 ? 1 : 0);
    } else if (kind == Kind::month_week) {
        std::int64_t const first = cel::days_from_civil(year, month, 1);
        std::int64_t const next = month == 12 ? cel::days_from_civil(year + 1, 1, 1) : cel::days_from_civil(year, month + 1, 1);
        int const first_weekday = cel::civil_time(first * day_seconds).day_of_week;
        days = first + (weekday - first_weekday + 7) % 7 + (week - 1) * 7;
        if (days >= next) days -= 7;
    }
    return days * day_seconds + seconds;
}

int YearlyRule::utc_offset_seconds(std::int64_t unix_seconds) const {
    if (!has_summer_) return standard_;
    std::int64_t const year = cel::civil_time(unix_seconds + standard_).year;
    std::int64_t const begin = begin_.at(year) - standard_, end = end_.at(year) - summer_;
    bool const summer = begin < end ? unix_seconds >= begin && unix_seconds < end : unix_seconds >= begin || unix_seconds < end;
    return summer ? summer_ : standard_;
}

}  // namespace pawl::calendar
