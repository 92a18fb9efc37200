// Errors in words: which part of the expression is to blame, what it is, and what to write instead.
#include "common/base/text.h"
#include "common/cel/evaluation.h"
#include "common/cel/lexer.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {

/// A piece of the expression on one line, short enough for a sentence.
std::string piece(Program::Code const& code, Index node) {
    std::string text;
    for (char const c : code.source_of(node)) {
        bool const space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (!space) text += c;
        else if (!text.empty() && text.back() != ' ') text += ' ';
    }
    std::string_view const shown = take_characters(text, 60);
    return shown.size() < text.size() ? std::string(shown) + "…" : text;
}

bool is_name(std::string_view text) {
    if (text.empty() || is_literal_word(text)) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return true;
}

Explained no_field(Fault const& fault, Program::Code const& code) {
    Index const operand = code.nodes[fault.node].a;
    std::string const where = piece(code, operand);
    if (!fault.a.is(VK::string)) return {"no such key in " + where + ": " + describe(fault.a), "write " + where + "[?key].orValue(…)", fault.node};
    std::string const name = printable(take_characters(fault.a.as_text(), 80));
    std::string hint = is_name(name) ? "when it may be missing, write " + where + ".?" + name + ".orValue(…)"
                                     : "when it may be missing, write " + where + "[?'" + name + "'].orValue(…)";
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < fault.b.size() && i < 200; ++i) {
        Value const key = fault.b.entry(i).key;
        if (key.is(VK::string)) names.push_back(key.as_text());
    }
    std::string_view const near = nearest(fault.a.as_text(), names);
    if (!near.empty()) hint = "did you mean '" + printable(near) + "'? " + hint;
    return {"no such field '" + name + "' in " + where, hint, fault.node};
}

std::string conversion(Value const& value, Value const& other, std::string const& text) {
    if (value.is(VK::null)) return "give a value for null, or test it: " + text + " != null";
    if (value.is(VK::string) && other.is_number()) return "convert it: double(" + text + ")";
    if (value.is(VK::string) && other.is(VK::timestamp)) return "convert it: timestamp(" + text + ")";
    if (value.is(VK::string) && other.is(VK::duration)) return "convert it: duration(" + text + ")";
    if (other.is(VK::string) && value.is_number()) return "convert it: string(" + text + ")";
    if (value.is(VK::optional)) return "give a value for the case that there is none: " + text + ".orValue(…)";
    return "";
}

Explained no_overload(Fault const& fault, Program::Code const& code) {
    Instruction const& node = code.nodes[fault.node];
    // Rarely a constant is the mistake.
    bool const blame_right = code.nodes[node.a].op == Op::constant && code.nodes[node.b].op != Op::constant;
    Index const blamed = blame_right ? node.b : node.a;
    Value const& value = blame_right ? fault.b : fault.a;
    Value const& other = blame_right ? fault.a : fault.b;
    std::string const text = piece(code, blamed);
    std::string const is_what = text + " is " + describe(value);
    std::string const with(kind_for_people(other.kind()));
    switch (node.oper) {
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
        if (value.kind() == other.kind() || (value.is_number() && other.is_number())) {
            return {is_what + ", and such values have no order", "compare them with == or !=", blamed};
        }
        return {is_what + ", compared with " + with, conversion(value, other, text), blamed};
    case Operator::in: {
        std::string const container = piece(code, node.b);
        return {container + " is " + describe(fault.b) + ", where 'in' needs a list or a map", fault.b.is(VK::string) ? "write text.contains('…') to look into text" : "", node.b};
    }
    case Operator::index:
    case Operator::optional_index:
        if (fault.a.is(VK::list)) return {"the index " + piece(code, node.b) + " is " + describe(fault.b) + ", where a list needs a number", "", node.b};
        return {piece(code, node.a) + " is " + describe(fault.a) + " and has no elements", "", node.a};
    default: return {is_what + ", and there is no '" + std::string(symbol(node.oper)) + "' between it and " + with, conversion(value, other, text), blamed};
    }
}

}  // namespace

Explained explain(Fault const& fault, Program::Code const& code) {
    switch (fault.kind) {
    case Fault::Kind::text: return {std::string(fault.message), std::string(fault.hint), fault.node};
    case Fault::Kind::no_field: return no_field(fault, code);
    case Fault::Kind::not_a_map: {
        Index const operand = code.nodes[fault.node].a;
        std::string const name(fault.b.as_text());
        return {piece(code, operand) + " is " + describe(fault.a) + " and has no field '" + printable(take_characters(name, 80)) + "'", "", operand};
    }
    case Fault::Kind::no_overload: return no_overload(fault, code);
    case Fault::Kind::not_bool:
        return {piece(code, fault.node) + " is " + describe(fault.a) + ", where true or false is needed",
                fault.a.is(VK::optional) ? "give a value for the case that there is none: .orValue(false)" : "compare it with something", fault.node};
    case Fault::Kind::no_variable: return {piece(code, fault.node) + " has no value here", "", fault.node};
    case Fault::Kind::budget:
        return {"the expression takes too many steps or too much memory", "make it smaller: fewer nested all/exists/map, shorter lists and texts", fault.node};
    }
    return {};
}

}  // namespace pawl::cel
