// The typing of operators as a table of cases, and unification.
#include "common/cel/type_rules.h"

namespace pawl::cel {
namespace {

using Kind = Type::Kind;

bool silent(Type const& type) { return type.is_dyn() || type.kind() == Kind::error; }
bool is(Type const& type, Kind kind) { return type.kind() == kind; }

std::optional<Type> number_result(Type const& left, Type const& right) {
    if (left.is_unbound()) return right;
    if (right.is_unbound()) return left;
    if (silent(left) || silent(right)) return Type();
    if (left.kind() == right.kind()) return left;
    return Type(Kind::real);
}

std::optional<Type> list_result(Type const& left, Type const& right) {
    if (silent(left)) return right;
    if (silent(right)) return left;
    auto const element = join_types(left.element(), right.element());
    return Type::list(element.value_or(Type()));
}

std::optional<Type> add_result(Type const& left, Type const& right) {
    if (silent(left) && silent(right)) return Type();
    bool const left_number = is_number(left), right_number = is_number(right);
    if ((left_number && (right_number || silent(right))) || (right_number && silent(left))) return number_result(left, right);
    for (Kind const kind : {Kind::string, Kind::bytes}) {
        if ((is(left, kind) || silent(left)) && (is(right, kind) || silent(right))) return Type(kind);
    }
    if ((is(left, Kind::list) || silent(left)) && (is(right, Kind::list) || silent(right))) return list_result(left, right);
    bool const left_time = is(left, Kind::timestamp), right_time = is(right, Kind::timestamp);
    bool const left_span = is(left, Kind::duration) || silent(left), right_span = is(right, Kind::duration) || silent(right);
    if ((left_time && right_span) || (left_span && right_time)) return Type(Kind::timestamp);
    if (left_span && right_span) return silent(left) || silent(right) ? Type() : Type(Kind::duration);  // a dyn may be a timestamp
    return std::nullopt;
}

std::optional<Type> subtract_result(Type const& left, Type const& right) {
    if (silent(left) && silent(right)) return Type();
    bool const left_number = is_number(left) || silent(left), right_number = is_number(right) || silent(right);
    if (left_number && right_number) return number_result(left, right);
    if (is(left, Kind::timestamp)) {
        if (is(right, Kind::timestamp)) return Type(Kind::duration);
        if (is(right, Kind::duration)) return Type(Kind::timestamp);
        if (silent(right)) return Type();
    }
    if (silent(left)) {
        if (is(right, Kind::timestamp)) return Type(Kind::duration);
        if (is(right, Kind::duration)) return Type();
    }
    if (is(left, Kind::duration) && (is(right, Kind::duration) || silent(right))) return Type(Kind::duration);
    return std::nullopt;
}

bool is_ordered(Type const& type) {
    switch (type.kind()) {
    case Kind::boolean:
    case Kind::string:
    case Kind::bytes:
    case Kind::timestamp:
    case Kind::duration: return true;
    default: return is_number(type);
    }
}

bool comparable(Type const& left, Type const& right) {
    if (silent(left)) return silent(right) || is_ordered(right);
    if (silent(right)) return is_ordered(left);
    return is_ordered(left) && (left.kind() == right.kind() || (is_number(left) && is_number(right)));
}

std::optional<Type> in_result(Type const& element, Type const& container) {
    switch (container.kind()) {
    case Kind::list:
        if (!join_types(element, container.element())) return std::nullopt;
        return Type(Kind::boolean);
    case Kind::map:
        if (!join_types(element, container.key())) return std::nullopt;
        return Type(Kind::boolean);
    case Kind::object:
        if (!silent(element) && !is(element, Kind::string)) return std::nullopt;
        return Type(Kind::boolean);
    default:
        if (silent(container)) return Type(Kind::boolean);
        return std::nullopt;
    }
}

std::optional<Type> index_result(Type const& container, Type const& key) {
    switch (container.kind()) {
    case Kind::list:
        if (!silent(key) && !is_number(key)) return std::nullopt;
        return container.element();
    case Kind::map:
        if (!join_types(container.key(), key)) return std::nullopt;
        return container.element();
    case Kind::object:
        if (!silent(key) && !is(key, Kind::string)) return std::nullopt;
        return Type();
    case Kind::optional: {
        auto const inner = index_result(container.element(), key);
        if (!inner) return std::nullopt;
        return is(*inner, Kind::optional) ? *inner : Type::optional(*inner);
    }
    default:
        if (silent(container)) return Type();
        return std::nullopt;
    }
}

}  // namespace

bool is_number(Type const& type) {
    return type.kind() == Kind::integer || type.kind() == Kind::unsigned_integer || type.kind() == Kind::real;
}

/// Without parts: equal kinds are equal types.
static bool is_simple(Kind kind) { return kind < Kind::list || kind == Kind::secret; }

/// The types of protobuf's messages among ours: CEL takes null for one of them.
static bool may_be_null(Type const& type) { return is(type, Kind::timestamp) || is(type, Kind::duration) || is(type, Kind::optional); }

std::optional<Type> join_types(Type const& a, Type const& b) {
    if (is(a, Kind::error) || is(b, Kind::error)) return Type(Kind::error);
    if (a.is_unbound()) return b;
    if (b.is_unbound()) return a;
    if (a.is_dyn() || b.is_dyn()) return Type();
    if (a.kind() == b.kind() && is_simple(a.kind())) return a;
    if (is(a, Kind::null)) return may_be_null(b) ? b : Type();
    if (is(b, Kind::null)) return may_be_null(a) ? a : Type();
    if (is_number(a) && is_number(b)) return Type();
    if (a.kind() == Kind::list && b.kind() == Kind::list) {
        auto const element = join_types(a.element(), b.element());
        return element ? std::optional(Type::list(*element)) : std::nullopt;
    }
    if (a.kind() == Kind::optional && b.kind() == Kind::optional) {
        auto const element = join_types(a.element(), b.element());
        return element ? std::optional(Type::optional(*element)) : std::nullopt;
    }
    if (a.kind() == Kind::type && b.kind() == Kind::type) return Type::type_of(Type());
    if (a.kind() == Kind::map && b.kind() == Kind::map) {
        auto const key = join_types(a.key(), b.key());
        auto const element = join_types(a.element(), b.element());
        return key && element ? std::optional(Type::map(*key, *element)) : std::nullopt;
    }
    if (a == b) return a;
    bool const maps = (a.kind() == Kind::object || a.kind() == Kind::map) && (b.kind() == Kind::object || b.kind() == Kind::map);
    if (maps) return Type::map(Type(Kind::string), Type());
    return std::nullopt;
}

bool unify(Type const& parameter, Type const& argument, Bindings& bindings) {
    if (silent(parameter) || is(argument, Kind::error)) return true;
    if (argument.is_dyn() && !is(parameter, Kind::parameter)) return true;
    switch (parameter.kind()) {
    case Kind::parameter: {
        auto const bound = bindings.find(parameter.name());
        if (bound == bindings.end()) {
            bindings.emplace(parameter.name(), argument);
            return true;
        }
        auto joined = join_types(bound->second, argument);
        if (!joined) return false;
        bound->second = std::move(*joined);
        return true;
    }
    case Kind::list:
    case Kind::optional:
    case Kind::type: return is(argument, parameter.kind()) && unify(parameter.element(), argument.element(), bindings);
    case Kind::map:
        if (is(argument, Kind::object)) return unify(parameter.key(), Type(Kind::string), bindings);
        return is(argument, Kind::map) && unify(parameter.key(), argument.key(), bindings) && unify(parameter.element(), argument.element(), bindings);
    case Kind::object: return is(argument, Kind::object) || is(argument, Kind::map);
    default: return parameter.kind() == argument.kind();
    }
}

Type substitute(Type const& type, Bindings const& bindings) {
    switch (type.kind()) {
    case Kind::parameter: {
        auto const bound = bindings.find(type.name());
        return bound != bindings.end() ? bound->second : Type::unbound();
    }
    case Kind::list: return Type::list(substitute(type.element(), bindings));
    case Kind::optional: return Type::optional(substitute(type.element(), bindings));
    case Kind::type: return Type::type_of(substitute(type.element(), bindings));
    case Kind::map: return Type::map(substitute(type.key(), bindings), substitute(type.element(), bindings));
    default: return type;
    }
}

std::optional<Type> unary_result(Operator op, Type const& operand) {
    if (op == Operator::logical_not) {
        if (silent(operand) || is(operand, Kind::boolean)) return Type(Kind::boolean);
        return std::nullopt;
    }
    if (silent(operand)) return Type();
    if (is(operand, Kind::integer) || is(operand, Kind::real) || is(operand, Kind::duration)) return operand;
    return std::nullopt;
}

std::optional<Type> binary_result(Operator op, Type const& left, Type const& right) {
    switch (op) {
    case Operator::add: return add_result(left, right);
    case Operator::subtract: return subtract_result(left, right);
    case Operator::multiply:
    case Operator::divide:
        if ((is_number(left) || silent(left)) && (is_number(right) || silent(right))) return number_result(left, right);
        return std::nullopt;
    case Operator::modulo: {
        bool const left_whole = silent(left) || (is_number(left) && !is(left, Kind::real));
        bool const right_whole = silent(right) || (is_number(right) && !is(right, Kind::real));
        if (!left_whole || !right_whole) return std::nullopt;
        if (!silent(left) && !silent(right) && left.kind() != right.kind()) return std::nullopt;
        return silent(left) ? right : left;
    }
    case Operator::equal:
    case Operator::not_equal:
        if (!join_types(left, right)) return std::nullopt;
        return Type(Kind::boolean);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
        if (!comparable(left, right)) return std::nullopt;
        return Type(Kind::boolean);
    case Operator::in: return in_result(left, right);
    case Operator::index: return index_result(left, right);
    case Operator::optional_index: {
        auto const inner = index_result(left, right);
        if (!inner) return std::nullopt;
        return is(*inner, Kind::optional) ? *inner : Type::optional(*inner);
    }
    default: return std::nullopt;
    }
}

}  // namespace pawl::cel
