// Tokens and literals.
#include "common/cel/lexer.h"

#include "tests/catch.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

/// Kinds are not printed; the pieces of text that became tokens are.
std::string pieces(std::string_view text) {
    Lexer lexer(text, 0, nullptr);
    std::string out;
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        out += (out.empty() ? "" : "|") + std::string(text.substr(token.at.begin, token.at.length()));
    }
    return out;
}

}  // namespace

TEST_CASE("text falls into tokens, longest first", "[cel][lexer]") {
    CHECK(pieces("a.b<=c&&!d") == "a|.|b|<=|c|&&|!|d");
    CHECK(pieces("a.?b[?c] // the rest\n+1") == "a|.|?|b|[|?|c|]|+|1");
    CHECK(pieces("x ? 1.5e3 : 0x1Fu") == "x|?|1.5e3|:|0x1Fu");
    CHECK(pieces("1.size()") == "1|.|size|(|)");
    CHECK(pieces("rb'a' r'b' b\"c\" '''d'e''' bold") == "rb'a'|r'b'|b\"c\"|'''d'e'''|bold");
}

TEST_CASE("string literals are decoded", "[cel][lexer]") {
    CHECK(eval_text(R"('a\n\t\\\'\x41\u00e9\U0001F600\101')") == R"("a\n\t\\'Aé😀A")");
    CHECK(eval_text(R"(r'a\n')") == R"("a\\n")");
    CHECK(eval_text(R"("it's")") == R"("it's")");
    CHECK(eval_text("'''two\nlines'''") == R"("two\nlines")");
    CHECK(eval_text("\"\"\"a\"b\"\"\"") == R"("a\"b")");
    CHECK(eval_text(R"(b'\xff\001' == b'\377\x01')") == "true");
    CHECK(eval_text("size(b'é')") == "2");
    CHECK(eval_text("''") == R"("")");
}

TEST_CASE("mistakes in literals say what is wrong", "[cel][lexer]") {
    CHECK(contains(check_text("'abc"), "1:1 string is not closed | add ' at its end"));
    CHECK(contains(check_text("inputs.name == 'a\nb'"), "1:16 string is not closed"));
    CHECK(contains(check_text("'''abc'"), "string is not closed"));
    CHECK(contains(check_text(R"('\q')"), "1:2 unknown escape '\\q'"));
    CHECK(contains(check_text(R"('\u12')"), "an escape is cut short"));
    CHECK(contains(check_text(R"('\ud800')"), "this escape is not a character"));
    CHECK(contains(check_text("12abc"), "'12abc' is not a number"));
    CHECK(contains(check_text("9223372036854775808"), "too large"));
    CHECK(contains(check_text("99999999999999999999"), "too large"));
    CHECK(contains(check_text("0x"), "hexadecimal digits are missing"));
    CHECK(contains(check_text("1e999"), "too large"));
    CHECK(contains(check_text("inputs.count = 3"), "1:14 unexpected '=' | comparison is written =="));
    CHECK(contains(check_text("inputs.dry & inputs.dry"), "'and' is written &&"));
    CHECK(contains(check_text("§"), "unexpected character '§'"));
}

TEST_CASE("numbers keep their kind", "[cel][lexer]") {
    CHECK(eval_text("-9223372036854775808") == "-9223372036854775808");
    CHECK(eval_text("18446744073709551615u") == "18446744073709551615");
    CHECK(eval_text("0xFF") == "255");
    CHECK(eval_text("-0x10") == "-16");
    CHECK(eval_text("1.0") == "1.0");
    CHECK(eval_text(".5 + 1e1") == "10.5");
    CHECK(eval_text("1e-999 == 0.0") == "true");
}
