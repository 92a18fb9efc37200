#include "common/flow/use_parser.h"

#include <algorithm>

namespace pawl::flow {
namespace {

int nesting_of(TokenKind kind) {
    switch (kind) {
    case TokenKind::left_paren: case TokenKind::left_bracket: case TokenKind::left_brace: return 1;
    case TokenKind::right_paren: case TokenKind::right_bracket: case TokenKind::right_brace: return -1;
    default: return 0;
    }
}

/// Reads the uses of one expression from its tokens.
class UseParser {
public:
    explicit UseParser(std::vector<Token> const& tokens) : tokens_(tokens) {}

    std::vector<Use> run() {
        std::vector<Use> uses;
        for (at_ = 0; at_ < tokens_.size(); ++at_)
            if (is_member_of(tokens_, at_, "conditions")) uses.push_back(use());
        return uses;
    }

private:
    Use use() {
        Use use;
        use.name = tokens_[at_ + 2].text;
        use.name_at = tokens_[at_ + 2].at;
        use.at = cel::join(tokens_[at_].at, tokens_[at_ + 2].at);
        at_ += 2;
        if (!next_is(TokenKind::left_paren)) return use;
        std::size_t const open = ++at_;
        if (!arguments(use)) use.bad_arguments = use.name_at;
        at_ = closing(open);
        use.at.end = tokens_[std::min(at_, tokens_.size() - 1)].at.end;
        return use;
    }

    bool next_is(TokenKind kind) const { return at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == kind; }

    /// The token that closes the bracket at `open`, or the end.
    std::size_t closing(std::size_t open) const {
        int depth = 0;
        for (std::size_t i = open; i < tokens_.size(); ++i) {
            depth += nesting_of(tokens_[i].kind);
            if (depth == 0) return i;
        }
        return tokens_.size();
    }

    /// `({'a': x, 'b': y})`, or nothing between the parentheses.
    bool arguments(Use& use) {
        if (next_is(TokenKind::right_paren)) return true;
        if (!next_is(TokenKind::left_brace)) return false;
        ++at_;
        while (!next_is(TokenKind::right_brace)) {
            if (!next_is(TokenKind::string)) return false;
            Token const& key = tokens_[++at_];
            if (!next_is(TokenKind::colon)) return false;
            ++at_;
            Use::Argument argument{key.text, key.at, {}, {}};
            int depth = 0;
            while (at_ + 1 < tokens_.size()) {
                Token const& token = tokens_[at_ + 1];
                bool const ends = depth == 0 && (token.kind == TokenKind::comma || token.kind == TokenKind::right_brace);
                if (ends) break;
                depth += nesting_of(token.kind);
                argument.tokens.push_back(token);
                ++at_;
            }
            if (argument.tokens.empty()) return false;
            argument.value = cel::join(argument.tokens.front().at, argument.tokens.back().at);
            use.arguments.push_back(std::move(argument));
            if (!next_is(TokenKind::comma)) break;
            ++at_;
        }
        if (!next_is(TokenKind::right_brace)) return false;
        ++at_;
        return next_is(TokenKind::right_paren);
    }

    std::vector<Token> const& tokens_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text, std::size_t begin, std::size_t end) {
    std::vector<Token> tokens;
    cel::Lexer lexer(text.substr(0, end), begin, nullptr);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) tokens.push_back(std::move(token));
    return tokens;
}

bool is_name(Token const& token, std::string_view text) { return token.kind == TokenKind::identifier && token.text == text; }

bool follows_dot(std::vector<Token> const& tokens, std::size_t at) { return at > 0 && tokens[at - 1].kind == TokenKind::dot; }

bool is_member_of(std::vector<Token> const& tokens, std::size_t at, std::string_view word) {
    return is_name(tokens[at], word) && !follows_dot(tokens, at) && at + 2 < tokens.size() && tokens[at + 1].kind == TokenKind::dot &&
           tokens[at + 2].kind == TokenKind::identifier;
}

std::vector<Use> uses_in(std::vector<Token> const& tokens) { return UseParser(tokens).run(); }

std::vector<WrittenUse> written_uses(std::string_view expression) {
    if (expression.find("conditions") == std::string_view::npos) return {};
    std::vector<WrittenUse> written;
    for (Use const& use : uses_in(tokens_of(expression, 0, expression.size()))) {
        WrittenUse& one = written.emplace_back();
        one.name = use.name;
        for (Use::Argument const& argument : use.arguments)
            one.arguments.emplace_back(argument.name, expression.substr(argument.value.begin, argument.value.length()));
    }
    return written;
}

}  // namespace pawl::flow
