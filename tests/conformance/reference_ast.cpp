// The printer. Its layout is that of the suite's "ast" texts; a comprehension is spelled out with its accumulator.
#include "tests/conformance/reference_ast.h"

#include <array>
#include <functional>

#include "common/base/text.h"
#include "common/cel/lexer.h"
#include "tests/conformance/go_text.h"

namespace pawl::conformance {
namespace {

using cel::Ast;
using cel::Fold;
using cel::Node;
using cel::NodeId;
using cel::Operator;

std::string_view function_of(Operator op) {
    switch (op) {
    case Operator::add: return "_+_";
    case Operator::subtract: return "_-_";
    case Operator::multiply: return "_*_";
    case Operator::divide: return "_/_";
    case Operator::modulo: return "_%_";
    case Operator::negate: return "-_";
    case Operator::logical_not: return "!_";
    case Operator::logical_and: return "_&&_";
    case Operator::logical_or: return "_||_";
    case Operator::conditional: return "_?_:_";
    case Operator::equal: return "_==_";
    case Operator::not_equal: return "_!=_";
    case Operator::less: return "_<_";
    case Operator::less_equal: return "_<=_";
    case Operator::greater: return "_>_";
    case Operator::greater_equal: return "_>=_";
    case Operator::in: return "@in";
    case Operator::index: return "_[_]";
    case Operator::optional_index: return "_[?_]";
    case Operator::none: break;
    }
    return "";
}

class Printer {
public:
    explicit Printer(Ast const& ast) : ast_(ast) {}
    std::string out;

    void print(NodeId id) {
        Node const& node = ast_[id];
        switch (node.kind) {
        case Node::Kind::mistake: out += "?"; return;
        case Node::Kind::literal: return literal(node.value);
        case Node::Kind::name: return ident((node.root ? "." : "") + node.text);
        case Node::Kind::select:
        case Node::Kind::has: return select(node);
        case Node::Kind::operation: return operation(node);
        case Node::Kind::call: return call(node);
        case Node::Kind::list: return list(node);
        case Node::Kind::map: return map(node);
        case Node::Kind::message: return message(node);
        case Node::Kind::fold: return comprehension(node);
        }
    }

private:
    using Part = std::function<void()>;

    void line() {
        out += '\n';
        out.append(depth_ * 2, ' ');
    }
    void adorn(std::string_view kind) { out.append("^#*expr.").append(kind).append("#"); }

    /// Indented parts with commas between them; nothing for none.
    void block(std::vector<Part> const& parts) {
        if (parts.empty()) return;
        ++depth_;
        line();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i > 0) {
                out += ',';
                line();
            }
            parts[i]();
        }
        --depth_;
        line();
    }

    void function(std::string_view name, std::vector<Part> const& arguments) {
        (out += name) += '(';
        block(arguments);
        out += ')';
        adorn("Expr_CallExpr");
    }

    Part node(NodeId id) {
        return [this, id] { print(id); };
    }

    void ident(std::string_view name) {
        out += name;
        adorn("Expr_IdentExpr");
    }
    void constant(std::string_view text, std::string_view kind) {
        out += text;
        adorn("Constant_" + std::string(kind) + "Value");
    }

    void literal(cel::Literal const& value) {
        static constexpr std::array<std::string_view, 7> kinds{"Null", "Bool", "Int64", "Uint64", "Double", "String", "Bytes"};
        constant(go_literal(value), kinds[value.index()]);
    }

    void select(Node const& select) {
        if (select.optional) {
            return function("_?._", {node(select.children[0]), [&] { literal(select.text); }});
        }
        print(select.children[0]);
        out += "." + select.text;
        if (select.kind == Node::Kind::has) out += "~test-only~";
        adorn("Expr_SelectExpr");
    }

    void operation(Node const& operation) {
        std::string_view const name = function_of(operation.op);
        bool const chain = operation.op == Operator::logical_and || operation.op == Operator::logical_or;
        if (chain) return balanced(name, operation.children, 0, operation.children.size() - 2);
        std::vector<Part> arguments;
        for (NodeId const child : operation.children) arguments.push_back(node(child));
        function(name, arguments);
    }

    /// The operators `first` to `last` of a chain as a balanced tree, as the reference builds it.
    void balanced(std::string_view name, std::vector<NodeId> const& terms, std::size_t first, std::size_t last) {
        std::size_t const middle = (first + last + 1) / 2;
        Part const left = middle == first ? node(terms[middle]) : Part([&] { balanced(name, terms, first, middle - 1); });
        Part const right = middle == last ? node(terms[middle + 1]) : Part([&] { balanced(name, terms, middle + 1, last); });
        function(name, {left, right});
    }

    void call(Node const& call) {
        std::vector<Part> arguments;
        for (std::size_t i = call.member ? 1 : 0; i < call.children.size(); ++i) arguments.push_back(node(call.children[i]));
        if (call.member) {
            print(call.children[0]);
            out += '.';
        }
        function(call.text, arguments);
    }

    void list(Node const& list) {
        std::vector<Part> parts;
        for (std::size_t i = 0; i < list.children.size(); ++i) {
            parts.emplace_back([this, &list, i] {
                if (list.marks[i] != 0) out += '?';
                print(list.children[i]);
            });
        }
        out += '[';
        block(parts);
        out += ']';
        adorn("Expr_ListExpr");
    }

    void map(Node const& map) {
        std::vector<Part> parts;
        for (std::size_t i = 0; i < map.children.size(); i += 2) {
            parts.emplace_back([this, &map, i] {
                if (map.marks[i / 2] != 0) out += '?';
                print(map.children[i]);
                out += ':';
                print(map.children[i + 1]);
                adorn("Expr_CreateStruct_Entry");
            });
        }
        entries("", parts);
    }

    void message(Node const& message) {
        std::vector<Part> parts;
        for (std::size_t i = 0; i < message.children.size(); ++i) {
            parts.emplace_back([this, &message, i] {
                if (message.marks[i] != 0) out += '?';
                out += message.names[i] + ":";
                print(message.children[i]);
                adorn("Expr_CreateStruct_Entry");
            });
        }
        entries(message.text, parts);
    }

    void entries(std::string_view type, std::vector<Part> const& parts) {
        (out += type) += '{';
        block(parts);
        out += '}';
        adorn("Expr_StructExpr");
    }

    // --- comprehensions ---

    struct Loop {
        Part init, condition, step, result;
    };

    void comprehension(Node const& fold) {
        Loop const loop = loop_of(fold);
        out += "__comprehension__(";
        ++depth_;
        line();
        part("Variable", [&] { out += fold.names[0]; });
        part("Target", node(fold.children[0]));
        part("Accumulator", [&] { out += "@result"; });
        part("Init", loop.init);
        part("LoopCondition", loop.condition);
        part("LoopStep", loop.step);
        out += "// Result";
        line();
        loop.result();
        out += ')';
        --depth_;
        adorn("Expr_ComprehensionExpr");
    }

    void part(std::string_view title, Part const& print_part) {
        out.append("// ").append(title);
        line();
        print_part();
        out += ',';
        line();
    }

    Loop loop_of(Node const& fold) {
        Part const result = [this] { ident("@result"); };
        Part const yes = [this] { constant("true", "Bool"); }, no = [this] { constant("false", "Bool"); };
        Part const zero = [this] { constant("0", "Int64"); }, one = [this] { constant("1", "Int64"); };
        Part const predicate = node(fold.children[1]);
        Part const empty = [this] { list({}); };
        auto const apply = [this](std::string_view name, std::vector<Part> arguments) {
            return Part([this, name, arguments] { function(name, arguments); });
        };
        auto const append = [this, apply, result](Part const& item) {
            Part const single = [this, item] {
                out += '[';
                block({item});
                out += ']';
                adorn("Expr_ListExpr");
            };
            return apply("_+_", {result, single});
        };
        switch (fold.fold) {
        case Fold::all: return {yes, apply("@not_strictly_false", {result}), apply("_&&_", {result, predicate}), result};
        case Fold::exists: return {no, apply("@not_strictly_false", {apply("!_", {result})}), apply("_||_", {result, predicate}), result};
        case Fold::exists_one: return {zero, yes, apply("_?_:_", {predicate, apply("_+_", {result, one}), result}), apply("_==_", {result, one})};
        case Fold::filter: return {empty, yes, apply("_?_:_", {predicate, append([this, &fold] { ident(fold.names[0]); }), result}), result};
        case Fold::map_filter: return {empty, yes, apply("_?_:_", {predicate, append(node(fold.children[2])), result}), result};
        default: return {empty, yes, append(predicate), result};
        }
    }

    Ast const& ast_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string reference_text(Ast const& ast) {
    Printer printer(ast);
    printer.print(ast.root);
    return std::move(printer.out);
}

}  // namespace pawl::conformance
