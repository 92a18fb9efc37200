// Operators, indexing, calls and their overloads.
#include <algorithm>

#include "common/base/error_codes.h"
#include "common/cel/checker_walk.h"

namespace pawl::cel {

using TK = Type::Kind;

Type Checker::refuse_secret(Range at) {
    reporter_.error(code::expression_type, at, "a secret cannot be part of an expression",
                    "pass it on as a whole: a value that is nothing but ${{ secrets.NAME }}, in env, files or a header");
    return TK::error;
}

bool Checker::visit_children(NodeId id) {
    bool sound = true;
    for (NodeId const child : ast_[id].children) {
        visit(child);
        if (out_.tainted[child]) out_.tainted[id] = 1;
        if (holds_secret(type(child))) {
            refuse_secret(ast_[child].at);
            sound = false;
        }
        if (type(child).kind() == TK::error) sound = false;
    }
    return sound;
}

Type Checker::operation(NodeId id, bool in_chain) {
    Node const& node = ast_[id];
    switch (node.op) {
    case Operator::index:
    case Operator::optional_index: return index(id, in_chain);
    case Operator::logical_and:
    case Operator::logical_or: {
        visit_children(id);
        for (NodeId const child : node.children) need_bool(child, symbol(node.op));
        return TK::boolean;
    }
    case Operator::conditional: return conditional(id);
    default: break;
    }
    if (!visit_children(id)) return gives_bool(node.op) ? Type(TK::boolean) : Type(TK::error);
    if (node.children.size() == 1) {
        Type const& operand = type(node.children[0]);
        if (auto const result = unary_result(node.op, operand)) return *result;
        mistake(code::expression_type, node.mark, "no such overload: " + std::string(symbol(node.op)) + operand.to_string(),
                unary_hint(node.op, operand));
        return node.op == Operator::logical_not ? Type(TK::boolean) : Type(TK::error);
    }
    Type const &left = type(node.children[0]), &right = type(node.children[1]);
    auto const result = binary_result(node.op, left, right);
    if (!result) {
        mistake(code::expression_type, node.mark, "no such overload: " + left.to_string() + " " + std::string(symbol(node.op)) + " " + right.to_string(),
                binary_hint(ast_, out_.types, id));
        return gives_bool(node.op) ? Type(TK::boolean) : Type(TK::error);
    }
    if (node.op == Operator::divide && environment_.strictness.division) check_division(node, left, right);
    return *result;
}

bool Checker::gives_bool(Operator op) {
    return (op >= Operator::equal && op <= Operator::in) || op == Operator::logical_not;
}

void Checker::check_division(Node const& node, Type const& left, Type const& right) {
    if (left.kind() == TK::real || right.kind() == TK::real || (!left.is_dyn() && !right.is_dyn())) return;
    std::string const blamed = text_of(node.children[left.is_dyn() ? 0 : 1]);
    mistake(code::expression_type, node.mark, "the result of '/' would depend on whether " + blamed + " is spelled as an integer",
            "declare it as number, or write double(" + blamed + ")");
}

void Checker::need_bool(NodeId id, std::string_view where) {
    Type const& found = type(id);
    if (found.kind() == TK::boolean || found.is_dyn() || found.kind() == TK::error || holds_secret(found)) return;
    mistake(code::expression_type, ast_[id].at, "no such overload: " + std::string(where) + " with " + found.to_string() + " where true or false is needed",
            bool_hint(text_of(id), found));
}

Type Checker::conditional(NodeId id) {
    Node const& node = ast_[id];
    visit_children(id);
    // what decides does not taint what is chosen
    out_.tainted[id] = out_.tainted[node.children[1]] || out_.tainted[node.children[2]];
    need_bool(node.children[0], "? :");
    Type const &yes = type(node.children[1]), &no = type(node.children[2]);
    if (yes.kind() == TK::error) return no;
    if (auto joined = join_types(yes, no)) return *joined;
    mistake(code::expression_type, node.mark, "no such overload: bool ? " + yes.to_string() + " : " + no.to_string(),
            "both sides need the same type; wrap one in string(…), or in dyn(…) to allow a mixture");
    return Type();
}

Type Checker::index(NodeId id, bool in_chain) {
    Node const& node = ast_[id];
    NodeId const operand = node.children[0], key = node.children[1];
    bool const is_path = is_constant_key(node);
    visit(operand, is_path);
    visit(key);
    out_.tainted[id] = out_.tainted[operand];
    if (is_path && !in_chain) record_path(id);
    bool const optional = node.op == Operator::optional_index;
    Type const& container = type(operand);
    if (container.kind() == TK::error || type(key).kind() == TK::error) return TK::error;
    if (holds_secret(type(key))) return refuse_secret(ast_[key].at);
    if (container.kind() == TK::object && is_path) {
        Type found = indexed_field(container, ast_[key]);
        return optional && found.kind() != TK::optional ? Type::optional(std::move(found)) : found;
    }
    if (holds_secret(container) && container.kind() != TK::map) return refuse_secret(node.at);
    if (auto const result = binary_result(node.op, container, type(key))) return *result;
    mistake(code::expression_type, node.mark, "no such overload: " + container.to_string() + "[" + type(key).to_string() + "]",
            index_hint(text_of(operand), container));
    return TK::error;
}

Type Checker::indexed_field(Type const& object, Node const& key) {
    std::string const& name = std::get<std::string>(key.value);
    for (Type::Field const& candidate : object.fields()) {
        if (candidate.name == name) return candidate.type;
    }
    mistake(code::unknown_name, key.at, "no such field '" + name + "' in " + object.name(), unknown_field_hint(name, object));
    return TK::error;
}

// --- calls ---

Type Checker::call(NodeId id) {
    Node const& node = ast_[id];
    Function const* function = nullptr;
    bool drop_receiver = false;
    if (node.member) {
        std::string const receiver = ast_.dotted_name(node.children[0]);
        if (!receiver.empty() && !names_variable(receiver.substr(0, receiver.find('.')))) {
            function = environment_.function(receiver + "." + node.text);
            drop_receiver = function != nullptr;
        }
    } else if (environment_.has_status_function(node.text) && node.children.empty()) {
        return status(id);
    }
    bool sound = true;
    for (std::size_t i = drop_receiver ? 1 : 0; i < node.children.size(); ++i) {
        NodeId const child = node.children[i];
        visit(child);
        if (out_.tainted[child]) out_.tainted[id] = 1;
        if (holds_secret(type(child))) {
            refuse_secret(ast_[child].at);
            sound = false;
        }
        if (type(child).kind() == TK::error) sound = false;
    }
    if (function == nullptr) function = environment_.function(node.text);
    if (function == nullptr) return unknown_function(id, sound);
    refer(id, {Reference::Kind::function, 0, function, drop_receiver, {}});
    return sound ? overload(id, *function, drop_receiver) : result_despite(*function);
}

Type Checker::result_despite(Function const& function) {
    for (Overload const& candidate : function.overloads) {
        if (!(candidate.result == function.overloads.front().result)) return TK::error;
    }
    Type const& result = function.overloads.front().result;
    return result.kind() == TK::boolean ? result : Type(TK::error);
}

Type Checker::status(NodeId id) {
    auto const& all = environment_.status_functions;
    auto const found = std::find(all.begin(), all.end(), ast_[id].text);
    refer(id, {Reference::Kind::status, static_cast<std::uint32_t>(found - all.begin()), nullptr, false, {}});
    out_.calls_status = true;
    return TK::boolean;
}

Type Checker::unknown_function(NodeId id, bool sound) {
    Node const& node = ast_[id];
    if (!environment_.strictness.types) {
        refer(id, {Reference::Kind::unknown, 0, nullptr, false, node.text});
        return Type();
    }
    if (!sound && node.member) return TK::error;  // a.b.c(x) with an unknown `a` is one mistake
    std::vector<std::string_view> known = standard_library().names();
    known.insert(known.end(), environment_.status_functions.begin(), environment_.status_functions.end());
    reporter_.error(code::unknown_name, node.mark, "unknown function '" + node.text + "'", unknown_function_hint(node.text, known));
    return TK::error;
}

Type Checker::overload(NodeId id, Function const& function, bool drop_receiver) {
    Node const& node = ast_[id];
    std::vector<Type> arguments;
    for (std::size_t i = drop_receiver ? 1 : 0; i < node.children.size(); ++i) arguments.push_back(type(node.children[i]));
    bool const member = node.member && !drop_receiver;
    bool const open = std::any_of(arguments.begin(), arguments.end(), [](Type const& t) { return t.is_dyn() || (t.kind() == TK::list && t.element().is_dyn()); });
    std::optional<Type> result;
    for (Overload const& candidate : function.overloads) {
        Bindings bindings;
        if (candidate.member != member || !takes(candidate, arguments, bindings)) continue;
        if (result && candidate.result.is_dyn() && !open) continue;  // the overload for any mixture of numbers
        Type const found = substitute(candidate.result, bindings);
        if (!result) result = found;
        else if (!(*result == found)) result = Type();
    }
    if (result) return *result;
    mistake(code::expression_type, node.mark, "no such overload: " + call_text(function.name, member, arguments), overloads_hint(function));
    return TK::error;
}

bool Checker::takes(Overload const& candidate, std::vector<Type> const& arguments, Bindings& bindings) {
    if (!candidate.takes_count(arguments.size())) return false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        Type const& parameter = candidate.parameter(i);
        bool const number = parameter.is_dyn() && candidate.variadic;  // dyn then stands for any number
        if (number && !arguments[i].is_dyn() && !is_number(arguments[i])) return false;
        if (!unify(parameter, arguments[i], bindings)) return false;
    }
    return true;
}

}  // namespace pawl::cel
