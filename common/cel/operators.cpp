// What operators do with values: numbers by exact value, mixed arithmetic in doubles, overflow as an error.
#include <cmath>
#include <cstring>

#include "common/cel/evaluation.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {

double to_real(Value const& number) {
    if (number.is(VK::integer)) return static_cast<double>(number.as_int());
    if (number.is(VK::unsigned_integer)) return static_cast<double>(number.as_uint());
    return number.as_real();
}

bool holds(Operator op, std::partial_ordering order) {
    switch (op) {
    case Operator::less: return order < 0;
    case Operator::less_equal: return order <= 0;
    case Operator::greater: return order > 0;
    case Operator::greater_equal: return order >= 0;
    default: return false;
    }
}

/// The reference rounds an int just below 2^63 to that double when it orders them; the public suite asks for it. Equality stays exact.
std::partial_ordering order_numbers(Value const& left, Value const& right) {
    constexpr double two_to_63 = 9223372036854775808.0;
    bool const edge = (left.is(VK::integer) && right.is(VK::real) && right.as_real() == two_to_63) || (right.is(VK::integer) && left.is(VK::real) && left.as_real() == two_to_63);
    return edge ? to_real(left) <=> to_real(right) : compare_numbers(left, right);
}

bool is_text(Value const& value) { return value.is(VK::string) || value.is(VK::bytes); }
bool fits_nanoseconds(Instant span) { return span.seconds > -9'223'372'036 && span.seconds < 9'223'372'036; }
bool is_time(Value const& value) { return value.is(VK::timestamp) || value.is(VK::duration); }

}  // namespace

std::optional<bool> Evaluation::equal(Value const& a, Value const& b) {
    if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
    case VK::null: return true;
    case VK::boolean: return a.as_bool() == b.as_bool();
    case VK::string:
    case VK::bytes:
    case VK::type:
        if (a.size() != b.size()) return false;
        if (a.size() > 32 && !charge_bytes_seen(a.size())) return std::nullopt;
        return a.as_text() == b.as_text();
    case VK::timestamp:
    case VK::duration: return a.as_instant() == b.as_instant();
    case VK::optional:
        if (a.inner() == nullptr || b.inner() == nullptr) return a.inner() == b.inner();
        return equal(*a.inner(), *b.inner());
    case VK::list:
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!charge(1)) return std::nullopt;
            auto const same = equal(a.item(i), b.item(i));
            if (!same || !*same) return same;
        }
        return true;
    case VK::map:
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!charge(1 + b.size() / 32)) return std::nullopt;
            MapEntry const entry = a.entry(i);
            Value const other = b.find(entry.key);
            if (other.is(VK::unset)) return false;
            auto const same = equal(entry.value, other);
            if (!same || !*same) return same;
        }
        return true;
    default: return false;
    }
}

Value Evaluation::binary(Instruction const& node, Index at) {
    Value const left = run(node.a);
    if (left.is_error()) return left;
    Value const right = run(node.b);
    if (right.is_error()) return right;
    at_ = at;
    Value const result = operate(node.oper, left, right, at);
    return node.coerce == Coerce::none || result.is_error() ? result : coerce(result, node.coerce, at);
}

Value Evaluation::operate(Operator op, Value const& left, Value const& right, Index at) {
    switch (op) {
    case Operator::equal:
    case Operator::not_equal: {
        auto const same = equal(left, right);
        return same ? Value::boolean(*same == (op == Operator::equal)) : exhausted();
    }
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: return compare(op, left, right, at);
    case Operator::in: return contains(left, right, at);
    case Operator::index: return index(left, right, at, false);
    case Operator::optional_index: return index(left, right, at, true);
    default: return arithmetic(op, left, right, at);
    }
}

Value Evaluation::compare(Operator op, Value const& left, Value const& right, Index at) {
    if (left.is_number() && right.is_number()) return Value::boolean(holds(op, order_numbers(left, right)));
    if (left.kind() != right.kind()) return fault(Fault::Kind::no_overload, at, left, right);
    switch (left.kind()) {
    case VK::boolean: return Value::boolean(holds(op, left.as_int() <=> right.as_int()));
    case VK::string:
    case VK::bytes:
        if (!charge_bytes_seen(std::min(left.size(), right.size()))) return exhausted();
        return Value::boolean(holds(op, left.as_text() <=> right.as_text()));  // bytes of UTF-8 order as code points
    case VK::timestamp:
    case VK::duration: return Value::boolean(holds(op, left.as_instant() <=> right.as_instant()));
    default: return fault(Fault::Kind::no_overload, at, left, right);
    }
}

Value Evaluation::arithmetic(Operator op, Value const& left, Value const& right, Index at) {
    if (left.is_number() && right.is_number()) {
        if (left.is(VK::integer) && right.is(VK::integer)) return int_arithmetic(op, left.as_int(), right.as_int());
        if (left.is(VK::unsigned_integer) && right.is(VK::unsigned_integer)) return uint_arithmetic(op, left.as_uint(), right.as_uint());
        double const a = to_real(left), b = to_real(right);
        switch (op) {
        case Operator::add: return Value::real(a + b);
        case Operator::subtract: return Value::real(a - b);
        case Operator::multiply: return Value::real(a * b);
        case Operator::divide:
            // IEEE 754: a division by zero is an infinity or NaN
            return Value::real(b != 0 ? a / b : (a == 0 || std::isnan(a) ? std::nan("") : std::copysign(HUGE_VAL, std::signbit(a) != std::signbit(b) ? -1.0 : 1.0)));
        default: return fault(Fault::Kind::no_overload, at, left, right);
        }
    }
    if (is_time(left) && is_time(right)) return time_arithmetic(op, left, right, at);
    if (op == Operator::add && left.kind() == right.kind() && (is_text(left) || left.is(VK::list))) return concatenate(left, right);
    return fault(Fault::Kind::no_overload, at, left, right);
}

Value Evaluation::int_arithmetic(Operator op, std::int64_t left, std::int64_t right) {
    std::int64_t result = 0;
    bool overflow = false;
    switch (op) {
    case Operator::add: overflow = __builtin_add_overflow(left, right, &result); break;
    case Operator::subtract: overflow = __builtin_sub_overflow(left, right, &result); break;
    case Operator::multiply: overflow = __builtin_mul_overflow(left, right, &result); break;
    case Operator::divide:
    case Operator::modulo:
        if (right == 0) return error(op == Operator::divide ? "division by zero" : "modulus by zero", "guard it: x != 0 && …");
        overflow = left == INT64_MIN && right == -1;
        if (!overflow) result = op == Operator::divide ? left / right : left % right;
        break;
    default: break;
    }
    return overflow ? error("integer overflow: the result of '" + std::string(symbol(op)) + "' does not fit 64 bits", "compute with doubles: double(x)")
                    : Value::integer(result);
}

Value Evaluation::uint_arithmetic(Operator op, std::uint64_t left, std::uint64_t right) {
    std::uint64_t result = 0;
    bool overflow = false;
    switch (op) {
    case Operator::add: overflow = __builtin_add_overflow(left, right, &result); break;
    case Operator::subtract: overflow = __builtin_sub_overflow(left, right, &result); break;
    case Operator::multiply: overflow = __builtin_mul_overflow(left, right, &result); break;
    case Operator::divide:
    case Operator::modulo:
        if (right == 0) return error(op == Operator::divide ? "division by zero" : "modulus by zero", "guard it: x != 0u && …");
        result = op == Operator::divide ? left / right : left % right;
        break;
    default: break;
    }
    return overflow ? error("unsigned overflow: the result of '" + std::string(symbol(op)) + "' does not fit 64 bits", "convert it: int(x)") : Value::uint(result);
}

Value Evaluation::time_arithmetic(Operator op, Value const& left, Value const& right, Index at) {
    bool const left_time = left.is(VK::timestamp), right_time = right.is(VK::timestamp);
    Instant result;
    bool gives_time = false;
    if (op == Operator::add && !(left_time && right_time)) {
        result = add(left.as_instant(), right.as_instant());
        gives_time = left_time || right_time;
    } else if (op == Operator::subtract && (left_time || !right_time)) {
        result = subtract(left.as_instant(), right.as_instant());
        gives_time = left_time && !right_time;
    } else {
        return fault(Fault::Kind::no_overload, at, left, right);
    }
    if (gives_time) return is_timestamp(result) ? Value::timestamp(result) : error("the timestamp lies outside of the years 1 to 9999");
    // CEL counts a difference in 64 bits of nanoseconds
    if (left_time && !fits_nanoseconds(result)) return error("the timestamps lie more than 292 years apart");
    return is_duration(result) ? Value::duration(result) : error("the duration is longer than 10,000 years");
}

Value Evaluation::concatenate(Value const& left, Value const& right) {
    if (left.is(VK::list)) {
        std::size_t const size = left.size() + right.size();
        auto* const items = allocate_array<Value>(size);
        if (items == nullptr || !charge(size / 8)) return exhausted();
        for (std::size_t i = 0; i < left.size(); ++i) new (items + i) Value(left.item(i));
        for (std::size_t i = 0; i < right.size(); ++i) new (items + left.size() + i) Value(right.item(i));
        return Value::list(std::span<Value const>(items, size));
    }
    auto* const text = allocate_array<char>(left.size() + right.size());
    if (text == nullptr) return exhausted();
    if (left.size() > 0) std::memcpy(text, left.as_text().data(), left.size());
    if (right.size() > 0) std::memcpy(text + left.size(), right.as_text().data(), right.size());
    std::string_view const joined(text, left.size() + right.size());
    return left.is(VK::string) ? Value::string(joined) : Value::bytes(joined);
}

Value Evaluation::contains(Value const& element, Value const& container, Index at) {
    if (container.is(VK::map)) {
        if (!charge(container.size() / 32)) return exhausted();
        return Value::boolean(!container.find(element).is(VK::unset));
    }
    if (!container.is(VK::list)) return fault(Fault::Kind::no_overload, at, element, container);
    for (std::size_t i = 0; i < container.size(); ++i) {
        if (i % 4 == 3 && !charge(1)) return exhausted();
        auto const same = equal(element, container.item(i));
        if (!same) return exhausted();
        if (*same) return Value::boolean(true);
    }
    return Value::boolean(false);
}

Value Evaluation::index(Value const& container, Value const& key, Index at, bool optional) {
    if (container.is(VK::list)) {
        std::int64_t position = 0;
        if (!key.is_number()) return fault(Fault::Kind::no_overload, at, container, key);
        bool const whole = whole_number(key, position);
        if (whole && position >= 0 && static_cast<std::uint64_t>(position) < container.size()) {
            Value const found = container.item(static_cast<std::size_t>(position));
            return optional ? some(found) : found;
        }
        if (optional) return Value::none();
        return error("index " + (whole ? std::to_string(position) : format_double(key.as_real())) + " is not in the list of " + std::to_string(container.size()),
                     "ask size() first, or write [?index].orValue(…)");
    }
    if (container.is(VK::map)) {
        if (!charge(container.size() / 32)) return exhausted();
        Value const found = container.find(key);
        if (found.is(VK::unset)) return optional ? Value::none() : fault(Fault::Kind::no_field, at, key, container);
        return optional ? some(found) : found;
    }
    if (container.is(VK::optional)) return container.inner() == nullptr ? container : index(*container.inner(), key, at, true);
    return fault(Fault::Kind::no_overload, at, container, key);
}

Value Evaluation::unary(Instruction const& node, Index at) {
    Value const operand = run(node.a);
    if (operand.is_error()) return operand;
    if (node.oper == Operator::logical_not) return operand.is(VK::boolean) ? Value::boolean(!operand.as_bool()) : not_bool(operand, node.a);
    at_ = at;
    switch (operand.kind()) {
    case VK::integer:
        if (operand.as_int() == INT64_MIN) return error("integer overflow: the result of '-' does not fit 64 bits");
        return Value::integer(-operand.as_int());
    case VK::real: return Value::real(-operand.as_real());
    case VK::duration: return Value::duration(negate(operand.as_instant()));
    default: return error(std::string(code_.source_of(node.a)) + " is " + describe(operand) + ", and '-' needs a number");
    }
}

}  // namespace pawl::cel
