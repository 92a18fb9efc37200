// Held(ok, message), which expressions of files cannot name.
#include "common/cel/held.h"

#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

Value held(Evaluation& in, std::span<Value const> arguments) {
    if (arguments[0].is_true()) return arguments[0];
    return in.error(arguments[1].as_text());
}

Library make_library() {
    Library library;
    library.function("Held", {Type::Kind::boolean, Type::Kind::string}, Type::Kind::boolean, held);
    return library;
}

}  // namespace

Library const& held_library() {
    static Library const library = make_library();
    return library;
}

}  // namespace pawl::cel
