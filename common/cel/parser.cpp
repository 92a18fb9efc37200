// The grammar of the CEL specification, one function a level; binary operators by precedence.
#include "common/cel/parser.h"

#include <algorithm>

#include "common/base/error_codes.h"

namespace pawl::cel {
namespace {

struct Binary {
    Operator op = Operator::none;
    int precedence = 0;  ///< 0: not a binary operator
};

Binary binary_of(TokenKind kind) {
    switch (kind) {
    case TokenKind::or_or: return {Operator::logical_or, 1};
    case TokenKind::and_and: return {Operator::logical_and, 2};
    case TokenKind::less: return {Operator::less, 3};
    case TokenKind::less_equal: return {Operator::less_equal, 3};
    case TokenKind::greater: return {Operator::greater, 3};
    case TokenKind::greater_equal: return {Operator::greater_equal, 3};
    case TokenKind::equal: return {Operator::equal, 3};
    case TokenKind::not_equal: return {Operator::not_equal, 3};
    case TokenKind::in: return {Operator::in, 3};
    case TokenKind::plus: return {Operator::add, 4};
    case TokenKind::minus: return {Operator::subtract, 4};
    case TokenKind::star: return {Operator::multiply, 5};
    case TokenKind::slash: return {Operator::divide, 5};
    case TokenKind::percent: return {Operator::modulo, 5};
    default: return {};
    }
}

class Parser {
public:
    Parser(std::string_view text, Reporter& reporter, SyntaxOptions const& options)
        : text_(text), reporter_(reporter), options_(options), lexer_(text, 0, &reporter) {
        advance();
    }

    Ast run() {
        NodeId const root = expression();
        while (!at(TokenKind::end) && !reporter_.full()) {
            unexpected("an operator or the end");
            advance();
            if (!at(TokenKind::end)) expression();  // only for its mistakes
        }
        ast_.root = root;
        return std::move(ast_);
    }

private:
    // Counts what is open, so that brackets cannot exhaust the stack.
    struct Opened {
        explicit Opened(std::size_t& count) : count_(++count) {}
        ~Opened() { --count_; }
        std::size_t& count_;
    };

    bool at(TokenKind kind) const { return token_.kind == kind; }
    void advance() {
        last_end_ = token_.at.end;
        token_ = lexer_.next();
    }
    bool accept(TokenKind kind) {
        if (!at(kind)) return false;
        advance();
        return true;
    }

    void error(Range where, std::string message, std::string hint = "") {
        reporter_.error(code::expression_syntax, where, std::move(message), std::move(hint));
    }

    void unexpected(std::string_view wanted) {
        if (at(TokenKind::mistake)) return;  // the lexer has said it
        std::string hint;
        if (token_.text == "and") hint = "'and' is written &&";
        else if (token_.text == "or") hint = "'or' is written ||";
        else if (token_.text == "not") hint = "'not' is written !";
        error(token_.at, "expected " + std::string(wanted) + ", found " + describe(token_, text_), hint);
    }

    /// Skips to a token where something of the enclosing construct can go on; brackets opened on the way are skipped whole.
    void recover() {
        std::size_t depth = 0;
        for (; !at(TokenKind::end); advance()) {
            switch (token_.kind) {
            case TokenKind::left_paren:
            case TokenKind::left_bracket:
            case TokenKind::left_brace: ++depth; break;
            case TokenKind::right_paren:
            case TokenKind::right_bracket:
            case TokenKind::right_brace:
                if (depth == 0) return;
                --depth;
                break;
            case TokenKind::comma:
            case TokenKind::colon:
                if (depth == 0) return;
                break;
            default: break;
            }
        }
    }

    bool expect(TokenKind kind, std::string_view wanted) {
        if (accept(kind)) return true;
        unexpected(wanted);
        recover();
        if (accept(kind)) return true;
        return false;
    }

    NodeId add(Node node) {
        std::size_t depth = 0;
        for (NodeId const child : node.children) depth = std::max<std::size_t>(depth, ast_.nodes[child].depth);
        if (depth >= options_.depth) {
            reporter_.error(code::limit_exceeded, node.at, "the expression is nested deeper than " + std::to_string(options_.depth) + " levels",
                            "split it: give parts of it a name in `vars`");
            Node mistake;
            mistake.at = node.at;
            node = std::move(mistake);
            depth = 0;
        }
        node.depth = static_cast<std::uint16_t>(depth + 1);
        ast_.nodes.push_back(std::move(node));
        return static_cast<NodeId>(ast_.nodes.size() - 1);
    }

    NodeId mistake(Range where) {
        Node node;
        node.at = where;
        return add(std::move(node));
    }

    Range range(NodeId id) const { return ast_.nodes[id].at; }

    NodeId operation(Operator op, Range mark, std::vector<NodeId> children) {
        Node node;
        node.kind = Node::Kind::operation;
        node.op = op;
        node.at = cel::join(range(children.front()), range(children.back()));
        if (mark.begin < node.at.begin) node.at.begin = mark.begin;
        node.mark = mark;
        node.children = std::move(children);
        return add(std::move(node));
    }

    // expression = or [ "?" or ":" expression ]
    NodeId expression() {
        Opened const opened(open_);
        if (open_ > depth_max) {
            reporter_.error(code::limit_exceeded, token_.at, "the expression is nested deeper than " + std::to_string(depth_max) + " levels");
            while (!at(TokenKind::end)) advance();
            return mistake(token_.at);
        }
        NodeId const condition = binary(1);
        if (!at(TokenKind::question)) return condition;
        Range const mark = token_.at;
        advance();
        NodeId const yes = binary(1);
        if (!expect(TokenKind::colon, "':' of the condition")) return mistake(cel::join(range(condition), range(yes)));
        NodeId const no = expression();
        return operation(Operator::conditional, mark, {condition, yes, no});
    }

    NodeId binary(int lowest) {
        NodeId left = unary();
        for (;;) {
            Binary const found = binary_of(token_.kind);
            if (found.precedence < lowest || found.precedence == 0) return left;
            Range const mark = token_.at;
            advance();
            bool const chain = found.op == Operator::logical_and || found.op == Operator::logical_or;
            std::vector<NodeId> operands{left, binary(found.precedence + 1)};
            // a && b && c is one node: a long list of conditions is not deep
            while (chain && binary_of(token_.kind).op == found.op) {
                advance();
                operands.push_back(binary(found.precedence + 1));
            }
            left = operation(found.op, mark, std::move(operands));
        }
    }

    NodeId unary() {
        if (!at(TokenKind::bang) && !at(TokenKind::minus)) return member();
        TokenKind const kind = token_.kind;
        Range const first = token_.at;
        Range mark = first;
        std::size_t count = 0;
        for (; at(kind); advance(), ++count) mark = token_.at;
        bool const odd = count % 2 == 1;
        if (kind == TokenKind::minus && odd && (at(TokenKind::integer) || at(TokenKind::real))) return member(mark);
        if (at(TokenKind::bang) || at(TokenKind::minus)) {
            unexpected("a value");
            recover();
            return mistake(first);
        }
        NodeId const operand = member();
        if (!odd) return operand;
        return operation(kind == TokenKind::bang ? Operator::logical_not : Operator::negate, first, {operand});
    }

    /// `sign` is where the '-' of a negative literal stands; empty when there is none.
    NodeId member(Range sign = {}) {
        NodeId node = primary(sign);
        for (;;) {
            if (at(TokenKind::dot)) node = select(node);
            else if (at(TokenKind::left_bracket)) node = index(node);
            else if (at(TokenKind::left_brace) && !ast_.dotted_name(node).empty()) node = message(node);
            else return node;
        }
    }

    NodeId select(NodeId operand) {
        advance();
        bool const optional = at(TokenKind::question);
        if (optional) {
            if (!options_.optionals) unexpected("a field name");
            advance();
        }
        Token const field = token_;
        bool const legal_word = (at(TokenKind::identifier) && !is_literal_word(field.text)) || (at(TokenKind::quoted_identifier) && options_.quoted_fields);
        if (!legal_word) {
            if (at(TokenKind::in) || at(TokenKind::identifier)) {
                error(field.at, "'" + describe_word() + "' cannot be a field name here", "write ['" + describe_word() + "']");
                advance();
            } else {
                unexpected("a field name");
                if (!at(TokenKind::end) && binary_of(token_.kind).precedence == 0) recover();
            }
            return mistake(cel::join(range(operand), field.at));
        }
        advance();
        if (at(TokenKind::left_paren) && !optional && field.kind == TokenKind::identifier) return call(field, operand);
        Node node;
        node.kind = Node::Kind::select;
        node.text = field.text;
        node.optional = optional;
        node.at = cel::join(range(operand), field.at);
        node.mark = field.at;
        node.children = {operand};
        return add(std::move(node));
    }

    std::string describe_word() const { return std::string(text_.substr(token_.at.begin, token_.at.length())); }

    NodeId index(NodeId operand) {
        Range mark = token_.at;
        advance();
        bool const optional = at(TokenKind::question);
        if (optional) {
            if (!options_.optionals) unexpected("an index");
            advance();
        }
        NodeId const key = expression();
        bool const closed = expect(TokenKind::right_bracket, "']'");
        if (!closed) return mistake(cel::join(range(operand), range(key)));
        Node node;
        node.kind = Node::Kind::operation;
        node.op = optional ? Operator::optional_index : Operator::index;
        node.at = {range(operand).begin, last_end_};
        node.mark = {mark.begin, last_end_};
        node.children = {operand, key};
        return add(std::move(node));
    }

    /// The arguments behind '(' up to and with the closing bracket.
    bool arguments(std::vector<NodeId>& out) {
        advance();
        if (accept(TokenKind::right_paren)) return true;
        for (;;) {
            out.push_back(expression());
            if (accept(TokenKind::comma)) continue;
            if (accept(TokenKind::right_paren)) return true;
            unexpected("',' or ')'");
            recover();
            if (accept(TokenKind::comma)) continue;
            return accept(TokenKind::right_paren);
        }
    }

    NodeId call(Token const& name, std::optional<NodeId> receiver) {
        Node node;
        node.kind = Node::Kind::call;
        node.text = name.text;
        node.member = receiver.has_value();
        node.mark = name.at;
        if (receiver) node.children.push_back(*receiver);
        bool const closed = arguments(node.children);
        node.at = {receiver ? range(*receiver).begin : name.at.begin, last_end_};
        if (!closed) return mistake(node.at);
        if (auto expanded = expand_macro(ast_, node, options_.macros, reporter_)) return add(std::move(*expanded));
        return add(std::move(node));
    }

    NodeId primary(Range sign) {
        Token const token = token_;
        switch (token.kind) {
        case TokenKind::integer:
        case TokenKind::unsigned_integer:
        case TokenKind::real:
        case TokenKind::string:
        case TokenKind::bytes: return literal(sign);
        case TokenKind::dot:
        case TokenKind::identifier: return name();
        case TokenKind::left_paren: {
            advance();
            NodeId const inner = expression();
            if (!expect(TokenKind::right_paren, "')'")) return mistake(cel::join(token.at, range(inner)));
            return inner;
        }
        case TokenKind::left_bracket: return list();
        case TokenKind::left_brace: return map();
        case TokenKind::mistake: advance(); return mistake(token.at);
        default: break;
        }
        if (at(TokenKind::end) && ast_.nodes.empty() && token.at.begin == token.at.end && last_end_ == 0) {
            error(token.at, "the expression is empty");
        } else {
            unexpected("a value");
        }
        recover_operand();
        return mistake(token.at);
    }

    /// A value is missing: an operator or a bracket may go on from here, anything else is skipped.
    void recover_operand() {
        if (binary_of(token_.kind).precedence == 0 && !at(TokenKind::question)) recover();
    }

    NodeId literal(Range sign) {
        bool const negative = sign.end != 0;
        Node node;
        node.kind = Node::Kind::literal;
        node.at = negative ? cel::join(sign, token_.at) : token_.at;
        node.mark = node.at;
        constexpr std::uint64_t two_to_63 = 1ull << 63;
        switch (token_.kind) {
        case TokenKind::integer:
            if (token_.natural > (negative ? two_to_63 : two_to_63 - 1)) {
                error(node.at, "the integer " + describe_word() + " is too large", "use " + describe_word() + "u for an unsigned one, or a double");
                node.kind = Node::Kind::mistake;
            }
            node.value = static_cast<std::int64_t>(negative ? std::uint64_t{0} - token_.natural : token_.natural);
            break;
        case TokenKind::unsigned_integer: node.value = token_.natural; break;
        case TokenKind::real: node.value = negative ? -token_.real : token_.real; break;
        case TokenKind::bytes: node.value = Bytes{token_.text}; break;
        default: node.value = token_.text; break;
        }
        advance();
        return add(std::move(node));
    }

    NodeId name() {
        Range const begin = token_.at;
        bool const root = accept(TokenKind::dot);
        Token const word = token_;
        if (word.kind != TokenKind::identifier) {
            unexpected("a name");
            recover_operand();
            return mistake(begin);
        }
        advance();
        Node node;
        node.at = cel::join(begin, word.at);
        node.mark = word.at;
        if (!root && (word.text == "true" || word.text == "false" || word.text == "null")) {
            node.kind = Node::Kind::literal;
            if (word.text != "null") node.value = word.text == "true";
            return add(std::move(node));
        }
        if (is_reserved_word(word.text)) {
            error(word.at, "'" + word.text + "' is a reserved word", "a variable cannot have this name; a field can: x." + word.text);
            return mistake(node.at);
        }
        if (at(TokenKind::left_paren)) return call(word, std::nullopt);
        node.kind = Node::Kind::name;
        node.text = word.text;
        node.root = root;
        return add(std::move(node));
    }

    bool optional_mark() {
        if (!at(TokenKind::question)) return false;
        if (!options_.optionals) unexpected("a value");
        advance();
        return true;
    }

    NodeId list() {
        Node node;
        node.kind = Node::Kind::list;
        Range const begin = token_.at;
        node.mark = begin;
        advance();
        bool closed = accept(TokenKind::right_bracket);
        while (!closed) {
            bool const marked = optional_mark();
            node.children.push_back(expression());
            node.marks.push_back(marked ? 1 : 0);
            if (next_element(TokenKind::right_bracket, "',' or ']'", closed)) continue;
            break;
        }
        node.at = {begin.begin, last_end_};
        if (!closed) return mistake(node.at);
        return add(std::move(node));
    }

    /// Behind an element: true when another one follows. A comma before the closing bracket is allowed.
    bool next_element(TokenKind closing, std::string_view wanted, bool& closed) {
        if (!at(TokenKind::comma) && !at(closing)) {
            unexpected(wanted);
            recover();
        }
        bool const comma = accept(TokenKind::comma);
        closed = accept(closing);
        return !closed && comma;
    }

    NodeId map() {
        Node node;
        node.kind = Node::Kind::map;
        Range const begin = token_.at;
        node.mark = begin;
        advance();
        bool closed = accept(TokenKind::right_brace);
        while (!closed) {
            bool const marked = optional_mark();
            NodeId const key = expression();
            NodeId value = key;
            if (expect(TokenKind::colon, "':' and a value")) value = expression();
            node.children.push_back(key);
            node.children.push_back(value);
            node.marks.push_back(marked ? 1 : 0);
            if (next_element(TokenKind::right_brace, "',' or '}'", closed)) continue;
            break;
        }
        node.at = {begin.begin, last_end_};
        if (!closed) return mistake(node.at);
        return add(std::move(node));
    }

    /// Name{field: value}: legal CEL, without meaning here.
    NodeId message(NodeId type) {
        Node node;
        node.kind = Node::Kind::message;
        node.text = ast_.dotted_name(type);
        node.mark = range(type);
        advance();
        bool closed = accept(TokenKind::right_brace);
        while (!closed) {
            bool const marked = optional_mark();
            bool const quoted = at(TokenKind::quoted_identifier) && options_.quoted_fields;
            bool const named = quoted || (at(TokenKind::identifier) && !is_literal_word(token_.text));
            std::string const field = token_.text;
            if (named) advance();
            else unexpected("a field name");
            if (expect(TokenKind::colon, "':' and a value")) {
                node.children.push_back(expression());
                node.names.push_back(field);
                node.marks.push_back(marked ? 1 : 0);
            }
            if (next_element(TokenKind::right_brace, "',' or '}'", closed)) continue;
            break;
        }
        node.at = {range(type).begin, last_end_};
        if (!closed) return mistake(node.at);
        return add(std::move(node));
    }

    std::string_view text_;
    Reporter& reporter_;
    SyntaxOptions options_;
    Lexer lexer_;
    Token token_;
    std::uint32_t last_end_ = 0;
    std::size_t open_ = 0;
    Ast ast_;
};

}  // namespace

Ast parse(std::string_view text, Reporter& reporter, SyntaxOptions const& options) { return Parser(text, reporter, options).run(); }

}  // namespace pawl::cel
