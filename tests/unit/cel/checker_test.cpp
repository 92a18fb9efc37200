// Names, types, taint and secrets, before anything runs.
#include "tests/catch.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

std::string type_of(std::string const& text) {
    Compiled const compiled = compile_text(text);
    return compiled.program ? compiled.program->result().to_string() : diagnostics_text(compiled.diagnostics);
}

bool tainted(std::string const& text) {
    Compiled const compiled = compile_text(text);
    REQUIRE(compiled.program);
    return compiled.program->tainted();
}

std::vector<std::string> reads(std::string const& text) {
    Compiled const compiled = compile_text(text);
    REQUIRE(compiled.program);
    return compiled.program->reads();
}

}  // namespace

TEST_CASE("expressions have types", "[cel][checker]") {
    CHECK(type_of("inputs.count > 1") == "bool");
    CHECK(type_of("inputs.count + 1") == "int");
    CHECK(type_of("inputs.count + 1.5") == "double");
    CHECK(type_of("inputs.count / inputs.amount") == "double");
    CHECK(type_of("inputs.tags") == "list(string)");
    CHECK(type_of("inputs.tags.map(t, size(t))") == "list(int)");
    CHECK(type_of("inputs.tags.filter(t, t != '')[0]") == "string");
    CHECK(type_of("{'a': 1, 'b': 2}") == "map(string, int)");
    CHECK(type_of("[1, 'a']") == "list(dyn)");
    CHECK(type_of("now - steps.dump.started_at") == "duration");
    CHECK(type_of("now + steps.dump.duration") == "timestamp");
    CHECK(type_of("event.data.x") == "dyn");
    CHECK(type_of("event.data.x + 'a'") == "string");
    CHECK(type_of("steps.dump.outputs.?note") == "optional(string)");
    CHECK(type_of("steps.dump.outputs.?note.orValue('')") == "string");
    CHECK(type_of("optional.of(1).value()") == "int");
    CHECK(type_of("inputs.dry ? 1 : 2") == "int");
    CHECK(type_of("type(1)") == "type(int)");
    CHECK(type_of("json.parse('1')") == "dyn");
    CHECK(type_of("vars.a") == "dyn");
}

TEST_CASE("an unknown name gets a suggestion", "[cel][checker]") {
    CHECK(check_text("imputs.dry") == "1:1 unknown name 'imputs' | did you mean 'inputs'?");
    CHECK(contains(check_text("orders == 'x'"), "text needs quotes: 'orders'"));
    CHECK(contains(check_text("x == True"), "write true, false or null"));
    CHECK(compile_text("imputs").diagnostics[0].code == code::unknown_name);
    CHECK(check_text("inputs.naem") == "1:8 no such field 'naem' in inputs | did you mean 'name'?");
    CHECK(contains(check_text("inputs['naem']"), "1:8 no such field 'naem' in inputs"));
    CHECK(contains(check_text("inputs.xyzzy"), "it has: dry, amount, count, name, tags, due"));
    CHECK(contains(check_text("has(inputs.naem)"), "no such field 'naem'"));
    CHECK(check_text("inputs.name.startWith('a')") == "1:13 unknown function 'startWith' | did you mean 'startsWith'?");
    CHECK(contains(check_text("len(inputs.name)"), "write size(x)"));
    CHECK(contains(check_text("now()"), "unknown function 'now' | now is a variable"));
    CHECK(check_text("foreign.a.b('x').c == 1") == "1:1 unknown name 'foreign' | known here: inputs, steps, event, vars, secrets, now; text needs quotes: 'foreign'");
}

TEST_CASE("a type error names both sides and points at the operator", "[cel][checker]") {
    CHECK(check_text("steps.dump.outputs.name > 1000000 && !inputs.dry") ==
          "1:25 no such overload: string > int | steps.dump.outputs.name is declared string; did you mean steps.dump.outputs.size (int)?");
    CHECK(contains(check_text("inputs.name == 3"), "no such overload: string == int"));
    CHECK(contains(check_text("inputs.count + 'a'"), "no such overload: int + string"));
    CHECK(contains(check_text("1 + 'a'"), "convert it: string(1)"));
    CHECK(contains(check_text("!inputs.name"), "no such overload: !string"));
    CHECK(contains(check_text("inputs.name && inputs.dry"), "1:1 no such overload: && with string where true or false is needed | compare it: inputs.name != ''"));
    CHECK(contains(check_text("inputs.count ? 1 : 2"), "? : with int"));
    CHECK(contains(check_text("inputs.dry ? 1 : 'a'"), "no such overload: bool ? int : string"));
    CHECK(contains(check_text("'a' in inputs.name"), "no such overload: string in string | "));
    CHECK(contains(check_text("3 in inputs.tags"), "no such overload: int in list(string)"));
    CHECK(contains(check_text("inputs.name[0]"), "write inputs.name.charAt(i)"));
    CHECK(contains(check_text("inputs.tags['a']"), "no such overload: list(string)[string]"));
    CHECK(contains(check_text("size(3)"), "1:1 no such overload: size(int) | size takes: size(string)"));
    CHECK(contains(check_text("inputs.count.startsWith('a')"), "no such overload: int.startsWith(string)"));
    CHECK(contains(check_text("now > '2026-01-01T00:00:00Z'"), "convert it: timestamp("));
    CHECK(contains(check_text("inputs.name.all(c, true)"), "all() needs a list or a map, inputs.name is string"));
    CHECK(contains(check_text("inputs.tags.all(t, t)"), "all() with string where true or false is needed"));
    CHECK(contains(check_text("{1.5: 1}"), "a map key cannot be double"));
    CHECK(contains(check_text("inputs.name.x"), "no such field 'x': inputs.name is string and has no fields"));
    CHECK(contains(check_text("[?1]"), "'?' needs an optional value"));
    CHECK(compile_text("1 + 'a'").diagnostics[0].code == code::expression_type);
}

TEST_CASE("one mistake does not cause another report", "[cel][checker]") {
    CHECK(compile_text("(inputs.nope + 1) * 2 > 3 && !inputs.nope.x").diagnostics.size() == 2);
    CHECK(compile_text("size(nope) + nope2.map(x, x.y)[0]").diagnostics.size() == 2);
}

TEST_CASE("null goes with everything", "[cel][checker]") {
    CHECK(check_text("inputs.name == null").empty());
    CHECK(type_of("inputs.dry ? null : 1") == "dyn");
}

TEST_CASE("division needs declared numbers", "[cel][checker]") {
    CHECK(contains(check_text("event.data.amount / 100"), "1:19 the result of '/' would depend on whether event.data.amount is spelled as an integer"));
    CHECK(check_text("event.data.amount / 100.0").empty());
    CHECK(check_text("double(event.data.amount) / 100").empty());
    CHECK(check_text("inputs.count / 2").empty());
}

TEST_CASE("a secret is passed on whole or not at all", "[cel][checker]") {
    CHECK(type_of("secrets.TOKEN") == "secret");
    CHECK(eval_text("secrets.TOKEN") == "\"s3cr3t\"");
    for (std::string const& text : std::vector<std::string>{"secrets.TOKEN + 'x'", "secrets.TOKEN == 'x'", "size(secrets.TOKEN)", "[secrets.TOKEN]", "{'a': secrets.TOKEN}", "secrets.TOKEN.startsWith('s')",
                                   "inputs.dry ? secrets.TOKEN : 'x'", "json.encode(secrets)", "secrets", "secrets.?TOKEN", "secrets.?TOKEN.orValue('')", "secrets.all(k, true)",
                                   "'TOKEN' in secrets", "secrets[inputs.name]", "[1].map(x, secrets.TOKEN)", "secrets.TOKEN.x", "dyn(secrets.TOKEN)", "dyn(secrets).TOKEN == 'x'",
                                   "type(secrets.TOKEN)", "optional.of(secrets.TOKEN)", "{'a': 1}[secrets.TOKEN]", "!secrets.TOKEN", "secrets.TOKEN && true", "secrets['TOKEN'] + ''"}) {
        CAPTURE(text);
        CHECK(contains(check_text(text), "a secret cannot be part of an expression"));
    }
    CHECK(check_text("has(secrets.TOKEN)").empty());
    CHECK(contains(check_text("secrets.TOKNE"), "did you mean 'TOKEN'?"));
}

TEST_CASE("what is made of outside values is tainted", "[cel][checker]") {
    CHECK(tainted("event.data.id"));
    CHECK(tainted("'id-' + event.data.id"));
    CHECK(tainted("[1, event.data.id]"));
    CHECK(tainted("inputs.tags.map(t, 'x')"));
    CHECK(tainted("string(inputs.count)"));
    CHECK_FALSE(tainted("vars.a"));
    CHECK_FALSE(tainted("'a' + 'b'"));
    CHECK_FALSE(tainted("inputs.dry ? 'a' : 'b'"));
    CHECK(tainted("inputs.dry ? inputs.name : 'b'"));
}

TEST_CASE("a program knows the paths it reads", "[cel][checker]") {
    using List = std::vector<std::string>;
    CHECK(reads("steps.dump.outputs.size > 1 && inputs.dry && steps.dump.outputs.size < 5") == List{"steps.dump.outputs.size", "inputs.dry"});
    CHECK(reads("event.data.items[0].id == event['type']") == List{"event.data.items", "event.type"});
    CHECK(reads("has(event.data.x) || event.?data.?y.orValue(1) == 1") == List{"event.data.x", "event.data.y"});
    CHECK(reads("inputs.tags.all(t, t == inputs.name)") == List{"inputs.tags", "inputs.name"});
    CHECK(reads("event.data.name.startsWith('a')") == List{"event.data.name"});
    CHECK(reads("now > timestamp('2026-01-01T00:00:00Z')") == List{"now"});
    CHECK(reads("vars[inputs.name]") == List{"vars", "inputs.name"});
    CHECK(reads("1 + 1").empty());
}

TEST_CASE("status functions exist where they are declared", "[cel][checker]") {
    Compiled const compiled = compile_text("success() && inputs.dry");
    REQUIRE(compiled.program);
    CHECK(compiled.program->calls_status_function());
    CHECK_FALSE(compile_text("inputs.dry").program->calls_status_function());
    CHECK(eval_text("success()", values().succeeded(true)) == "true");
    CHECK(eval_text("success() || always()", values().succeeded(false)) == "true");
    CHECK(contains(diagnostics_text(compile(Source{"success()", {}}, Environment()).diagnostics), "unknown function 'success'"));
}

TEST_CASE("the result must be what the place needs", "[cel][checker]") {
    Environment bools = environment();
    bools.expect(Type::Kind::boolean);
    auto const said = [&](std::string const& text) { return diagnostics_text(compile(Source{text, {}}, bools).diagnostics); };
    CHECK(said("inputs.dry").empty());
    CHECK(said("event.data.x").empty());
    CHECK(said("inputs.name") == "1:1 this gives string, but bool is needed here | compare it: inputs.name != ''");

    auto const late = compile(Source{"event.data.total", {}}, bools).program->eval(values());
    REQUIRE(!late);
    CHECK(late.error().message == "this is the string '12', but bool is needed here");

    Environment numbers = environment();
    numbers.expect(Type::Kind::real);
    CHECK(dump_json(*compile(Source{"inputs.count", {}}, numbers).program->eval(values())) == "3.0");
}

TEST_CASE("reading a field that may be absent is warned about", "[cel][checker]") {
    CHECK(contains(check_text("steps.dump.outputs.note == ''"), "1:20 warning: 'note' may be absent"));
    CHECK(check_text("has(steps.dump.outputs.note) && steps.dump.outputs.note == ''").empty());
    CHECK(check_text("steps.dump.outputs.?note.orValue('') == ''").empty());
}

TEST_CASE("constants are folded and what can only fail is told", "[cel][checker]") {
    CHECK(check_text("1 / 0") == "1:1 division by zero | guard it: x != 0 && …");
    CHECK(contains(check_text("inputs.dry && 1 / 0 > 1"), "warning: this always fails: division by zero"));
    CHECK(contains(check_text("duration('7d')"), "the string '7d' is not a duration"));
    CHECK(contains(check_text("9223372036854775807 + 1"), "integer overflow"));
    CHECK(contains(check_text("inputs.name.matches('(')"), "1:21 wrong pattern: "));
    CHECK(contains(check_text("{'a': 1, 'a': 2}"), "duplicate map key"));
    CHECK(contains(check_text("timestamp('2026-02-30T00:00:00Z') < now"), "is not a timestamp"));
}
