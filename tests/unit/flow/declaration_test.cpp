// Values against declarations: inputs of runs and typed outputs.
#include "common/base/error_codes.h"
#include "common/flow/declaration.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using pawl::flow::test::json;
using pawl::flow::test::said;

namespace {

/// Declarations as a file would have them.
std::vector<Declaration> declared(std::string const& inputs) {
    return flow::test::good("kind: workflow\nname: w\ninputs: " + inputs + "\nsteps: [{id: a, run: \"true\"}]\n").plan->inputs;
}

std::string fitted(std::string const& declaration, std::string const& value) {
    Result<Json> const result = conform(declared("{x: " + declaration + "}").front(), json(value));
    return result ? dump_json(*result) : result.error().message;
}

std::string fitted_text(std::string const& declaration, std::string_view text) {
    Result<Json> const result = conform_text(declared("{x: " + declaration + "}").front(), text);
    return result ? dump_json(*result) : result.error().message;
}

std::string bound(std::string const& inputs, std::string const& given) {
    Bound const result = bind_inputs(declared(inputs), json(given));
    return result.diagnostics.empty() ? dump_json(result.values) : said(result.diagnostics);
}

}  // namespace

TEST_CASE("a value takes the final form of its type", "[flow][declaration]") {
    CHECK(fitted("string", R"("a")") == R"("a")");
    CHECK(fitted("int", "3") == "3");
    CHECK(fitted("int", "3.0") == "3");
    CHECK(fitted("number", "3") == "3.0");
    CHECK(fitted("bool", "true") == "true");
    CHECK(fitted("duration", R"("90s")") == R"("1m30s")");
    CHECK(fitted("timestamp", R"("2026-10-05T09:30:00+02:00")") == R"("2026-10-05T07:30:00.000Z")");
    CHECK(fitted("path", R"("/tmp/x y")") == R"("/tmp/x y")");
    CHECK(fitted("list", "[1, \"a\"]") == R"([1,"a"])");
    CHECK(fitted("{type: list, items: number}", "[1, 2.5]") == "[1.0,2.5]");
    CHECK(fitted("map", R"({"b": 1, "a": 2})") == R"({"b":1,"a":2})");
    CHECK(fitted("any", "null") == "null");
}

TEST_CASE("a value of another type is refused, whatever it could be converted to", "[flow][declaration]") {
    CHECK(fitted("string", "3") == "'x' is a text, not 3");
    CHECK(fitted("int", "3.5") == "'x' is an integer, not 3.5");
    CHECK(fitted("int", "\"3\"") == "'x' is an integer, not \"3\"");
    CHECK(fitted("int", "18446744073709551615") == "'x' is an integer, not 18446744073709551615");
    CHECK(fitted("int", "1e300") == "'x' is an integer, not 1e+300");
    CHECK(fitted("number", "true") == "'x' is a number, not true");
    CHECK(fitted("bool", "\"true\"") == "'x' is true or false, not \"true\"");
    CHECK(fitted("duration", "30") == "'x' is a duration, not 30");
    CHECK(fitted("duration", "\"30\"") == "'x' is a duration, not \"30\"");
    CHECK(fitted("timestamp", "\"yesterday\"") == "'x' is a timestamp, not \"yesterday\"");
    CHECK(fitted("path", "\"\"") == "'x' is a path and cannot be empty");
    CHECK(fitted("list", "{}") == "'x' is a list, not {}");
    CHECK(fitted("{type: list, items: int}", "[1, \"a\"]") == "'x[1]' is an integer, not \"a\"");
    CHECK(fitted("map", "[]") == "'x' is a map, not []");
    CHECK(fitted("string", R"("a\u0000b")") == "'x' contains a NUL character");
}

TEST_CASE("bounds hold for numbers, durations, and the lengths of texts and lists", "[flow][declaration]") {
    CHECK(fitted("{type: int, min: 1, max: 3}", "0") == "'x' lies between 1 and 3, not 0");
    CHECK(fitted("{type: int, min: 1, max: 3}", "4") == "'x' lies between 1 and 3, not 4");
    CHECK(fitted("{type: int, min: 1, max: 3}", "3") == "3");
    CHECK(fitted("{type: number, max: 0.5}", "0.6") == "'x' is at most 0.5, not 0.6");
    CHECK(fitted("{type: duration, min: 1m}", "\"59s\"") == "'x' is at least 1m, not 59s");
    CHECK(fitted("{type: string, min: 2}", "\"ä\"") == "'x' has a length that is at least 2, not 1");
    CHECK(fitted("{type: string, max: 2}", "\"äöü\"") == "'x' has a length that is at most 2, not 3");
    CHECK(fitted("{type: list, max: 1}", "[1, 2]") == "'x' has a length that is at most 1, not 2");
}

TEST_CASE("a pattern matches the whole text", "[flow][declaration]") {
    CHECK(fitted("{type: string, pattern: \"[a-z]+\"}", "\"abc\"") == "\"abc\"");
    CHECK(fitted("{type: string, pattern: \"[a-z]+\"}", "\"abc; rm\"") == "'x' does not match its pattern: \"abc; rm\"");
    CHECK(fitted("{type: string, pattern: \"a|b\"}", "\"ab\"") == "'x' does not match its pattern: \"ab\"");
    CHECK(fitted("{type: string, pattern: \"[a-z]+\"}", "\"abc\\n\"") == "'x' does not match its pattern: \"abc\\n\"");
}

TEST_CASE("an enum lists all values there are", "[flow][declaration]") {
    CHECK(fitted("{type: string, enum: [eu, us]}", "\"eu\"") == "\"eu\"");
    CHECK(fitted("{type: string, enum: [eu, us]}", "\"as\"") == "'x' cannot be \"as\"");
    CHECK(fitted("{type: number, enum: [1, 2.5]}", "1") == "1.0");
    CHECK(fitted("{type: int, enum: [1, 2]}", "3") == "'x' cannot be 3");
}

TEST_CASE("a map with properties has these members and no others", "[flow][declaration]") {
    std::string const point = "{type: map, properties: {lat: number, name: {type: string, default: here}, note: {type: string, optional: true}}}";
    CHECK(fitted(point, R"({"lat": 1})") == R"({"lat":1.0,"name":"here"})");
    CHECK(fitted(point, R"({"lat": 1, "note": "n"})") == R"({"lat":1.0,"name":"here","note":"n"})");
    CHECK(fitted(point, R"({"name": "a"})") == "'x.lat' is required");
    CHECK(fitted(point, R"({"lat": "a"})") == "'x.lat' is a number, not \"a\"");
    CHECK(fitted(point, R"({"lat": 1, "lng": 2})") == "'x' has no member 'lng'");
}

TEST_CASE("text from the command line and from outputs is read strictly", "[flow][declaration]") {
    CHECK(fitted_text("string", "yes") == R"("yes")");
    CHECK(fitted_text("int", "12") == "12");
    CHECK(fitted_text("int", "-12") == "-12");
    CHECK(fitted_text("int", "012") == "'x' is an integer, not \"012\"");
    CHECK(fitted_text("int", "1.0") == "'x' is an integer, not \"1.0\"");
    CHECK(fitted_text("int", " 1") == "'x' is an integer, not \" 1\"");
    CHECK(fitted_text("int", "") == "'x' is an integer, not \"\"");
    CHECK(fitted_text("number", "1") == "1.0");
    CHECK(fitted_text("number", "1e3") == "1000.0");
    CHECK(fitted_text("number", "nan") == "'x' is a number, not \"nan\"");
    CHECK(fitted_text("bool", "true") == "true");
    CHECK(fitted_text("bool", "yes") == "'x' is true or false, not \"yes\"");
    CHECK(fitted_text("duration", "1h30m") == R"("1h30m")");
    CHECK(fitted_text("list", R"(["a", 1])") == R"(["a",1])");
    CHECK(fitted_text("map", R"({"a": 1})") == R"({"a":1})");
    CHECK(fitted_text("any", R"("a")") == R"("a")");
    CHECK(fitted_text("list", "a, b").starts_with("'x' is not JSON"));
    CHECK(fitted_text("string", "\xff") == "'x' is not valid UTF-8");
}

TEST_CASE("inputs of a run are bound with all mistakes at once", "[flow][declaration]") {
    std::string const inputs = "{database: {type: string, default: orders}, keep_days: int, dry: {type: bool, optional: true}}";
    CHECK(bound(inputs, R"({"keep_days": 3})") == R"({"database":"orders","keep_days":3})");
    CHECK(bound(inputs, R"({"dry": true, "keep_days": 3, "database": "x"})") == R"({"database":"x","keep_days":3,"dry":true})");
    CHECK(bound(inputs, R"({"databse": "x", "dry": 1})") ==
          "- invalid_input: input 'keep_days' is required (-i keep_days=VALUE)\n"
          "- invalid_input: input 'dry' is true or false, not 1\n"
          "- invalid_input: unknown input 'databse' (did you mean 'database'?)");
    CHECK(bound("{a: {type: string, default: b}}", "null") == R"({"a":"b"})");
    CHECK(bound("{a: {type: string, default: b}}", "[]") == "- invalid_input: inputs are a map of names and values");
}

TEST_CASE("a flood of wrong inputs is cut short", "[flow][declaration]") {
    JsonMap given;
    for (int i = 0; i < 1000; ++i) given.append("x" + std::to_string(i), i);
    Bound const result = bind_inputs(declared("{a: {type: string, default: b}}"), Json(given));
    REQUIRE(result.diagnostics.size() == 21);
    CHECK(result.diagnostics.back().message == "and 980 further mistakes");
}

TEST_CASE("declarations become types of expressions", "[flow][declaration]") {
    auto const type = [](std::string const& declaration) { return declared("{x: " + declaration + "}").front().cel_type().to_string(); };
    CHECK(type("string") == "string");
    CHECK(type("path") == "string");
    CHECK(type("int") == "int");
    CHECK(type("number") == "double");
    CHECK(type("bool") == "bool");
    CHECK(type("duration") == "duration");
    CHECK(type("timestamp") == "timestamp");
    CHECK(type("{type: list, items: int}") == "list(int)");
    CHECK(type("list") == "list(dyn)");
    CHECK(type("map") == "map(string, dyn)");
    CHECK(type("any") == "dyn");
}
