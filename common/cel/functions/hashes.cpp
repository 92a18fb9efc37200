// sha256 of text or bytes, as 64 lower-case hexadecimal digits.
#include "common/base/text.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

Value sha256(Evaluation& in, std::span<Value const> a) {
    if (!in.charge(a[0].size() / 16)) return in.exhausted();
    return in.string(sha256_hex(a[0].as_text()));
}

}  // namespace

void add_hashes(Library& library) {
    library.function("sha256", {Type::Kind::string}, Type::Kind::string, sha256);
    library.function("sha256", {Type::Kind::bytes}, Type::Kind::string, sha256);
}

}  // namespace pawl::cel
