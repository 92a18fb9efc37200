// Comprehensions: all and exists absorb errors like && and ||, the others do not.
#include <vector>

#include "common/cel/evaluation.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {
Value element(Value const& range, std::size_t i) { return range.is(VK::list) ? range.item(i) : range.entry(i).key; }
}  // namespace

Value Evaluation::fold(Instruction const& node, Index at) {
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
    }
    return range;
}

Value Evaluation::fold_bool(Instruction const& node, Value const& range) {
    bool const decisive = node.fold == Fold::exists;
    Value result = Value::boolean(!decisive);
    Value& slot = slots_[code_.variables.size() + node.detail];
    for (std::size_t i = 0; i < range.size(); ++i) {
        slot = element(range, i);
        Value value = run(node.b);
        if (exhausted_) return exhausted();
        if (value.is(VK::boolean)) {
            if (value.as_bool() == decisive) return value;
            continue;
        }
        if (!result.is_error()) result = value.is_error() ? value : not_bool(value, node.b);
    }
    return result;
}

Value Evaluation::fold_one(Instruction const& node, Value const& range) {
    std::size_t found = 0;
    Value& slot = slots_[code_.variables.size() + node.detail];
    for (std::size_t i = 0; i < range.size(); ++i) {
        slot = element(range, i);
        Value const value = run(node.b);
        if (value.is_error()) return value;
        if (!value.is(VK::boolean)) return not_bool(value, node.b);
        if (value.as_bool()) ++found;
    }
    return Value::boolean(found == 1);
}

Value Evaluation::fold_list(Instruction const& node, Value const& range) {
    std::vector<Value> items;
    Value& slot = slots_[code_.variables.size() + node.detail];
    for (std::size_t i = 0; i < range.size(); ++i) {
        Value const item = element(range, i);
        slot = item;
        Value const value = run(node.b);
        if (value.is_error()) return value;
        if (node.fold == Fold::map) {
            items.push_back(value);
            continue;
        }
        if (!value.is(VK::boolean)) return not_bool(value, node.b);
        if (!value.as_bool()) continue;
        if (node.fold == Fold::filter) {
            items.push_back(item);
            continue;
        }
        Value const mapped = run(node.c);
        if (mapped.is_error()) return mapped;
        items.push_back(mapped);
    }
    return list(items);
}

}  // namespace pawl::cel
