// Deep copies, a block of memory for each text and container.
#include "common/cel/value_store.h"

#include <cstring>
#include <new>

namespace pawl::cel {

std::byte* ValueStore::block(std::size_t bytes) {
    blocks_.push_back(std::make_unique<std::byte[]>(bytes));  // aligned for max_align_t
    return blocks_.back().get();
}

std::string_view ValueStore::text(std::string_view original) {
    auto* copy = reinterpret_cast<char*>(block(original.size() + 1));
    if (!original.empty()) std::memcpy(copy, original.data(), original.size());
    return {copy, original.size()};
}

Value ValueStore::keep(Value const& value) {
    switch (value.kind()) {
    case Value::Kind::string: return Value::string(text(value.as_text()));
    case Value::Kind::bytes: return Value::bytes(text(value.as_text()));
    case Value::Kind::type: return Value::type(text(value.as_text()));
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

}  // namespace pawl::cel
