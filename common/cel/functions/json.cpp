// json.parse and json.encode: text to value and back. The double 3 is written 3.0, so that it comes back as a double.
#include "common/base/json.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using Arguments = std::span<Value const>;

constexpr std::uint64_t tree_bytes_per_text_byte = 8;  // "[1,1,1" needs about twenty for two

Value parse(Evaluation& in, Arguments a) {
    std::string_view const text = a[0].as_text();
    Budget& budget = in.budget();
    std::uint64_t const bytes = text.size() * tree_bytes_per_text_byte;
    if (bytes > budget.bytes_left || !in.charge(text.size() / 8)) return in.exhausted();
    budget.bytes_left -= bytes;
    auto parsed = parse_json(text);
    if (parsed) return in.document(std::move(*parsed));
    std::string const place = parsed.error().where && parsed.error().where->line > 0
                                  ? " at line " + std::to_string(parsed.error().where->line) + ", column " + std::to_string(parsed.error().where->column)
                                  : "";
    return in.error("this text is not JSON: " + parsed.error().message + place);
}

Value encode(Evaluation& in, Arguments a) {
    Budget& budget = in.budget();
    std::uint64_t const before = budget.bytes_left;
    auto const json = to_json(a[0], budget);
    if (!json || !in.charge((before - budget.bytes_left) / 32)) return in.exhausted();
    return in.string(dump_json(*json));
}

}  // namespace

void add_json(Library& library) {
    library.function("json.parse", {Type::Kind::string}, Type::Kind::dyn, parse);
    library.function("json.encode", {Type::parameter("T")}, Type::Kind::string, encode);
}

}  // namespace pawl::cel
