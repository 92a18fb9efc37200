// Text to tokens, as the CEL specification "Syntax" describes them. Literals are decoded here; mistakes become tokens, not stops.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/cel/source.h"

namespace pawl::cel {

enum class TokenKind : std::uint8_t {
    end, mistake, identifier, quoted_identifier, integer, unsigned_integer, real, string, bytes,
    left_paren, right_paren, left_bracket, right_bracket, left_brace, right_brace,
    dot, comma, colon, question, plus, minus, star, slash, percent, bang,
    less, less_equal, greater, greater_equal, equal, not_equal, and_and, or_or, in
};

struct Token {
    TokenKind kind = TokenKind::end;
    Range at;
    std::string text;            ///< a name; the decoded text of a string or bytes literal
    std::uint64_t natural = 0;   ///< of a number without its sign
    double real = 0;
};

/// One token at a time. A mistake is reported when it is read.
class Lexer {
public:
    /// `reporter` may be null: then mistakes stay silent.
    Lexer(std::string_view text, std::size_t begin, Reporter* reporter) : text_(text), at_(begin), reporter_(reporter) {}
    Token next();
    std::size_t offset() const { return at_; }

private:
    void skip_space();
    Token take(TokenKind kind, std::size_t length);
    Token mistake(std::size_t length, std::string message, std::string hint = "");
    Token punctuation();
    Token word();
    Token quoted_word();
    Token number();
    Token quoted(bool raw, bool bytes, std::size_t prefix);
    bool decode_escape(Token& token, bool bytes, std::size_t end);
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    void report(Range at, std::string message, std::string hint = "");

    std::string_view text_;
    std::size_t at_;
    Reporter* reporter_;
};

/// For messages: "')'", "a name", "the end".
std::string describe(Token const& token, std::string_view text);

/// Words that cannot be names; fields may use all but the last four.
bool is_reserved_word(std::string_view word);
/// `true false null in`.
bool is_literal_word(std::string_view word);

/// Appends one code point; it is valid.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace pawl::cel
