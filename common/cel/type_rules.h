// Which types go together: unification with type parameters, and what operators accept and give.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "common/cel/ast.h"
#include "common/cel/type.h"

namespace pawl::cel {

bool is_number(Type const& type);
/// The type that holds both; empty when a mixture is a mistake. null goes with everything, dyn with all; what is unbound gives way.
std::optional<Type> join_types(Type const& a, Type const& b);

/// Bindings of type parameters during one call.
using Bindings = std::map<std::string, Type, std::less<>>;
bool unify(Type const& parameter, Type const& argument, Bindings& bindings);
/// Parameters replaced by what they are bound to.
Type substitute(Type const& type, Bindings const& bindings);

/// The result of an operator over operands of these types; empty: no such overload.
std::optional<Type> unary_result(Operator op, Type const& operand);
std::optional<Type> binary_result(Operator op, Type const& left, Type const& right);

}  // namespace pawl::cel
