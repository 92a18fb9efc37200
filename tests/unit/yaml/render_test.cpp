// How diagnostics look: the form of pawl.yaml(5), on one line or on a cut one, and as JSON.
#include <fstream>
#include <sstream>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "tests/catch.h"
#include "tests/unit/yaml/bench.h"

using namespace pawl;
using namespace pawl::yaml;

namespace {

std::string rendered(Error const& error, std::string const& text, std::size_t width = 120) {
    return render(error, [&text](std::string_view) { return &text; }, width);
}

SourcePos place(std::uint32_t line, std::uint32_t column, std::uint32_t length = 1) {
    return {.file = "f.yaml", .line = line, .column = column, .length = length};
}

}  // namespace

TEST_CASE("a diagnostic shows place, message, code, line, caret, hint and further places", "[yaml][render]") {
    std::string text(13, '\n');
    text += "    need: [dump]\n";
    Error const error{.code = code::unknown_key,
                      .message = "unknown key 'need' in step 'verify'",
                      .where = SourcePos{.file = "flows/backup.yaml", .line = 14, .column = 5, .length = 4},
                      .hint = "did you mean 'needs'?",
                      .notes = {{.where = place(3, 1), .message = "first defined here"}}};
    CHECK(rendered(error, text) ==
          "flows/backup.yaml:14:5: error: unknown key 'need' in step 'verify' [unknown_key]\n"
          "   14 |     need: [dump]\n"
          "      |     ^~~~\n"
          "   hint: did you mean 'needs'?\n"
          "f.yaml:3:1: note: first defined here\n");
}

TEST_CASE("without a place or a text, only the message is shown", "[yaml][render]") {
    Error error{.code = code::unavailable, .message = "no daemon", .severity = Severity::warning};
    CHECK(render(error, nullptr) == "warning: no daemon [unavailable]\n");
    error.where = SourcePos{.file = "f.yaml"};
    CHECK(rendered(error, "x\n") == "f.yaml: warning: no daemon [unavailable]\n");
    error.where = place(9, 1);
    CHECK(rendered(error, "x\n") == "f.yaml:9:1: warning: no daemon [unavailable]\n");
    CHECK(render(error, [](std::string_view) -> std::string const* { return nullptr; }) == "f.yaml:9:1: warning: no daemon [unavailable]\n");
}

TEST_CASE("the caret stands under the character, whatever stands before it", "[yaml][render]") {
    Error error{.code = code::invalid_value, .message = "m", .where = place(1, 4, 2)};
    CHECK(rendered(error, "\t\xE6\x97\xA5x\xC3\xBCz\r\n") ==
          "f.yaml:1:4: error: m [invalid_value]\n"
          "    1 | \t\xE6\x97\xA5x\xC3\xBCz\n"
          "      | \t   ^~\n");
    CHECK(rendered(error, "a\x1b[2Jb\n") ==
          "f.yaml:1:4: error: m [invalid_value]\n"
          "    1 | a\\x1b[2Jb\n"
          "      |       ^~\n");
    error.where = place(1, 50, 9);  // past the end
    CHECK(rendered(error, "abc\n") == "f.yaml:1:50: error: m [invalid_value]\n    1 | abc\n      |    ^\n");
}

TEST_CASE("a long line is cut around the caret", "[yaml][render]") {
    std::string const line = std::string(100, 'a') + "XYZ" + std::string(100, 'b');
    Error error{.code = code::invalid_value, .message = "m", .where = place(1, 101, 3)};
    std::string const out = rendered(error, line, 40);
    CHECK(out ==
          "f.yaml:1:101: error: m [invalid_value]\n"
          "    1 | \xE2\x80\xA6" "aaaaaaaaaaXYZbbbbbbbbbbbbbbbbb\xE2\x80\xA6\n"
          "      |            ^~~\n");
    for (std::string_view shown_line : split(out, '\n')) CHECK(display_width(shown_line) <= 40);
    error.where = place(1, 1, 3);
    CHECK(rendered(error, line, 40).find("    1 | aaaa") != std::string::npos);
    error.where = place(1, 203, 1);
    CHECK(rendered(error, line, 40).find("bbb\n") != std::string::npos);
    for (std::size_t width : {0u, 1u, 8u, 12u}) CHECK(!rendered(error, line, width).empty());
}

TEST_CASE("a hint of several lines stays aligned", "[yaml][render]") {
    Error const error{.code = code::usage, .message = "m", .hint = "first\nsecond"};
    CHECK(render(error, nullptr) == "error: m [usage]\n   hint: first\n         second\n");
}

TEST_CASE("control characters in messages and names never reach the terminal", "[yaml][render]") {
    Error const error{.code = code::usage, .message = "bad \x1b[2J", .where = SourcePos{.file = "a\nb", .line = 1, .column = 1}};
    CHECK(render(error, nullptr) == "a\\nb:1:1: error: bad \\x1b[2J [usage]\n");
}

TEST_CASE("a diagnostic survives JSON, except for its fixes", "[yaml][render]") {
    Error error{.code = code::unknown_key,
                .message = "m",
                .where = place(3, 4, 5),
                .hint = "h",
                .severity = Severity::warning,
                .notes = {{.where = place(1, 2, 3), .message = "n"}},
                .fixes = {{.offset = 1, .length = 2, .replacement = "x"}}};
    Json const json = to_json(error);
    CHECK(dump_json(json) ==
          R"({"code":"unknown_key","message":"m","severity":"warning","file":"f.yaml","line":3,"column":4,"length":5,)"
          R"("hint":"h","notes":[{"message":"n","file":"f.yaml","line":1,"column":2,"length":3}],"fixable":true})");
    Error const back = error_from_json(json);
    error.fixes.clear();
    CHECK(back == error);
    Error const bare{.code = code::not_found, .message = "m"};
    CHECK(error_from_json(to_json(bare)) == bare);
    CHECK(error_from_json(*parse_json(R"({"code":"from_the_future","line":-3})")).code == code::protocol);
}

TEST_CASE("every code of error_codes.h is known by its name", "[yaml][render]") {
    std::ifstream header{std::string(PAWL_SOURCE_DIR) + "/common/base/error_codes.h"};
    std::stringstream text;
    text << header.rdbuf();
    std::string const all = text.str();
    std::size_t codes = 0;
    for (std::size_t at = all.find("ErrorCode "); at != std::string::npos; at = all.find("ErrorCode ", at + 1)) {
        std::size_t const from = all.find('"', at) + 1;
        std::string const name = all.substr(from, all.find('"', from) - from);
        INFO(name);
        CHECK(error_from_json(Json{}.set("code", name)).code.name == name);
        ++codes;
    }
    CHECK(codes > 30);
}

TEST_CASE("fixes are applied unless they overlap or leave the text", "[yaml][render]") {
    CHECK(apply_fixes("abcdef", {{.offset = 4, .length = 1, .replacement = "E"}, {.offset = 0, .length = 2, .replacement = ""}}) == "cdEf");
    CHECK(apply_fixes("abc", {{.offset = 0, .length = 2, .replacement = "x"}, {.offset = 1, .length = 1, .replacement = "y"}}) == "xc");
    CHECK(apply_fixes("abc", {{.offset = 3, .length = 0, .replacement = "d"}, {.offset = 9, .length = 0, .replacement = "y"}}) == "abcd");
    CHECK(apply_fixes("abc", {{.offset = 1, .length = 5, .replacement = "y"}}) == "abc");
    CHECK(apply_fixes("abc", {{.offset = 1, .length = 1, .replacement = "y"}, {.offset = 1, .length = 1, .replacement = "y"}}) == "ayc");
}
