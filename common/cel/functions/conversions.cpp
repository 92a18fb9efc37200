// int uint double string bytes bool timestamp duration dyn type, and size: the conversions of the CEL specification.
#include <charconv>
#include <cmath>

#include "common/base/text.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using VK = Value::Kind;
using TK = Type::Kind;
using Arguments = std::span<Value const>;

Value same(Evaluation&, Arguments a) { return a[0]; }

Value no_number(Evaluation& in, Value const& text, std::string_view kind) {
    return in.error(describe(text) + " is not " + std::string(kind), "");
}

Value out_of_range(Evaluation& in, Value const& number, std::string_view kind) {
    return in.error(describe(number) + " does not fit " + std::string(kind));
}

Value int_of_uint(Evaluation& in, Arguments a) {
    if (a[0].as_uint() > static_cast<std::uint64_t>(INT64_MAX)) return out_of_range(in, a[0], "an int");
    return Value::integer(static_cast<std::int64_t>(a[0].as_uint()));
}

Value int_of_real(Evaluation& in, Arguments a) {
    double const value = a[0].as_real();
    if (!(value > -9223372036854775808.0 && value < 9223372036854775808.0)) return out_of_range(in, a[0], "an int");
    return Value::integer(static_cast<std::int64_t>(value));
}

Value int_of_text(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    std::int64_t value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || text.empty()) return no_number(in, a[0], "an int");
    return Value::integer(value);
}

Value int_of_timestamp(Evaluation&, Arguments a) { return Value::integer(a[0].as_instant().seconds); }

Value uint_of_int(Evaluation& in, Arguments a) {
    if (a[0].as_int() < 0) return out_of_range(in, a[0], "a uint");
    return Value::uint(static_cast<std::uint64_t>(a[0].as_int()));
}

Value uint_of_real(Evaluation& in, Arguments a) {
    double const value = a[0].as_real();
    if (!(value > -1.0 && value < 18446744073709551616.0)) return out_of_range(in, a[0], "a uint");
    return Value::uint(static_cast<std::uint64_t>(value));
}

Value uint_of_text(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    std::uint64_t value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || text.empty()) return no_number(in, a[0], "a uint");
    return Value::uint(value);
}

Value real_of_int(Evaluation&, Arguments a) { return Value::real(static_cast<double>(a[0].as_int())); }
Value real_of_uint(Evaluation&, Arguments a) { return Value::real(static_cast<double>(a[0].as_uint())); }

Value real_of_text(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    double value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const whole = end == text.data() + text.size() && !text.empty();
    if (whole && problem == std::errc{}) return Value::real(value);
    if (text == "Infinity" || text == "+Infinity") return Value::real(HUGE_VAL);
    if (text == "-Infinity") return Value::real(-HUGE_VAL);
    return no_number(in, a[0], "a double");
}

Value text_of_int(Evaluation& in, Arguments a) { return in.string(std::to_string(a[0].as_int())); }
Value text_of_uint(Evaluation& in, Arguments a) { return in.string(std::to_string(a[0].as_uint())); }
Value text_of_real(Evaluation& in, Arguments a) { return in.string(format_double(a[0].as_real())); }
Value text_of_bool(Evaluation&, Arguments a) { return Value::string(a[0].as_bool() ? "true" : "false"); }
Value text_of_timestamp(Evaluation& in, Arguments a) { return in.string(format_timestamp(a[0].as_instant())); }
Value text_of_duration(Evaluation& in, Arguments a) { return in.string(format_span(a[0].as_instant())); }

Value text_of_bytes(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[0].size())) return in.exhausted();
    if (find_invalid_utf8(a[0].as_text()) != std::string_view::npos) return in.error("these bytes are not valid UTF-8");
    return Value::string(a[0].as_text());
}

Value bytes_of_text(Evaluation&, Arguments a) { return Value::bytes(a[0].as_text()); }

Value bool_of_text(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    for (std::string_view const yes : {"true", "True", "TRUE", "t", "1"}) {
        if (text == yes) return Value::boolean(true);
    }
    for (std::string_view const no : {"false", "False", "FALSE", "f", "0"}) {
        if (text == no) return Value::boolean(false);
    }
    return no_number(in, a[0], "a bool");
}

Value timestamp_of_text(Evaluation& in, Arguments a) {
    if (auto const parsed = parse_timestamp(a[0].as_text())) return Value::timestamp(*parsed);
    return in.error(describe(a[0]) + " is not a timestamp", "it looks like 2026-11-24T17:20:12Z or 2026-11-24T18:20:12+01:00");
}

Value timestamp_of_int(Evaluation& in, Arguments a) {
    Instant const at{a[0].as_int(), 0};
    return is_timestamp(at) ? Value::timestamp(at) : out_of_range(in, a[0], "a timestamp");
}

Value duration_of_text(Evaluation& in, Arguments a) {
    if (auto const parsed = parse_span(a[0].as_text())) return Value::duration(*parsed);
    return in.error(describe(a[0]) + " is not a duration", "it looks like 1h30m, 90s or 1.5s; a day is 24h");
}

Value type_of_value(Evaluation&, Arguments a) { return Value::type(type_name(a[0].kind())); }

Value size_of_text(Evaluation& in, Arguments a) {
    if (!in.charge_bytes_seen(a[0].size())) return in.exhausted();
    return Value::integer(static_cast<std::int64_t>(count_characters(a[0].as_text())));
}
Value size_of(Evaluation&, Arguments a) { return Value::integer(static_cast<std::int64_t>(a[0].size())); }

}  // namespace

void add_conversions(Library& library) {
    Type const any = Type::parameter("T");
    library.function("int", {TK::integer}, TK::integer, same);
    library.function("int", {TK::unsigned_integer}, TK::integer, int_of_uint);
    library.function("int", {TK::real}, TK::integer, int_of_real);
    library.function("int", {TK::string}, TK::integer, int_of_text);
    library.function("int", {TK::timestamp}, TK::integer, int_of_timestamp);
    library.function("uint", {TK::unsigned_integer}, TK::unsigned_integer, same);
    library.function("uint", {TK::integer}, TK::unsigned_integer, uint_of_int);
    library.function("uint", {TK::real}, TK::unsigned_integer, uint_of_real);
    library.function("uint", {TK::string}, TK::unsigned_integer, uint_of_text);
    library.function("double", {TK::real}, TK::real, same);
    library.function("double", {TK::integer}, TK::real, real_of_int);
    library.function("double", {TK::unsigned_integer}, TK::real, real_of_uint);
    library.function("double", {TK::string}, TK::real, real_of_text);
    library.function("string", {TK::string}, TK::string, same);
    library.function("string", {TK::integer}, TK::string, text_of_int);
    library.function("string", {TK::unsigned_integer}, TK::string, text_of_uint);
    library.function("string", {TK::real}, TK::string, text_of_real);
    library.function("string", {TK::boolean}, TK::string, text_of_bool);
    library.function("string", {TK::bytes}, TK::string, text_of_bytes);
    library.function("string", {TK::timestamp}, TK::string, text_of_timestamp);
    library.function("string", {TK::duration}, TK::string, text_of_duration);
    library.function("bytes", {TK::bytes}, TK::bytes, same);
    library.function("bytes", {TK::string}, TK::bytes, bytes_of_text);
    library.function("bool", {TK::boolean}, TK::boolean, same);
    library.function("bool", {TK::string}, TK::boolean, bool_of_text);
    library.function("timestamp", {TK::timestamp}, TK::timestamp, same);
    library.function("timestamp", {TK::string}, TK::timestamp, timestamp_of_text);
    library.function("timestamp", {TK::integer}, TK::timestamp, timestamp_of_int);
    library.function("duration", {TK::duration}, TK::duration, same);
    library.function("duration", {TK::string}, TK::duration, duration_of_text);
    library.function("dyn", {any}, TK::dyn, same);
    library.function("type", {any}, Type::type_of(any), type_of_value);

    Type const list = Type::list(any), map = Type::map(Type::parameter("K"), any);
    library.function("size", {TK::string}, TK::integer, size_of_text);
    library.function("size", {TK::bytes}, TK::integer, size_of);
    library.function("size", {list}, TK::integer, size_of);
    library.function("size", {map}, TK::integer, size_of);
    library.member("size", {TK::string}, TK::integer, size_of_text);
    library.member("size", {TK::bytes}, TK::integer, size_of);
    library.member("size", {list}, TK::integer, size_of);
    library.member("size", {map}, TK::integer, size_of);
}

}  // namespace pawl::cel
