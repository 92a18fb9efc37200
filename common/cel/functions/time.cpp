// What timestamps and durations know: their parts, in UTC, at an offset, or in a zone that the ZoneResolver knows.
#include "common/base/text.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using TK = Type::Kind;
using Arguments = std::span<Value const>;
using Part = std::int64_t (*)(CivilTime const&, Instant);

/// Seconds to add, or an error.
std::optional<int> offset(Evaluation& in, Value const& zone, Instant at) {
    if (auto const fixed = parse_offset(zone.as_text())) return fixed;
    return in.zones() != nullptr ? in.zones()->utc_offset_seconds(zone.as_text(), at.seconds) : std::nullopt;
}

template <Part part>
Value in_utc(Evaluation&, Arguments a) {
    return Value::integer(part(civil_time(a[0].as_instant().seconds), a[0].as_instant()));
}

template <Part part>
Value in_zone(Evaluation& in, Arguments a) {
    Instant const at = a[0].as_instant();
    auto const shift = offset(in, a[1], at);
    if (!shift) {
        return in.error("unknown time zone '" + printable(take_characters(a[1].as_text(), 80)) + "'",
                        in.zones() != nullptr ? "write a name like Europe/Berlin, or an offset like +02:00" : "only UTC and offsets like +02:00 are known here");
    }
    return Value::integer(part(civil_time(at.seconds + *shift), at));
}

template <Part part>
void add_part(Library& library, std::string const& name) {
    library.member(name, {TK::timestamp}, TK::integer, in_utc<part>);
    library.member(name, {TK::timestamp, TK::string}, TK::integer, in_zone<part>);
}

std::int64_t year(CivilTime const& t, Instant) { return t.year; }
std::int64_t month(CivilTime const& t, Instant) { return t.month - 1; }
std::int64_t date(CivilTime const& t, Instant) { return t.day; }
std::int64_t day_of_month(CivilTime const& t, Instant) { return t.day - 1; }
std::int64_t day_of_week(CivilTime const& t, Instant) { return t.day_of_week; }
std::int64_t day_of_year(CivilTime const& t, Instant) { return t.day_of_year; }
std::int64_t hours(CivilTime const& t, Instant) { return t.hour; }
std::int64_t minutes(CivilTime const& t, Instant) { return t.minute; }
std::int64_t seconds(CivilTime const& t, Instant) { return t.second; }
std::int64_t milliseconds(CivilTime const&, Instant at) { return at.nanos / 1'000'000; }

/// Whole units of a duration, cut towards zero.
template <int Unit>
Value span_in(Evaluation&, Arguments a) {
    Instant const span = a[0].as_instant();
    std::int64_t const whole = span.seconds < 0 && span.nanos > 0 ? span.seconds + 1 : span.seconds;
    return Value::integer(whole / Unit);
}

/// The part below a second, not the whole in milliseconds: so says the specification.
Value span_milliseconds(Evaluation&, Arguments a) {
    Instant const span = a[0].as_instant();
    std::int64_t const nanos = span.seconds < 0 && span.nanos > 0 ? span.nanos - 1'000'000'000 : span.nanos;
    return Value::integer(nanos / 1'000'000);
}

}  // namespace

void add_time(Library& library) {
    add_part<year>(library, "getFullYear");
    add_part<month>(library, "getMonth");
    add_part<date>(library, "getDate");
    add_part<day_of_month>(library, "getDayOfMonth");
    add_part<day_of_week>(library, "getDayOfWeek");
    add_part<day_of_year>(library, "getDayOfYear");
    add_part<hours>(library, "getHours");
    add_part<minutes>(library, "getMinutes");
    add_part<seconds>(library, "getSeconds");
    add_part<milliseconds>(library, "getMilliseconds");
    library.member("getHours", {TK::duration}, TK::integer, span_in<3600>);
    library.member("getMinutes", {TK::duration}, TK::integer, span_in<60>);
    library.member("getSeconds", {TK::duration}, TK::integer, span_in<1>);
    library.member("getMilliseconds", {TK::duration}, TK::integer, span_milliseconds);
}

}  // namespace pawl::cel
