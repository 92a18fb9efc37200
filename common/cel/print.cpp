// Printing by precedence. What it writes parses to the same tree.
#include "common/cel/print.h"

#include <array>
#include <cstdio>

#include "common/cel/lexer.h"
#include "common/cel/value.h"

namespace pawl::cel {
namespace {

int precedence(Node const& node) {
    if (node.kind == Node::Kind::literal) {
        bool const negative = (std::holds_alternative<std::int64_t>(node.value) && std::get<std::int64_t>(node.value) < 0) ||
                              (std::holds_alternative<double>(node.value) && std::get<double>(node.value) < 0);
        return negative ? 6 : 8;
    }
    if (node.kind != Node::Kind::operation) return 8;
    switch (node.op) {
    case Operator::conditional: return 0;
    case Operator::logical_or: return 1;
    case Operator::logical_and: return 2;
    case Operator::equal:
    case Operator::not_equal:
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::in: return 3;
    case Operator::add:
    case Operator::subtract: return 4;
    case Operator::multiply:
    case Operator::divide:
    case Operator::modulo: return 5;
    case Operator::logical_not:
    case Operator::negate: return 6;
    default: return 8;
    }
}

bool is_plain_field(std::string const& name) {
    if (name.empty() || is_literal_word(name) || (name[0] >= '0' && name[0] <= '9')) return false;
    for (char const c : name) {
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
    }
    return true;
}

std::string quoted(std::string const& text, bool bytes) {
    std::string out = bytes ? "b'" : "'";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '\\' || c == '\'') (out += '\\') += c;
        else if (c == '\n') out += "\\n";
        else if (c == '\r') out += "\\r";
        else if (c == '\t') out += "\\t";
        else if (byte < 0x20 || byte == 0x7F || (bytes && byte >= 0x80)) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(byte));
            out += escape.data();
        } else out += c;
    }
    return out + "'";
}

class Printer {
public:
    explicit Printer(Ast const& ast) : ast_(ast) {}
    std::string out;

    void print(NodeId id, int lowest = 0) {
        bool const brackets = precedence(ast_[id]) < lowest;
        if (brackets) out += '(';
        bare(ast_[id]);
        if (brackets) out += ')';
    }

private:
    void bare(Node const& node) {
        switch (node.kind) {
        case Node::Kind::mistake: out += "…"; return;
        case Node::Kind::literal: out += to_text(node.value); return;
        case Node::Kind::name: (out += node.root ? "." : "") += node.text; return;
        case Node::Kind::select: select(node); return;
        case Node::Kind::has:
            out += "has(";
            select(node);
            out += ')';
            return;
        case Node::Kind::operation: operation(node); return;
        case Node::Kind::call: call(node); return;
        case Node::Kind::list:
            out += '[';
            elements(node, 1);
            out += ']';
            return;
        case Node::Kind::map:
            out += '{';
            elements(node, 2);
            out += '}';
            return;
        case Node::Kind::fold: fold(node); return;
        case Node::Kind::message: out += node.text + "{…}"; return;
        }
    }

    void select(Node const& node) {
        print(node.children[0], 8);
        out += node.optional ? ".?" : ".";
        out += is_plain_field(node.text) ? node.text : "`" + node.text + "`";
    }

    void operation(Node const& node) {
        int const level = precedence(node);
        switch (node.op) {
        case Operator::conditional:
            print(node.children[0], 1);
            out += " ? ";
            print(node.children[1], 1);
            out += " : ";
            print(node.children[2], 0);
            return;
        case Operator::index:
        case Operator::optional_index:
            print(node.children[0], 8);
            out += node.op == Operator::index ? "[" : "[?";
            print(node.children[1]);
            out += ']';
            return;
        case Operator::logical_not:
        case Operator::negate: {
            out += symbol(node.op);
            // -(-x) is not --x, and -(5) is not the literal -5
            Node const& operand = ast_[node.children[0]];
            print(node.children[0], operand.kind == Node::Kind::literal && node.op == Operator::negate ? 9 : 8);
            return;
        }
        default: break;
        }
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            if (i > 0) ((out += ' ') += symbol(node.op)) += ' ';
            print(node.children[i], i == 0 && node.children.size() == 2 && level >= 3 ? level : level + 1);
        }
    }

    void arguments(Node const& node, std::size_t first) {
        for (std::size_t i = first; i < node.children.size(); ++i) {
            if (i > first) out += ", ";
            print(node.children[i]);
        }
    }

    void call(Node const& node) {
        if (node.member) {
            print(node.children[0], 8);
            out += '.';
        }
        out += node.text + "(";
        arguments(node, node.member ? 1 : 0);
        out += ')';
    }

    void elements(Node const& node, std::size_t width) {
        for (std::size_t i = 0; i < node.children.size(); i += width) {
            if (i > 0) out += ", ";
            if (node.marks[i / width] != 0) out += '?';
            print(node.children[i]);
            if (width == 1) continue;
            out += ": ";
            print(node.children[i + 1]);
        }
    }

    void fold(Node const& node) {
        if (node.fold == Fold::bind) {
            out += node.text + "(" + node.names[0] + ", ";
            arguments(node, 0);
            out += ')';
            return;
        }
        print(node.children[0], 8);
        out += "." + node.text + "(";
        for (std::size_t i = 0; i < node.names.size(); ++i) out += (i > 0 ? ", " : "") + node.names[i];
        out += ", ";
        arguments(node, 1);
        out += ')';
    }

    Ast const& ast_;
};

struct LiteralText {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
    std::string operator()(double value) const {
        std::string text = format_double(value);
        return text.find_first_of(".eEIN") == std::string::npos ? text + ".0" : text;
    }
    std::string operator()(std::string const& value) const { return quoted(value, false); }
    std::string operator()(Bytes const& value) const { return quoted(value.data, true); }
};

}  // namespace

std::string to_text(Literal const& literal) { return std::visit(LiteralText{}, literal); }

std::string to_text(Ast const& ast, NodeId id) {
    Printer printer(ast);
    printer.print(id);
    return std::move(printer.out);
}

std::string to_text(Ast const& ast) { return to_text(ast, ast.root); }

}  // namespace pawl::cel
