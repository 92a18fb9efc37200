// The tables of a program: where its nodes stand, and how JSON takes the form of a declared type.
#include "common/cel/code.h"

namespace pawl::cel {

std::string_view Program::Code::source_of(Index node) const {
    Range const at = spots[node].at;
    return std::string_view(text).substr(at.begin, at.length());
}

SourcePos Program::Code::place_of(Index node) const {
    Spot const& spot = spots[node];
    return {file, spot.line, spot.column, spot.length};
}

Coerce coercion_to(Type const& type) {
    switch (type.kind()) {
    case Type::Kind::timestamp: return Coerce::timestamp;
    case Type::Kind::duration: return Coerce::duration;
    case Type::Kind::integer: return Coerce::integer;
    case Type::Kind::real: return Coerce::real;
    case Type::Kind::bytes: return Coerce::bytes;
    case Type::Kind::optional: return coercion_to(type.element());
    default: return Coerce::none;
    }
}

}  // namespace pawl::cel
