// Names of operators and chains.
#include "common/cel/ast.h"

namespace pawl::cel {

std::string_view symbol(Operator op) {
    switch (op) {
    case Operator::none: return "";
    case Operator::add: return "+";
    case Operator::subtract:
    case Operator::negate: return "-";
    case Operator::multiply: return "*";
    case Operator::divide: return "/";
    case Operator::modulo: return "%";
    case Operator::logical_not: return "!";
    case Operator::logical_and: return "&&";
    case Operator::logical_or: return "||";
    case Operator::conditional: return "? :";
    case Operator::equal: return "==";
    case Operator::not_equal: return "!=";
    case Operator::less: return "<";
    case Operator::less_equal: return "<=";
    case Operator::greater: return ">";
    case Operator::greater_equal: return ">=";
    case Operator::in: return "in";
    case Operator::index: return "[]";
    case Operator::optional_index: return "[?]";
    }
    return "";
}

std::string Ast::dotted_name(NodeId id) const {
    Node const& node = nodes[id];
    if (node.kind == Node::Kind::name) return node.text;
    if (node.kind != Node::Kind::select || node.optional) return "";
    std::string name = dotted_name(node.children[0]);
    return name.empty() ? name : name + "." + node.text;
}

}  // namespace pawl::cel
