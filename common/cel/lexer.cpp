// Tokens: words, numbers, punctuation. Text literals are in literal.cpp.
#include "common/cel/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cel {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c); }

struct Punctuation {
    std::string_view text;
    TokenKind kind;
};
// Longer ones first.
constexpr std::array<Punctuation, 24> punctuations{{
    {"<=", TokenKind::less_equal},   {">=", TokenKind::greater_equal}, {"==", TokenKind::equal},        {"!=", TokenKind::not_equal},
    {"&&", TokenKind::and_and},      {"||", TokenKind::or_or},         {"(", TokenKind::left_paren},    {")", TokenKind::right_paren},
    {"[", TokenKind::left_bracket},  {"]", TokenKind::right_bracket},  {"{", TokenKind::left_brace},    {"}", TokenKind::right_brace},
    {".", TokenKind::dot},           {",", TokenKind::comma},          {":", TokenKind::colon},         {"?", TokenKind::question},
    {"+", TokenKind::plus},          {"-", TokenKind::minus},          {"*", TokenKind::star},          {"/", TokenKind::slash},
    {"%", TokenKind::percent},       {"!", TokenKind::bang},           {"<", TokenKind::less},          {">", TokenKind::greater},
}};

/// What other languages write, and what is meant by it: told once, and read as that.
struct Foreign {
    std::string_view text;
    TokenKind meant;
    std::string_view hint;
};
constexpr std::array<Foreign, 8> foreign_operators{{
    {"===", TokenKind::equal, "comparison is written =="}, {"!==", TokenKind::not_equal, "comparison is written !="},
    {"=<", TokenKind::less_equal, "write <="},             {"=>", TokenKind::greater_equal, "write >="},
    {"=", TokenKind::equal, "comparison is written =="},   {"&", TokenKind::and_and, "'and' is written &&"},
    {"|", TokenKind::or_or, "'or' is written ||"},         {"$", TokenKind::end, "write the name without '$'"},
}};
constexpr std::size_t foreign_before_ours = 2;  ///< those that begin with an operator of ours

constexpr std::array<std::string_view, 17> reserved_words{"as",   "break", "const",     "continue", "else",   "for", "function", "if",   "import",
                                                          "let",  "loop",  "package",   "namespace", "return", "var", "void",     "while"};

}  // namespace

bool is_literal_word(std::string_view word) { return word == "true" || word == "false" || word == "null" || word == "in"; }
bool is_reserved_word(std::string_view word) {
    return is_literal_word(word) || std::find(reserved_words.begin(), reserved_words.end(), word) != reserved_words.end();
}

void Lexer::report(Range at, std::string message, std::string hint) {
    if (reporter_ != nullptr) reporter_->error(code::expression_syntax, at, std::move(message), std::move(hint));
}

Token Lexer::take(TokenKind kind, std::size_t length) {
    Token token;
    token.kind = kind;
    token.at = {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(at_ + length)};
    at_ += length;
    return token;
}

Token Lexer::mistake(std::size_t length, std::string message, std::string hint) {
    Token token = take(TokenKind::mistake, length);
    report(token.at, std::move(message), std::move(hint));
    return token;
}

void Lexer::skip_space() {
    for (;;) {
        char const c = peek();
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') ++at_;
        else if (c == '/' && peek(1) == '/') at_ = std::min(text_.find('\n', at_), text_.size());
        else return;
    }
}

Token Lexer::next() {
    skip_space();
    if (at_ >= text_.size()) return take(TokenKind::end, 0);
    char const c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"' || c == '\'') return quoted(false, false, 0);
    if (c == '`') return quoted_word();
    if (is_word_start(c)) {
        // r'…', b'…', rb'…', br'…' in either case
        std::size_t prefix = 0;
        bool raw = false, bytes = false;
        while (prefix < 2) {
            char const letter = peek(prefix);
            if ((letter == 'r' || letter == 'R') && !raw) raw = true;
            else if ((letter == 'b' || letter == 'B') && !bytes) bytes = true;
            else break;
            ++prefix;
        }
        if (prefix > 0 && (peek(prefix) == '"' || peek(prefix) == '\'')) return quoted(raw, bytes, prefix);
        return word();
    }
    return punctuation();
}

Token Lexer::punctuation() {
    std::string_view const rest = text_.substr(at_);
    auto const foreign = std::find_if(foreign_operators.begin(), foreign_operators.end(), [&](Foreign const& one) { return rest.starts_with(one.text); });
    bool const before_ours = foreign < foreign_operators.begin() + foreign_before_ours;
    for (Punctuation const& candidate : punctuations) {
        if (!before_ours && rest.starts_with(candidate.text)) return take(candidate.kind, candidate.text.size());
    }
    if (foreign != foreign_operators.end()) {
        std::string message = "unexpected '" + std::string(foreign->text) + "'";
        if (foreign->meant == TokenKind::end) return mistake(1, std::move(message), std::string(foreign->hint));
        report({static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(at_ + foreign->text.size())}, std::move(message), std::string(foreign->hint));
        return take(foreign->meant, foreign->text.size());
    }
    std::string_view const character = take_characters(rest, 1);
    std::size_t const length = std::max<std::size_t>(1, character.size());
    return mistake(length, "unexpected character '" + printable(rest.substr(0, length)) + "'");
}

Token Lexer::word() {
    std::size_t length = 1;
    while (is_word(peek(length))) ++length;
    std::string_view const text = text_.substr(at_, length);
    Token token = take(text == "in" ? TokenKind::in : TokenKind::identifier, length);
    token.text = text;
    return token;
}

Token Lexer::quoted_word() {
    std::size_t const end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return mistake(1, "field name is not closed", "add a '`' behind the name");
    std::string_view const text = text_.substr(at_ + 1, end - at_ - 1);
    bool const legal = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_word(c) || c == '.' || c == '-' || c == '/' || c == ' ';
    });
    if (!legal) return mistake(end - at_ + 1, "a field name in '`' consists of letters, digits and _ . - / space");
    Token token = take(TokenKind::quoted_identifier, end - at_ + 1);
    token.text = text;
    return token;
}

Token Lexer::number() {
    std::string_view const rest = text_.substr(at_);
    bool const hex = rest.starts_with("0x") || rest.starts_with("0X");
    std::size_t length = hex ? 2 : 0;
    bool real = false;
    if (hex) {
        while (is_hex(peek(length))) ++length;
    } else {
        while (is_digit(peek(length))) ++length;
        if (peek(length) == '.' && is_digit(peek(length + 1))) {
            real = true;
            for (++length; is_digit(peek(length));) ++length;
        }
        std::size_t const sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 1 : 0;
        if ((peek(length) == 'e' || peek(length) == 'E') && is_digit(peek(length + 1 + sign))) {
            real = true;
            for (length += 2 + sign; is_digit(peek(length));) ++length;
        }
    }
    bool const is_unsigned = !real && (peek(length) == 'u' || peek(length) == 'U');
    std::size_t const digits = length;
    if (is_unsigned) ++length;
    if (is_word(peek(length))) {
        while (is_word(peek(length))) ++length;
        return mistake(length, "'" + std::string(text_.substr(at_, length)) + "' is not a number", "quote it when it is text");
    }
    if (hex && digits == 2) return mistake(length, "hexadecimal digits are missing behind '0x'");
    std::string_view const text = text_.substr(at_, digits);
    Token token = take(real ? TokenKind::real : is_unsigned ? TokenKind::unsigned_integer : TokenKind::integer, length);
    std::errc problem{};
    if (real) {
        std::string const spelled = text.starts_with('.') ? "0" + std::string(text) : std::string(text);
        problem = std::from_chars(spelled.data(), spelled.data() + spelled.size(), token.real).ec;
        // from_chars refuses what is too small to tell from zero; that is no mistake
        std::size_t const exponent = spelled.find_first_of("eE");
        if (problem == std::errc::result_out_of_range && exponent != std::string::npos && spelled.find('-', exponent) != std::string::npos) {
            token.real = 0;
            problem = {};
        }
    } else {
        problem = std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), token.natural, hex ? 16 : 10).ec;
    }
    if (problem != std::errc{}) {
        report(token.at, "the number " + std::string(text) + " is too large", real ? "" : "use a double: " + std::string(text) + ".0");
        token.kind = TokenKind::mistake;
    }
    return token;
}

std::string describe(Token const& token, std::string_view text) {
    switch (token.kind) {
    case TokenKind::end: return "the end";
    case TokenKind::string: return "a string";
    case TokenKind::bytes: return "bytes";
    default: return "'" + printable(take_characters(text.substr(token.at.begin, token.at.length()), 40)) + "'";
    }
}

}  // namespace pawl::cel
