// Comprehensions: all and exists absorb errors like && and ||, the others do not. And the three that bind one value.
#include <vector>

#include "common/cel/evaluation.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {
Value element(Value const& range, std::size_t i) { return range.is(VK::list) ? range.item(i) : range.entry(i).key; }
Value key(Value const& range, std::size_t i) { return range.is(VK::list) ? Value::integer(static_cast<std::int64_t>(i)) : range.entry(i).key; }
}  // namespace

Value Evaluation::fold(Instruction const& node, Index at) {
    if (!is_loop(node.fold)) return bind(node, at);
    Value const range = run(node.a);
    if (range.is_error()) return range;
    if (!range.is(VK::list) && !range.is(VK::map)) {
        at_ = at;
        return error(std::string(code_.source_of(node.a)) + " is " + describe(range) + ", where a list or a map is needed");
    }
    switch (node.fold) {
    case Fold::all:
    case Fold::exists: return fold_bool(node, range);
    case Fold::exists_one: return fold_one(node, range);
    case Fold::filter:
    case Fold::map:
    case Fold::map_filter: return fold_list(node, range);
    case Fold::to_map:
    case Fold::to_map_filter: return fold_map(node, range);
    case Fold::to_entries:
    case Fold::to_entries_filter: return fold_entries(node, range);
    case Fold::bind:
    case Fold::opt_map:
    case Fold::opt_flat_map: break;
    }
    return range;
}

void Evaluation::bind_element(Instruction const& node, Value const& range, std::size_t index) {
    Value* const slot = slots_ + code_.variables.size() + node.detail;
    if (node.op == Op::fold) {
        *slot = element(range, index);
        return;
    }
    slot[0] = key(range, index);
    slot[1] = range.is(VK::list) ? range.item(index) : range.entry(index).value;
}

/// The predicate over the element just bound: true, false, or an error.
Value Evaluation::passes(Instruction const& node) {
    Value const value = run(node.b);
    return value.is(VK::boolean) || value.is_error() ? value : not_bool(value, node.b);
}

Value Evaluation::fold_bool(Instruction const& node, Value const& range) {
    bool const decisive = node.fold == Fold::exists;
    Value result = Value::boolean(!decisive);
    for (std::size_t i = 0; i < range.size(); ++i) {
        bind_element(node, range, i);
        Value const value = passes(node);
        if (exhausted_) return exhausted();
        if (value.is_error()) {
            if (!result.is_error()) result = value;
        } else if (value.as_bool() == decisive) {
            return value;
        }
    }
    return result;
}

Value Evaluation::fold_one(Instruction const& node, Value const& range) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < range.size(); ++i) {
        bind_element(node, range, i);
        Value const value = passes(node);
        if (value.is_error()) return value;
        if (value.as_bool()) ++found;
    }
    return Value::boolean(found == 1);
}

Value Evaluation::fold_list(Instruction const& node, Value const& range) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < range.size(); ++i) {
        bind_element(node, range, i);
        if (has_filter(node.fold)) {
            Value const kept = passes(node);
            if (kept.is_error()) return kept;
            if (!kept.as_bool()) continue;
        }
        Value const item = node.fold == Fold::filter ? element(range, i) : run(node.fold == Fold::map ? node.b : node.c);
        if (item.is_error()) return item;
        items.push_back(item);
    }
    return list(items);
}

Value Evaluation::fold_map(Instruction const& node, Value const& range) {
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i < range.size(); ++i) {
        bind_element(node, range, i);
        if (has_filter(node.fold)) {
            Value const kept = passes(node);
            if (kept.is_error()) return kept;
            if (!kept.as_bool()) continue;
        }
        Value const value = run(has_filter(node.fold) ? node.c : node.b);
        if (value.is_error()) return value;
        entries.push_back({key(range, i), value});
    }
    return map(entries);
}

/// Every element gives a map of its own; a key may come only once.
Value Evaluation::fold_entries(Instruction const& node, Value const& range) {
    std::vector<MapEntry> entries;
    Index const at = has_filter(node.fold) ? node.c : node.b;
    for (std::size_t i = 0; i < range.size(); ++i) {
        bind_element(node, range, i);
        if (has_filter(node.fold)) {
            Value const kept = passes(node);
            if (kept.is_error()) return kept;
            if (!kept.as_bool()) continue;
        }
        Value const made = run(at);
        if (made.is_error()) return made;
        at_ = at;
        if (!made.is(VK::map)) return error("transformMapEntry() needs a map, as {key: value}, this is " + describe(made));
        for (std::size_t j = 0; j < made.size(); ++j) {
            MapEntry const entry = made.entry(j);
            if (!charge(1 + entries.size() / 16)) return exhausted();
            if (!Value::map(std::span<MapEntry const>(entries)).find(entry.key).is(VK::unset)) return error("duplicate map key: " + describe(entry.key));
            entries.push_back(entry);
        }
    }
    return map(entries);
}

/// cel.bind keeps an error until the name is read; optMap and optFlatMap do nothing to an empty optional.
Value Evaluation::bind(Instruction const& node, Index at) {
    Value const bound = run(node.a);
    if (exhausted_) return exhausted();
    Value& slot = slots_[code_.variables.size() + node.detail];
    if (node.fold == Fold::bind) {
        slot = bound;
        return run(node.b);
    }
    at_ = at;
    if (bound.is_error()) return bound;
    if (!bound.is(VK::optional)) return error(std::string(code_.source_of(node.a)) + " is " + describe(bound) + ", where an optional value is needed");
    if (bound.inner() == nullptr) return bound;
    slot = *bound.inner();
    Value const made = run(node.b);
    if (made.is_error()) return made;
    if (node.fold == Fold::opt_map) return some(made);
    at_ = node.b;
    return made.is(VK::optional) ? made : error("optFlatMap() needs an optional value, this is " + describe(made), "use optMap()");
}

}  // namespace pawl::cel
