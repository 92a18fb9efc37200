// The math extension: greatest and least of any numbers, rounding, signs, bits. Integers never overflow silently.
#include <cmath>

#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using TK = Type::Kind;
using VK = Value::Kind;
using Arguments = std::span<Value const>;

// --- greatest and least ---

/// `wanted` is the order that makes a later number win: the first of equals stays.
Value extreme(Evaluation& in, std::size_t count, auto const& item, std::partial_ordering wanted, std::string_view name) {
    Value best;
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 8 == 7 && !in.charge(1)) return in.exhausted();
        Value const candidate = item(i);
        if (!candidate.is_number()) return in.error(std::string(name) + "() needs numbers, this is " + describe(candidate));
        if (i == 0 || compare_numbers(candidate, best) == wanted) best = candidate;
    }
    return count > 0 ? best : in.error(std::string(name) + "() needs at least one number");
}

constexpr std::string_view greatest_name = "math.greatest", least_name = "math.least";

Value greatest(Evaluation& in, Arguments a) {
    return extreme(in, a.size(), [&](std::size_t i) { return a[i]; }, std::partial_ordering::greater, greatest_name);
}
Value least(Evaluation& in, Arguments a) {
    return extreme(in, a.size(), [&](std::size_t i) { return a[i]; }, std::partial_ordering::less, least_name);
}
Value greatest_of(Evaluation& in, Arguments a) {
    return extreme(in, a[0].size(), [&](std::size_t i) { return a[0].item(i); }, std::partial_ordering::greater, greatest_name);
}
Value least_of(Evaluation& in, Arguments a) {
    return extreme(in, a[0].size(), [&](std::size_t i) { return a[0].item(i); }, std::partial_ordering::less, least_name);
}

// --- doubles ---

template <double (*compute)(double)>
Value of_real(Evaluation&, Arguments a) {
    return Value::real(compute(a[0].as_real()));
}
double ceiling(double x) { return std::ceil(x); }
double floor(double x) { return std::floor(x); }
double rounded(double x) { return std::round(x); }  // halves away from zero
double truncated(double x) { return std::trunc(x); }
double magnitude(double x) { return std::fabs(x); }
double sign(double x) { return std::isnan(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0; }

Value is_nan(Evaluation&, Arguments a) { return Value::boolean(std::isnan(a[0].as_real())); }
Value is_infinite(Evaluation&, Arguments a) { return Value::boolean(std::isinf(a[0].as_real())); }
Value is_finite(Evaluation&, Arguments a) { return Value::boolean(std::isfinite(a[0].as_real())); }

Value root_of_real(Evaluation&, Arguments a) { return Value::real(std::sqrt(a[0].as_real())); }
Value root_of_int(Evaluation&, Arguments a) { return Value::real(std::sqrt(static_cast<double>(a[0].as_int()))); }
Value root_of_uint(Evaluation&, Arguments a) { return Value::real(std::sqrt(static_cast<double>(a[0].as_uint()))); }

// --- integers ---

Value abs_of_int(Evaluation& in, Arguments a) {
    std::int64_t const value = a[0].as_int();
    if (value == INT64_MIN) return in.error("integer overflow: the result of math.abs() does not fit 64 bits");
    return Value::integer(value < 0 ? -value : value);
}
Value sign_of_int(Evaluation&, Arguments a) { return Value::integer(a[0].as_int() > 0 ? 1 : a[0].as_int() < 0 ? -1 : 0); }
Value sign_of_uint(Evaluation&, Arguments a) { return Value::uint(a[0].as_uint() > 0 ? 1 : 0); }
Value same(Evaluation&, Arguments a) { return a[0]; }

std::uint64_t bits(Value const& value) { return value.is(VK::integer) ? static_cast<std::uint64_t>(value.as_int()) : value.as_uint(); }
Value of_bits(std::uint64_t bits, VK kind) { return kind == VK::integer ? Value::integer(static_cast<std::int64_t>(bits)) : Value::uint(bits); }

Value bit_and(Evaluation&, Arguments a) { return of_bits(bits(a[0]) & bits(a[1]), a[0].kind()); }
Value bit_or(Evaluation&, Arguments a) { return of_bits(bits(a[0]) | bits(a[1]), a[0].kind()); }
Value bit_xor(Evaluation&, Arguments a) { return of_bits(bits(a[0]) ^ bits(a[1]), a[0].kind()); }
Value bit_not(Evaluation&, Arguments a) { return of_bits(~bits(a[0]), a[0].kind()); }

/// Shifts are logical for both kinds: zeros come in, and 64 or more leave nothing.
Value shift(Evaluation& in, Arguments a, bool left) {
    std::int64_t const distance = a[1].as_int();
    if (distance < 0) return in.error("a shift by " + std::to_string(distance) + " is negative", "shift the other way");
    if (distance > 63) return of_bits(0, a[0].kind());
    return of_bits(left ? bits(a[0]) << distance : bits(a[0]) >> distance, a[0].kind());
}
Value shift_left(Evaluation& in, Arguments a) { return shift(in, a, true); }
Value shift_right(Evaluation& in, Arguments a) { return shift(in, a, false); }

void add_extremes(Library& library, std::string const& name, Implementation run, Implementation run_list) {
    for (TK const kind : {TK::integer, TK::unsigned_integer, TK::real, TK::dyn}) {
        library.variadic(name, {kind}, kind, run);
        library.function(name, {Type::list(kind)}, kind, run_list);
    }
}

}  // namespace

void add_math(Library& library) {
    add_extremes(library, std::string(greatest_name), greatest, greatest_of);
    add_extremes(library, std::string(least_name), least, least_of);
    library.function("math.ceil", {TK::real}, TK::real, of_real<ceiling>);
    library.function("math.floor", {TK::real}, TK::real, of_real<floor>);
    library.function("math.round", {TK::real}, TK::real, of_real<rounded>);
    library.function("math.trunc", {TK::real}, TK::real, of_real<truncated>);
    library.function("math.abs", {TK::real}, TK::real, of_real<magnitude>);
    library.function("math.abs", {TK::integer}, TK::integer, abs_of_int);
    library.function("math.abs", {TK::unsigned_integer}, TK::unsigned_integer, same);
    library.function("math.sign", {TK::real}, TK::real, of_real<sign>);
    library.function("math.sign", {TK::integer}, TK::integer, sign_of_int);
    library.function("math.sign", {TK::unsigned_integer}, TK::unsigned_integer, sign_of_uint);
    library.function("math.sqrt", {TK::real}, TK::real, root_of_real);
    library.function("math.sqrt", {TK::integer}, TK::real, root_of_int);
    library.function("math.sqrt", {TK::unsigned_integer}, TK::real, root_of_uint);
    library.function("math.isNaN", {TK::real}, TK::boolean, is_nan);
    library.function("math.isInf", {TK::real}, TK::boolean, is_infinite);
    library.function("math.isFinite", {TK::real}, TK::boolean, is_finite);
    for (TK const kind : {TK::integer, TK::unsigned_integer}) {
        library.function("math.bitAnd", {kind, kind}, kind, bit_and);
        library.function("math.bitOr", {kind, kind}, kind, bit_or);
        library.function("math.bitXor", {kind, kind}, kind, bit_xor);
        library.function("math.bitNot", {kind}, kind, bit_not);
        library.function("math.bitShiftLeft", {kind, TK::integer}, kind, shift_left);
        library.function("math.bitShiftRight", {kind, TK::integer}, kind, shift_right);
    }
}

}  // namespace pawl::cel
