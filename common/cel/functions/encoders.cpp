// base64.encode and base64.decode: bytes as text and back.
#include "common/cel/base64.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using Arguments = std::span<Value const>;

Value encode(Evaluation& in, Arguments a) {
    if (a[0].size() * 2 > in.budget().bytes_left) return in.exhausted();
    return in.string(base64_encode(a[0].as_text()));
}

Value decode(Evaluation& in, Arguments a) {
    if (a[0].size() > in.budget().bytes_left) return in.exhausted();
    auto const bytes = base64_decode(a[0].as_text());
    return bytes ? in.bytes(*bytes) : in.error(describe(a[0]) + " is not base64");
}

}  // namespace

void add_encoders(Library& library) {
    library.function("base64.encode", {Type::Kind::bytes}, Type::Kind::string, encode);
    library.function("base64.decode", {Type::Kind::string}, Type::Kind::bytes, decode);
}

}  // namespace pawl::cel
