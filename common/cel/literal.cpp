// String and bytes literals: quotes, raw and triple-quoted forms, escapes.
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/lexer.h"

namespace pawl::cel {
namespace {

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

/// The character a single-letter escape stands for, or 0.
char simple_escape(char c) {
    switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`': return c;
    default: return '\0';
    }
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code_point) {
    auto const put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code_point < 0x80) return put(code_point);
    if (code_point < 0x800) {
        put(0xC0 | code_point >> 6);
    } else {
        if (code_point < 0x10000) {
            put(0xE0 | code_point >> 12);
        } else {
            put(0xF0 | code_point >> 18);
            put(0x80 | (code_point >> 12 & 0x3F));
        }
        put(0x80 | (code_point >> 6 & 0x3F));
    }
    put(0x80 | (code_point & 0x3F));
}

/// Reads the escape at `at_`, which is a backslash. False, with a report, when it is none.
bool Lexer::decode_escape(Token& token, bool bytes, std::size_t end) {
    std::size_t const begin = at_;
    char const kind = peek(1);
    auto const refuse = [&](std::size_t length, std::string message, std::string hint) {
        length = std::min(length, end - begin);
        report({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + length)}, std::move(message), std::move(hint));
        at_ = begin + length;
        return false;
    };
    if (char const plain = simple_escape(kind)) {
        token.text.push_back(plain);
        at_ += 2;
        return true;
    }
    std::size_t digits = 0, skip = 2;
    std::uint32_t base = 16;
    if (kind == 'x' || kind == 'X') digits = 2;
    else if (kind == 'u' && !bytes) digits = 4;
    else if (kind == 'U' && !bytes) digits = 8;
    else if (kind >= '0' && kind <= '3') digits = 3, skip = 1, base = 8;
    if (digits == 0) return refuse(2, "unknown escape '\\" + printable({&kind, 1}) + "'", "write '\\\\' for a backslash, or a raw string: r'…'");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        int const digit = at_ + skip + i < end ? digit_value(peek(skip + i)) : 99;
        if (digit >= static_cast<int>(base)) return refuse(skip + i, "an escape is cut short", "it needs " + std::to_string(digits) + " digits");
        value = value * base + static_cast<std::uint64_t>(digit);
    }
    bool const legal = bytes ? value <= 0xFF : value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    if (!legal) return refuse(skip + digits, "this escape is not a character", "");
    if (bytes) token.text.push_back(static_cast<char>(value));
    else append_utf8(token.text, static_cast<std::uint32_t>(value));
    at_ += skip + digits;
    return true;
}

Token Lexer::quoted(bool raw, bool bytes, std::size_t prefix) {
    std::size_t const begin = at_;
    char const quote = peek(prefix);
    bool const triple = peek(prefix + 1) == quote && peek(prefix + 2) == quote;
    std::string const closing(triple ? 3 : 1, quote);
    std::size_t const content = begin + prefix + closing.size();

    // Find the end first: a wrong escape must not hide it.
    std::size_t end = content;
    bool closed = false;
    while (end < text_.size()) {
        if (text_.substr(end).starts_with(closing)) {
            closed = true;
            break;
        }
        if (!triple && (text_[end] == '\n' || text_[end] == '\r')) break;
        if (text_[end] == '\\' && !raw) ++end;
        ++end;
    }
    if (!closed) {
        end = std::min(end, text_.size());
        return mistake(end - begin, bytes ? "bytes are not closed" : "string is not closed", "add " + closing + " at its end");
    }
    Token token;
    token.kind = bytes ? TokenKind::bytes : TokenKind::string;
    token.at = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end + closing.size())};
    at_ = content;
    while (at_ < end) {
        if (raw || text_[at_] != '\\') {
            bool const return_of_crlf = triple && text_[at_] == '\r';  // line ends are "\n" whatever the file has
            if (return_of_crlf) token.text.push_back('\n');
            else token.text.push_back(text_[at_]);
            at_ += return_of_crlf && peek(1) == '\n' ? 2 : 1;
        } else if (!decode_escape(token, bytes, end)) {
            token.kind = TokenKind::mistake;
        }
    }
    at_ = end + closing.size();
    if (token.kind == TokenKind::string && find_invalid_utf8(token.text) != std::string_view::npos) {
        report(token.at, "this string is not valid UTF-8", "write bytes as b'…'");
        token.kind = TokenKind::mistake;
    }
    return token;
}

}  // namespace pawl::cel
