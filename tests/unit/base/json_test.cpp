// JSON in and out: what is refused and where, how numbers keep their kind, what the dumps look like.
#include "common/base/json.h"

#include <cmath>
#include <limits>

#include "common/base/error_codes.h"
#include "tests/catch.h"

using namespace pawl;

namespace {

Json parsed(std::string_view text) {
    auto value = parse_json(text);
    REQUIRE(value);
    return *value;
}

/// "line:column message"
std::string refused(std::string_view text, JsonLimits limits = {}) {
    auto const value = parse_json(text, limits);
    REQUIRE(!value);
    auto const& error = value.error();
    REQUIRE(error.where);
    return std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + " " + error.message;
}

}  // namespace

TEST_CASE("numbers keep the kind that their spelling says", "[base][json]") {
    CHECK(parsed("3").as_int() == 3);
    CHECK(parsed("-9223372036854775808").as_int() == std::numeric_limits<std::int64_t>::min());
    CHECK(parsed("9223372036854775807").is_int());
    CHECK(parsed("9223372036854775808").as_uint() == 9223372036854775808u);
    CHECK(parsed("18446744073709551616").is_double());
    CHECK(parsed("3.0").as_double() == 3.0);
    CHECK(parsed("1e2").is_double());
    CHECK_FALSE(parsed("3") == parsed("3.0"));
}

TEST_CASE("a double is written so that it reads back as the same double", "[base][json]") {
    CHECK(dump_json(3.0) == "3.0");
    CHECK(dump_json(-0.0) == "-0.0");
    CHECK(dump_json(0.1) == "0.1");
    CHECK(parsed(dump_json(1e300)).as_double() == 1e300);
    CHECK(parsed(dump_json(5e-324)).as_double() == 5e-324);
    CHECK(dump_json(std::nan("")) == "null");
    CHECK(dump_json(std::numeric_limits<double>::infinity()) == "null");
    CHECK(dump_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("strings are escaped, and what is not UTF-8 becomes U+FFFD", "[base][json]") {
    CHECK(dump_json("a\"b\\c\n\t\x01\x7f") == "\"a\\\"b\\\\c\\n\\t\\u0001\x7f\"");
    CHECK(dump_json("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80") == "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\"");
    CHECK(dump_json(std::string("a\xff\xC3\xBC\xC3")) == "\"a\xEF\xBF\xBD\xC3\xBC\xEF\xBF\xBD\"");
    CHECK(dump_json(std::string("\xED\xA0\x80")) == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
    std::string const all_ascii = [] {
        std::string text;
        for (char letter = 0; letter < 127; ++letter) text += letter;
        return text;
    }();
    CHECK(parsed(dump_json(all_ascii)).as_string() == all_ascii);
}

TEST_CASE("maps keep their order, compare without it, and have one canonical text", "[base][json]") {
    Json const a = parsed(R"({"b":1,"a":[true,null],"c":{"y":1,"x":2}})");
    Json const b = parsed(R"({"c":{"x":2,"y":1},"a":[true,null],"b":1})");
    CHECK(dump_json(a) == R"({"b":1,"a":[true,null],"c":{"y":1,"x":2}})");
    CHECK(a == b);
    CHECK(dump_json_canonical(a) == R"({"a":[true,null],"b":1,"c":{"x":2,"y":1}})");
    CHECK(dump_json_canonical(a) == dump_json_canonical(b));
    CHECK_FALSE(a == parsed(R"({"b":1,"a":[true],"c":{"y":1,"x":2}})"));
    CHECK(dump_json_pretty(parsed(R"({"a":[1,{}],"b":[]})")) == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

TEST_CASE("members are set, found, replaced and erased", "[base][json]") {
    Json json;
    json.set("a", 1).set("b", "x").set("a", true);
    CHECK(dump_json(json) == R"({"a":true,"b":"x"})");
    CHECK(json.flag("a"));
    CHECK(json.text("b") == "x");
    CHECK(json.text("missing", "fallback") == "fallback");
    CHECK(json.number("b", 7) == 7);
    CHECK(json.find("c") == nullptr);
    CHECK(json.as_map().erase("a"));
    CHECK_FALSE(json.as_map().erase("a"));
    CHECK(Json(3).find("a") == nullptr);
}

TEST_CASE("a mistake is named with its line and column", "[base][json]") {
    CHECK(refused("[1,]") == "1:4 not JSON: unexpected ']'; expected '[', '{', or a literal");
    CHECK(refused("{\"gr\xC3\xBC\": 1,\n  x}") == "2:3 not JSON: invalid literal; expected string literal");
    CHECK(refused("") == "1:1 not JSON: unexpected end of input; expected '[', '{', or a literal");
    CHECK(refused("[1] 2").starts_with("1:5 "));
    CHECK(refused("NaN").starts_with("1:1 "));
    CHECK(refused("01").starts_with("1:2 "));
    CHECK(refused("\"\xff\"").starts_with("1:2 "));
    CHECK(refused("1e999").find("number overflow") != std::string::npos);
    CHECK(refused("// comment\n1").starts_with("1:1 "));
}

TEST_CASE("duplicate keys are refused at the second one, in small and in large maps", "[base][json]") {
    CHECK(refused("{\"a\": 1,\n \"a\": 2}") == "2:2 duplicate key 'a'");
    CHECK(refused(R"({"\"a": 1, "b\\": 2, "\"a": 3})") == "1:22 duplicate key '\"a'");
    std::string large = "{";
    for (int i = 0; i < 100; ++i) large += "\"k" + std::to_string(i) + "\":1,";
    CHECK(refused(large + "\"k3\":1}").find("duplicate key 'k3'") != std::string::npos);
    CHECK(refused(large + "\"k77\":1}").find("duplicate key 'k77'") != std::string::npos);
    CHECK(parsed(large + "\"k100\":1}").as_map().size() == 101);
}

TEST_CASE("depth, size and NUL bytes are limited", "[base][json]") {
    CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
    CHECK(refused(std::string(65, '[') + std::string(65, ']')) == "1:65 nested deeper than 64 levels");
    CHECK(refused(std::string(200'000, '[')) == "1:65 nested deeper than 64 levels");
    CHECK(refused("[1, 2]", {.bytes_max = 5, .depth_max = 64}).find("larger than 5") != std::string::npos);
    CHECK(refused(std::string_view("1\0]", 3)) == "1:2 not JSON: NUL byte");  // nlohmann stops reading there
}

TEST_CASE("a map of 100,000 members is read without comparing each with each", "[base][json]") {
    std::string text = "{";
    for (int i = 0; i < 100'000; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    text += "}";
    CHECK(parse_json(text, {.bytes_max = 8u << 20, .depth_max = 64})->as_map().size() == 100'000);
}
