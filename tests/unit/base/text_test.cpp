// UTF-8, showing text to people, names and sizes.
#include "common/base/text.h"

#include "tests/catch.h"

using namespace pawl;

TEST_CASE("invalid UTF-8 is found at its first byte", "[base][text]") {
    auto const good = std::string_view::npos;
    CHECK(find_invalid_utf8("") == good);
    CHECK(find_invalid_utf8("plain ascii, longer than eight bytes") == good);
    CHECK(find_invalid_utf8("gr\xC3\xBC\xC3\x9F\xE2\x82\xAC\xF0\x9F\x98\x80") == good);
    CHECK(find_invalid_utf8("abcdefgh\xff") == 8);
    CHECK(find_invalid_utf8("a\xC3") == 1);                  // cut off
    CHECK(find_invalid_utf8("\xC0\x80") == 0);               // overlong
    CHECK(find_invalid_utf8("\xE0\x80\x80") == 0);           // overlong
    CHECK(find_invalid_utf8("\xED\xA0\x80") == 0);           // surrogate
    CHECK(find_invalid_utf8("\xF4\x90\x80\x80") == 0);       // beyond U+10FFFF
    CHECK(find_invalid_utf8("\xF0\x9F\x98") == 0);
}

TEST_CASE("characters are counted, not bytes", "[base][text]") {
    CHECK(count_characters("gr\xC3\xBC\xC3\x9F") == 4);
    CHECK(count_characters("\xff\xC3\xBC\xC3") == 3);
    CHECK(take_characters("gr\xC3\xBC\xC3\x9F", 3) == "gr\xC3\xBC");
    CHECK(take_characters("ab", 9) == "ab");
}

TEST_CASE("wide characters take two columns and combining ones none", "[base][text]") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("\xE6\x97\xA5\xE6\x9C\xAC") == 4);       // 日本
    CHECK(display_width("e\xCC\x81") == 1);                      // e and a combining acute
    CHECK(display_width("\xF0\x9F\x98\x80") == 2);               // 😀
    CHECK(display_width("\xE2\x80\x8B") == 0);                   // zero width space
    CHECK(display_width("\xEA\xB0\x80\xEF\xBC\xA1\xC3\xBC") == 5);  // 가Ａü
}

TEST_CASE("what a terminal would act upon is shown instead", "[base][text]") {
    CHECK(printable("a\nb\tc\x1b[31mred") == "a\\nb\\tc\\x1b[31mred");
    CHECK(printable("\x1b[1;31mred\x1b[0m \x1b[2J", true) == "\x1b[1;31mred\x1b[0m \\x1b[2J");
    CHECK(printable("\x7f\xC2\x9B\xff") == "\\x7f\\u009b\xEF\xBF\xBD");
    CHECK(printable("a\xE2\x80\xAE" "b") == "a\\u202eb");  // turns the reading direction
}

TEST_CASE("the nearest word is proposed, and only when it is near", "[base][text]") {
    CHECK(nearest("need", {"name", "needs", "id"}) == "needs");
    CHECK(nearest("tiemout", {"timeout", "retry"}) == "timeout");   // neighbours swapped count once
    CHECK(nearest("shel", {"shell", "help"}) == "shell");
    CHECK(nearest("xyzzy", {"name", "needs"}) == "");
    CHECK(nearest("ab", {"cd"}) == "");
    CHECK(nearest("ix", {"if", "id"}) == "if");  // equally near: the first
    CHECK(nearest("anything", {}) == "");
}

TEST_CASE("sizes need one of four units", "[base][text]") {
    CHECK(parse_bytes("512MiB") == 512u << 20);
    CHECK(parse_bytes("64KiB") == 65536u);
    CHECK(parse_bytes("10B") == 10u);
    CHECK(parse_bytes("3GiB") == 3ull << 30);
    for (std::string_view wrong : {"", "10", "MiB", "1.5GiB", "-1B", "10 B", "10MB", "10mib", "99999999999GiB", "99999999999999999999B"}) {
        CHECK_FALSE(parse_bytes(wrong));
    }
}

TEST_CASE("SHA-256 gives the digests of the standard", "[base][text]") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("names follow their grammar", "[base][text]") {
    CHECK(is_identifier("build_2"));
    CHECK(is_identifier("package"));  // reserved in CEL, but legal behind a dot
    for (std::string_view wrong : {"", "2b", "Build", "a-b", "in", "true", "null", "_a", "gr\xC3\xBC"}) CHECK_FALSE(is_identifier(wrong));
    CHECK(is_identifier(std::string(64, 'a')));
    CHECK_FALSE(is_identifier(std::string(65, 'a')));
    CHECK(is_object_name("nightly-backup"));
    CHECK_FALSE(is_object_name("nightly_backup"));
}

TEST_CASE("text is trimmed, split and joined", "[base][text]") {
    CHECK(trim(" \ta b\n") == "a b");
    CHECK(trim(" \n") == "");
    CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(split("", ',').size() == 1);
    CHECK(join({"a", "b"}, ", ") == "a, b");
    CHECK(join({}, ", ") == "");
}
