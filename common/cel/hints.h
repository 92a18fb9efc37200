// What the checker suggests: the words behind "hint:".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/cel/ast.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {

std::string unknown_name_hint(std::string const& name, std::vector<std::string_view> const& known, Library const& library);
std::string unknown_field_hint(std::string const& name, Type const& object);
std::string unknown_function_hint(std::string const& name, std::vector<std::string_view> const& known);
/// "upperAscii takes: string.upperAscii()".
std::string overloads_hint(Function const& function);
/// "size(int)", "int.startsWith(string)".
std::string call_text(std::string_view name, bool member, std::vector<Type> const& arguments);
std::string unary_hint(Operator op, Type const& operand);
/// For a binary operation without overload: another field that would fit, or a conversion.
std::string binary_hint(Ast const& ast, std::vector<Type> const& types, NodeId id);
std::string bool_hint(std::string const& text, Type const& found);
std::string conversion_hint(Type const& wanted, std::string const& text);
std::string index_hint(std::string const& text, Type const& container);

/// The expression as it can be shown in a sentence: printed anew from the tree, shortened.
std::string source_text(Ast const& ast, NodeId id);

}  // namespace pawl::cel
