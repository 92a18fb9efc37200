// The evaluator: one function computes a node from its children. Operators are in operators.cpp, comprehensions in folds.cpp.
#include "common/cel/evaluation.h"

#include <cstring>

#include "common/base/text.h"

namespace pawl::cel {

using VK = Value::Kind;

Evaluation::Evaluation(Program::Code const& code, Activation const& values, Budget& budget, Observer* observer)
    : code_(code), values_(values), budget_(budget), observer_(observer), slots_(few_slots_.data()) {
    std::size_t const slots = code.variables.size() + code.locals;
    if (slots > few_slots_.size()) {
        many_slots_ = std::make_unique<Value[]>(slots);
        slots_ = many_slots_.get();
    }
    out_of_budget_.kind = Fault::Kind::budget;
}

// --- the budget and memory ---

bool Evaluation::charge(std::uint64_t steps) {
    if (steps > budget_.steps_left) {
        budget_.steps_left = 0;
        exhausted_ = true;
        return false;
    }
    budget_.steps_left -= steps;
    return true;
}

void* Evaluation::allocate(std::uint64_t bytes) {
    if (exhausted_ || bytes > budget_.bytes_left) {
        exhausted_ = true;
        return nullptr;
    }
    budget_.bytes_left -= bytes;
    if (!charge_bytes_seen(bytes)) return nullptr;
    return arena_.allocate(bytes);
}

Value Evaluation::exhausted() {
    exhausted_ = true;
    out_of_budget_.node = at_;
    return Value::error(out_of_budget_);
}

std::string_view Evaluation::copy(std::string_view text) {
    auto* const place = static_cast<char*>(allocate(text.size()));
    if (place == nullptr) return {};
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
}

Value Evaluation::string(std::string_view text) {
    std::string_view const kept = copy(text);
    return exhausted_ ? exhausted() : Value::string(kept);
}

Value Evaluation::bytes(std::string_view bytes) {
    std::string_view const kept = copy(bytes);
    return exhausted_ ? exhausted() : Value::bytes(kept);
}

Value Evaluation::some(Value const& inner) {
    auto* const place = allocate_array<Value>(1);
    return place != nullptr ? Value::some(*new (place) Value(inner)) : exhausted();
}

Value Evaluation::list(std::span<Value const> items) {
    auto* const place = allocate_array<Value>(items.size());
    if (place == nullptr) return exhausted();
    std::uninitialized_copy(items.begin(), items.end(), place);
    return Value::list(std::span<Value const>(place, items.size()));
}

Value Evaluation::map(std::span<MapEntry const> entries) {
    auto* const place = allocate_array<MapEntry>(entries.size());
    if (place == nullptr) return exhausted();
    std::uninitialized_copy(entries.begin(), entries.end(), place);
    return Value::map(std::span<MapEntry const>(place, entries.size()));
}

Value Evaluation::document(Json json) {
    documents_.push_back(std::make_unique<Json const>(std::move(json)));
    return Value::of(*documents_.back());
}

Value Evaluation::fault(Fault::Kind kind, Index node, Value const& a, Value const& b) {
    auto* const place = allocate_array<Fault>(1);
    if (place == nullptr) return exhausted();
    return Value::error(*new (place) Fault{kind, node, a, b, {}, {}});
}

Value Evaluation::error(std::string_view message, std::string_view hint) {
    auto* const place = allocate_array<Fault>(1);
    if (place == nullptr) return exhausted();
    return Value::error(*new (place) Fault{Fault::Kind::text, at_, {}, {}, copy(message), copy(hint)});
}

Value Evaluation::not_bool(Value const& value, Index node) { return fault(Fault::Kind::not_bool, node, value); }

Regex const* Evaluation::pattern(std::string_view text, std::string& problem) {
    for (auto const& known : code_.patterns) {
        if (known->pattern() == text) return known.get();
    }
    if (last_pattern_ == nullptr || last_pattern_->pattern() != text) {
        if (!charge(100 + text.size())) return nullptr;
        last_pattern_ = std::make_unique<Regex const>(text);
        if (!charge(last_pattern_->size() / 2)) return nullptr;  // compiling a large pattern takes milliseconds
    }
    problem = last_pattern_->problem();
    return problem.empty() ? last_pattern_.get() : nullptr;
}

// --- nodes ---

Value Evaluation::run(Index node) {
    if (budget_.steps_left == 0 || exhausted_) [[unlikely]] {
        at_ = node;
        return exhausted();
    }
    --budget_.steps_left;
    Value const value = compute(node);
    if (observer_ != nullptr) [[unlikely]] observer_->computed(node, value);
    return value;
}

Value Evaluation::compute(Index at) {
    Instruction const& node = code_.nodes[at];
    switch (node.op) {
    case Op::constant: return code_.constants[node.a];
    case Op::variable: {
        Value const& known = slots_[node.a];
        return known.is(VK::unset) ? variable(node) : known;
    }
    case Op::local: {
        Value const& value = slots_[code_.variables.size() + node.a];
        return node.coerce == Coerce::none ? value : coerce(value, node.coerce, at);
    }
    case Op::status: return Value::boolean(values_.status(code_.status_names[node.a]));
    case Op::select:
    case Op::select_optional:
    case Op::has: return select(node, at);
    case Op::unary: return unary(node, at);
    case Op::binary: return binary(node, at);
    case Op::logical_and: return logical(node, false);
    case Op::logical_or: return logical(node, true);
    case Op::conditional: return conditional(node);
    case Op::list: return make_list(node);
    case Op::map: return make_map(node);
    case Op::call: return call(node, at);
    case Op::fold:
    case Op::fold_pairs: return fold(node, at);
    }
    ASSERT(false);
    return exhausted();
}

Value Evaluation::variable(Instruction const& node) {
    auto const at = static_cast<Index>(&node - code_.nodes.data());
    Json const* const json = values_.variable(code_.variables[node.a]);
    Value value = json != nullptr ? Value::of(*json) : values_.value(code_.variables[node.a]);
    if (value.is(VK::unset)) value = fault(Fault::Kind::no_variable, at);
    if (node.coerce != Coerce::none) value = coerce(value, node.coerce, at);
    slots_[node.a] = value;
    return value;
}

/// JSON under a declared type: "2026-01-01T00:00:00Z" under timestamp. What is not of that form stays, and fails where it is used.
Value Evaluation::coerce(Value const& value, Coerce to, Index node) {
    if (value.is(VK::optional)) {
        if (value.inner() == nullptr) return value;
        Value const inner = coerce(*value.inner(), to, node);
        return inner.is_error() ? inner : some(inner);
    }
    if (to == Coerce::real) {
        if (value.is(VK::integer)) return Value::real(static_cast<double>(value.as_int()));
        if (value.is(VK::unsigned_integer)) return Value::real(static_cast<double>(value.as_uint()));
        return value;
    }
    at_ = node;
    if (to == Coerce::integer) {
        std::int64_t whole = 0;
        if (!value.is(VK::real)) return value;
        if (whole_number(value, whole)) return Value::integer(whole);
        return error(std::string(code_.source_of(node)) + " is declared int, but is " + describe(value), "declare it as number");
    }
    if (!value.is(VK::string)) return value;
    if (to == Coerce::timestamp) {
        if (auto const parsed = parse_timestamp(value.as_text())) return Value::timestamp(*parsed);
        return error(std::string(code_.source_of(node)) + " is declared timestamp, but is " + describe(value), "a timestamp looks like 2026-11-24T17:20:12Z");
    }
    if (to == Coerce::duration) {
        if (auto const parsed = parse_span(value.as_text())) return Value::duration(*parsed);
        return error(std::string(code_.source_of(node)) + " is declared duration, but is " + describe(value), "a duration looks like 1h30m or 1.5s");
    }
    return Value::bytes(value.as_text());
}

Value Evaluation::select(Instruction const& node, Index at) {
    Value const operand = run(node.a);
    if (operand.is_error()) return operand;
    Value const found = field(operand, node, at);
    return node.coerce == Coerce::none || found.is_error() ? found : coerce(found, node.coerce, at);
}

Value Evaluation::field(Value const& operand, Instruction const& node, Index at) {
    Value const& key = code_.constants[node.b];
    if (operand.is(VK::map)) {
        Value const found = operand.find(key.as_text());
        if (operand.size() > 32 && !charge(operand.size() / 32)) return exhausted();
        bool const missing = found.is(VK::unset);
        if (node.op == Op::has) return Value::boolean(!missing);
        if (node.op == Op::select_optional) return missing ? Value::none() : some(found);
        return missing ? fault(Fault::Kind::no_field, at, key, operand) : found;
    }
    if (operand.is(VK::optional)) {
        // a path that began with '.?' stays optional to its end
        if (operand.inner() == nullptr) return node.op == Op::has ? Value::boolean(false) : operand;
        Instruction optional = node;
        if (node.op == Op::select) optional.op = Op::select_optional;
        return field(*operand.inner(), optional, at);
    }
    return fault(Fault::Kind::not_a_map, at, operand, key);
}

/// && and || : the decisive value of any side wins, then the first error. Running out of budget wins over all.
Value Evaluation::logical(Instruction const& node, bool decisive) {
    Value result = Value::boolean(!decisive);
    for (Index i = 0; i < node.b; ++i) {
        Index const operand = code_.operands[node.a + i];
        Value value = run(operand);
        if (exhausted_) [[unlikely]] return exhausted();
        if (value.is(VK::boolean)) {
            if (value.as_bool() != decisive) continue;
            result = value;
            if (observer_ == nullptr) return result;
            continue;
        }
        if (!value.is_error()) value = not_bool(value, operand);
        bool const decided = result.is(VK::boolean) && result.as_bool() == decisive;  // only with an observer
        if (!result.is_error() && !decided) result = value;
    }
    return result;
}

Value Evaluation::conditional(Instruction const& node) {
    Value const condition = run(node.a);
    if (condition.is_true()) return run(node.b);
    if (condition.is_false()) return run(node.c);
    return condition.is_error() ? condition : not_bool(condition, node.a);
}

Value Evaluation::make_list(Instruction const& node) {
    auto* const items = allocate_array<Value>(node.b);
    if (items == nullptr) return exhausted();
    std::size_t count = 0;
    for (Index i = 0; i < node.b; ++i) {
        Index const at = code_.operands[node.a + i];
        Value value = run(at);
        if (value.is_error()) return value;
        if (node.c != no_index && code_.marks[node.c + i] != 0) {
            if (!value.is(VK::optional)) return at_ = at, error("'?' needs an optional value, this is " + describe(value));
            if (value.inner() == nullptr) continue;
            value = *value.inner();
        }
        new (items + count++) Value(value);
    }
    return Value::list(std::span<Value const>(items, count));
}

Value Evaluation::make_map(Instruction const& node) {
    std::size_t const most = node.b / 2;
    auto* const entries = allocate_array<MapEntry>(most);
    if (entries == nullptr) return exhausted();
    std::size_t count = 0;
    for (Index i = 0; i < node.b; i += 2) {
        Index const key_at = code_.operands[node.a + i], value_at = code_.operands[node.a + i + 1];
        Value const key = run(key_at);
        if (key.is_error()) return key;
        bool const legal = key.is(VK::string) || key.is(VK::integer) || key.is(VK::unsigned_integer) || key.is(VK::boolean);
        at_ = key_at;
        if (!legal) return error("a map key cannot be " + describe(key), "keys are string, int, uint or bool");
        Value value = run(value_at);
        if (value.is_error()) return value;
        if (node.c != no_index && code_.marks[node.c + i / 2] != 0) {
            if (!value.is(VK::optional)) return at_ = value_at, error("'?' needs an optional value, this is " + describe(value));
            if (value.inner() == nullptr) continue;
            value = *value.inner();
        }
        if (!charge(count / 16)) return exhausted();
        at_ = key_at;
        if (!Value::map(std::span<MapEntry const>(entries, count)).find(key).is(VK::unset)) return error("duplicate map key: " + describe(key));
        new (entries + count++) MapEntry{key, value};
    }
    return Value::map(std::span<MapEntry const>(entries, count));
}

Value Evaluation::call(Instruction const& node, Index at) {
    std::array<Value, 8> few;
    Value* arguments = few.data();
    if (node.b > few.size()) {
        arguments = allocate_array<Value>(node.b);
        if (arguments == nullptr) return exhausted();
    }
    for (Index i = 0; i < node.b; ++i) {
        Value const value = run(code_.operands[node.a + i]);
        if (value.is_error()) return value;
        new (arguments + i) Value(value);
    }
    std::span<Value const> const given(arguments, node.b);
    Function const& function = *code_.functions[node.c];
    at_ = at;
    for (Overload const& overload : function.overloads) {
        if (!overload.accepts(node.detail != 0, given)) continue;
        if (overload.run != nullptr) return overload.run(*this, given);
        return error(function.name + "() is only declared");
    }
    std::string kinds, values;
    for (std::size_t i = 0; i < given.size(); ++i) {
        bool const receiver = i == 0 && node.detail != 0;
        if (!receiver && !kinds.empty()) kinds += ", ";
        if (!receiver) kinds += type_name(given[i].kind());
        Index const argument = code_.operands[node.a + static_cast<Index>(i)];
        if (code_.nodes[argument].op == Op::constant || !values.empty()) continue;
        values = std::string(code_.source_of(argument)) + " is " + describe(given[i]);
    }
    std::string const receiver = node.detail != 0 ? std::string(type_name(given[0].kind())) + "." : "";
    return error("no such overload: " + receiver + function.name + "(" + kinds + ")", values);
}

}  // namespace pawl::cel
