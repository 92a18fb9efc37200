// Optional values: what `.?` and `[?]` give, and how to get out of them.
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using VK = Value::Kind;
using Arguments = std::span<Value const>;

Value of(Evaluation& in, Arguments a) { return in.some(a[0]); }
Value none(Evaluation&, Arguments) { return Value::none(); }

bool is_zero(Value const& value) {
    switch (value.kind()) {
    case VK::null: return true;
    case VK::boolean: return !value.as_bool();
    case VK::integer: return value.as_int() == 0;
    case VK::unsigned_integer: return value.as_uint() == 0;
    case VK::real: return value.as_real() == 0;
    case VK::string:
    case VK::bytes:
    case VK::list:
    case VK::map: return value.size() == 0;
    case VK::duration: return value.as_instant() == Instant{};
    case VK::optional: return value.inner() == nullptr;
    default: return false;
    }
}
Value of_non_zero(Evaluation& in, Arguments a) { return is_zero(a[0]) ? Value::none() : in.some(a[0]); }

Value has_value(Evaluation&, Arguments a) { return Value::boolean(a[0].inner() != nullptr); }
Value value(Evaluation& in, Arguments a) {
    if (a[0].inner() != nullptr) return *a[0].inner();
    return in.error("value() of an optional that has none", "write .orValue(…), or ask .hasValue() first");
}
Value or_value(Evaluation&, Arguments a) { return a[0].inner() != nullptr ? *a[0].inner() : a[1]; }
Value or_optional(Evaluation&, Arguments a) { return a[0].inner() != nullptr ? a[0] : a[1]; }

}  // namespace

void add_optionals(Library& library) {
    Type const any = Type::parameter("T"), optional = Type::optional(any);
    library.function("optional.of", {any}, optional, of);
    library.function("optional.none", {}, optional, none);
    library.function("optional.ofNonZeroValue", {any}, optional, of_non_zero);
    library.member("hasValue", {optional}, Type::Kind::boolean, has_value);
    library.member("value", {optional}, any, value);
    library.member("orValue", {optional, any}, any, or_value);
    library.member("or", {optional, optional}, optional, or_optional);
}

}  // namespace pawl::cel
