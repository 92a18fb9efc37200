// The tables of a program, and how constants stay alive in it.
#include "common/cel/code.h"

#include <cstring>
#include <new>

#include "common/base/text.h"

namespace pawl::cel {

std::byte* Program::Code::block(std::size_t bytes) {
    blocks_.push_back(std::make_unique<std::byte[]>(bytes));  // aligned for max_align_t
    return blocks_.back().get();
}

Value Program::Code::keep(Value const& value) {
    switch (value.kind()) {
    case Value::Kind::string:
    case Value::Kind::bytes:
    case Value::Kind::type: {
        std::string_view const original = value.as_text();
        auto* copy = reinterpret_cast<char*>(block(original.size() + 1));
        if (!original.empty()) std::memcpy(copy, original.data(), original.size());
        std::string_view const kept(copy, original.size());
        if (value.is(Value::Kind::string)) return Value::string(kept);
        return value.is(Value::Kind::bytes) ? Value::bytes(kept) : Value::type(kept);
    }
    case Value::Kind::list: {
        auto* items = reinterpret_cast<Value*>(block(value.size() * sizeof(Value)));
        for (std::size_t i = 0; i < value.size(); ++i) new (items + i) Value(keep(value.item(i)));
        return Value::list(std::span<Value const>(items, value.size()));
    }
    case Value::Kind::map: {
        auto* entries = reinterpret_cast<MapEntry*>(block(value.size() * sizeof(MapEntry)));
        for (std::size_t i = 0; i < value.size(); ++i) {
            MapEntry const entry = value.entry(i);
            new (entries + i) MapEntry{keep(entry.key), keep(entry.value)};
        }
        return Value::map(std::span<MapEntry const>(entries, value.size()));
    }
    case Value::Kind::optional: {
        if (value.inner() == nullptr) return value;
        return Value::some(*new (block(sizeof(Value))) Value(keep(*value.inner())));
    }
    default: return value;
    }
}

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
    case Type::Kind::real: return Coerce::real;
    case Type::Kind::bytes: return Coerce::bytes;
    case Type::Kind::optional: return coercion_to(type.element());
    default: return Coerce::none;
    }
}

}  // namespace pawl::cel
