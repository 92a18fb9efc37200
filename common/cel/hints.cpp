// Suggestions for the mistakes people make: near names, other languages' names, conversions, sibling fields.
#include "common/cel/hints.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "common/cel/print.h"
#include "common/cel/type_rules.h"

namespace pawl::cel {
namespace {

using TK = Type::Kind;

struct Foreign {
    std::string_view name;
    std::string_view hint;
};
constexpr std::array<Foreign, 16> foreign_functions{{
    {"len", "write size(x)"},
    {"length", "write size(x)"},
    {"count", "write size(list.filter(x, …))"},
    {"upper", "write text.upperAscii()"},
    {"toUpper", "write text.upperAscii()"},
    {"lower", "write text.lowerAscii()"},
    {"toLower", "write text.lowerAscii()"},
    {"includes", "write text.contains('…'), or element in list"},
    {"any", "write list.exists(x, …)"},
    {"some", "write list.exists(x, …)"},
    {"every", "write list.all(x, …)"},
    {"now", "now is a variable: write it without brackets"},
    {"fromJSON", "write json.parse(text)"},
    {"toJSON", "write json.encode(value)"},
    {"default", "write x.?field.orValue('…')"},
    {"float", "write double(x)"},
}};

std::string list_of(std::vector<std::string_view> const& names, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + std::string(names[i]);
    return names.size() > most ? text + ", …" : text;
}

/// "steps.dump.outputs.name is declared string; did you mean steps.dump.outputs.size (int)?"
std::string sibling_hint(Ast const& ast, std::vector<Type> const& types, NodeId operand, Operator op, Type const& other, bool operand_is_left) {
    Node const& node = ast[operand];
    std::string const path = ast.dotted_name(operand);
    if (path.empty()) return "";
    std::string const declared = path + " is declared " + types[operand].to_string();
    if (node.kind != Node::Kind::select) return declared;
    Type const& object = types[node.children[0]];
    if (object.kind() != TK::object) return declared;
    for (Type::Field const& field : object.fields()) {
        if (field.type.is_dyn() || field.name == node.text) continue;
        auto const fits = operand_is_left ? binary_result(op, field.type, other) : binary_result(op, other, field.type);
        if (fits) return declared + "; did you mean " + ast.dotted_name(node.children[0]) + "." + field.name + " (" + field.type.to_string() + ")?";
    }
    return declared;
}

/// A literal that was written in the form of another type: `exit_code == '3'`, `duration > 5`.
std::string literal_hint(Ast const& ast, std::vector<Type> const& types, NodeId literal, NodeId other) {
    Node const& node = ast[literal];
    if (node.kind != Node::Kind::literal || ast[other].kind == Node::Kind::literal) return "";
    TK const wanted = types[other].kind();
    if (auto const* number = std::get_if<std::int64_t>(&node.value); number != nullptr && wanted == TK::duration)
        return "write it with a unit: duration('" + std::to_string(*number) + "s')";
    auto const* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) return "";
    bool const digits = !text->empty() && text->size() < 19 && text->find_first_not_of("0123456789") == std::string::npos;
    if (digits && (wanted == TK::integer || wanted == TK::unsigned_integer || wanted == TK::real)) return "write it without quotes: " + *text;
    if (wanted == TK::boolean) return "it is true or false, without quotes";
    return "";
}

}  // namespace

std::string source_text(Ast const& ast, NodeId id) {
    std::string text = to_text(ast, id);
    std::string_view const shown = take_characters(text, 60);
    return shown.size() < text.size() ? std::string(shown) + "…" : text;
}

std::string unknown_name_hint(std::string const& name, std::vector<std::string_view> const& known, Library const& library) {
    std::string_view const near = nearest(name, known);
    if (!near.empty()) return "did you mean '" + std::string(near) + "'?";
    if (library.find(name) != nullptr) return name + " is a function: write " + name + "(…)";
    if (name == "and") return "'and' is written &&";
    if (name == "or") return "'or' is written ||";
    if (name == "not") return "'not' is written !";
    if (name == "True" || name == "False" || name == "None" || name == "nil") return "write true, false or null";
    if (known.empty()) return "no names are known here; text needs quotes: '" + name + "'";
    return "known here: " + list_of(known, 12) + "; text needs quotes: '" + name + "'";
}

std::string unknown_field_hint(std::string const& name, Type const& object) {
    std::vector<std::string_view> names;
    for (Type::Field const& field : object.fields()) names.push_back(field.name);
    std::string_view const near = nearest(name, names);
    if (!near.empty()) return "did you mean '" + std::string(near) + "'?";
    return names.empty() ? "it has no fields" : "it has: " + list_of(names, 12);
}

std::string unknown_function_hint(std::string const& name, std::vector<std::string_view> const& known) {
    for (Foreign const& foreign : foreign_functions) {
        if (foreign.name == name) return std::string(foreign.hint);
    }
    std::string_view const near = nearest(name, known);
    return near.empty() ? "" : "did you mean '" + std::string(near) + "'?";
}

std::string call_text(std::string_view name, bool member, std::vector<Type> const& arguments) {
    std::string text;
    std::size_t first = 0;
    if (member && !arguments.empty()) {
        text = arguments[0].to_string() + ".";
        first = 1;
    }
    text += std::string(name) + "(";
    for (std::size_t i = first; i < arguments.size(); ++i) text += (i == first ? "" : ", ") + arguments[i].to_string();
    return text + ")";
}

std::string overloads_hint(Function const& function) {
    std::string text = function.name + " takes: ";
    std::size_t shown = 0;
    for (Overload const& overload : function.overloads) {
        if (shown == 6) return text + ", …";
        text += (shown++ == 0 ? "" : ", ") + call_text(function.name, overload.member, overload.parameters);
    }
    return text;
}

std::string unary_hint(Operator op, Type const& operand) {
    if (op != Operator::logical_not) return operand.kind() == TK::unsigned_integer ? "convert it: -int(x)" : "";
    return bool_hint("x", operand);
}

std::string binary_hint(Ast const& ast, std::vector<Type> const& types, NodeId id) {
    Node const& node = ast[id];
    NodeId const left = node.children[0], right = node.children[1];
    if (std::string literal = literal_hint(ast, types, left, right); !literal.empty()) return literal;
    if (std::string literal = literal_hint(ast, types, right, left); !literal.empty()) return literal;
    // A constant is rarely the mistake: look at the side that is a field or a name.
    std::string hint = sibling_hint(ast, types, left, node.op, types[right], true);
    if (hint.empty()) hint = sibling_hint(ast, types, right, node.op, types[left], false);
    if (hint.find("did you mean") != std::string::npos) return hint;
    std::string convert;
    if (node.op == Operator::in) {
        if (types[right].kind() == TK::string) convert = "write text.contains('…') to look into text";
    } else {
        Type const &a = types[left], &b = types[right];
        bool const time = a.kind() == TK::timestamp || a.kind() == TK::duration || b.kind() == TK::timestamp || b.kind() == TK::duration;
        if (time) {
            bool const left_is_time = a.kind() == TK::timestamp || a.kind() == TK::duration;
            convert = conversion_hint(left_is_time ? a : b, source_text(ast, left_is_time ? right : left));
        } else if (node.op == Operator::add && (a.kind() == TK::string || b.kind() == TK::string)) {
            convert = conversion_hint(TK::string, source_text(ast, a.kind() == TK::string ? right : left));
        } else if (is_number(a) && b.kind() == TK::string) {
            convert = conversion_hint(a, source_text(ast, right));
        } else if (is_number(b) && a.kind() == TK::string) {
            convert = conversion_hint(b, source_text(ast, left));
        }
    }
    if (hint.empty()) return convert;
    return convert.empty() ? hint : hint + "; " + convert;
}

std::string bool_hint(std::string const& text, Type const& found) {
    switch (found.kind()) {
    case TK::string: return "compare it: " + text + " != ''";
    case TK::integer:
    case TK::unsigned_integer: return "compare it: " + text + " != 0";
    case TK::real: return "compare it: " + text + " != 0.0";
    case TK::list:
    case TK::map: return "compare its size: size(" + text + ") > 0";
    case TK::optional: return "ask " + text + ".hasValue(), or give a value with .orValue(false)";
    default: return "compare it with something";
    }
}

std::string conversion_hint(Type const& wanted, std::string const& text) {
    switch (wanted.kind()) {
    case TK::integer: return "convert it: int(" + text + ")";
    case TK::unsigned_integer: return "convert it: uint(" + text + ")";
    case TK::real: return "convert it: double(" + text + ")";
    case TK::string: return "convert it: string(" + text + ")";
    case TK::timestamp: return "convert it: timestamp(" + text + ")";
    case TK::duration: return "convert it: duration(" + text + ")";
    default: return "";
    }
}

std::string index_hint(std::string const& text, Type const& container) {
    switch (container.kind()) {
    case TK::string: return "write " + text + ".charAt(i) or " + text + ".substring(i, j)";
    case TK::list: return "the index of a list is a number";
    case TK::map: return "the keys of this map are " + container.key().to_string();
    default: return "";
    }
}

}  // namespace pawl::cel
