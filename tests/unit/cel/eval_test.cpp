// What expressions compute: operators, absorption of errors, macros, conversions, time.
#include "tests/catch.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

TEST_CASE("numbers compare by exact value across kinds", "[cel][eval]") {
    CHECK(eval_text("1 == 1.0 && 1u == 1 && dyn(1) == 1.0") == "true");
    CHECK(eval_text("9007199254740993 == 9007199254740992.0") == "false");
    CHECK(eval_text("9007199254740993 > 9007199254740992.0") == "true");
    CHECK(eval_text("-1 < 1u && 18446744073709551615u > -1") == "true");
    CHECK(eval_text("9223372036854775807 == 9223372036854775808.0") == "false");
    CHECK(eval_text("9223372036854775807 < 9223372036854777857.0") == "true");
    CHECK(eval_text("9223372036854775807 < 9223372036854775808.0") == "false");  // the one place where the public suite wants rounding
    CHECK(eval_text("18446744073709551615u < 18446744073709551616.0") == "true");
    CHECK(eval_text("double('NaN') == double('NaN')") == "false");
    CHECK(eval_text("double('NaN') < 1 || double('NaN') >= 1") == "false");
    CHECK(eval_text("-1.5 < -1 && -1 < -0.5 && 1 < 1.5") == "true");
    CHECK(eval_text("dyn(1) == '1'") == "false");
    CHECK(eval_text("dyn('a') != 1") == "true");
}

TEST_CASE("mixed arithmetic promotes to double, overflow is an error", "[cel][eval]") {
    CHECK(eval_text("1 + 2") == "3");
    CHECK(eval_text("1 + 2.0") == "3.0");
    CHECK(eval_text("inputs.amount * 2") == "20.0");
    CHECK(eval_text("event.data.amount - 0.5") == "6.5");
    CHECK(eval_text("10 / 4") == "2");
    CHECK(eval_text("-7 / 2") == "-3");
    CHECK(eval_text("-7 % 3") == "-1");
    CHECK(eval_text("10 / 4.0") == "2.5");
    CHECK(eval_text("1.0 / 0.0 > 1e300") == "true");
    CHECK(contains(eval_text("inputs.count * 9223372036854775807"), "error 1:1 integer overflow"));
    CHECK(contains(eval_text("-9223372036854775808 / int(inputs.amount - 11.0)"), "integer overflow"));
    CHECK(contains(eval_text("-(inputs.count - 3 - 9223372036854775807 - 1)"), "integer overflow"));
    CHECK(contains(eval_text("uint(inputs.count) - 4u"), "unsigned overflow"));
    CHECK(contains(eval_text("1 / (inputs.count - 3)"), "division by zero"));
    CHECK(contains(eval_text("1 % (inputs.count - 3)"), "modulus by zero"));
}

TEST_CASE("&& and || absorb errors that do not matter", "[cel][eval]") {
    CHECK(eval_text("event.nope > 1 && inputs.dry") == "false");
    CHECK(eval_text("inputs.dry && event.nope > 1") == "false");
    CHECK(eval_text("event.nope > 1 || !inputs.dry") == "true");
    CHECK(contains(eval_text("event.nope > 1 && !inputs.dry"), "no such field 'nope'"));
    CHECK(contains(eval_text("event.nope > 1 || inputs.dry"), "no such field 'nope'"));
    CHECK(contains(eval_text("event.one > 1 && event.two > 2"), "no such field 'one'"));
    CHECK(contains(eval_text("!inputs.dry && event.type"), "1:16 event.type is the string 'order.created', where true or false is needed"));
    CHECK(eval_text("event.type && inputs.dry") == "false");
    CHECK(eval_text("event.a.b.c && event.d && inputs.dry && event.e") == "false");
}

TEST_CASE("the condition of ?: is never guessed", "[cel][eval]") {
    CHECK(eval_text("inputs.count > 2 ? 'many' : 'few'") == "\"many\"");
    CHECK(eval_text("inputs.count > 2 ? 1 : event.nope") == "1");
    CHECK(contains(eval_text("event.nope ? 1 : 2"), "no such field"));
    CHECK(contains(eval_text("event.type ? 1 : 2"), "where true or false is needed"));
}

TEST_CASE("run-time errors blame the part and say what helps", "[cel][eval]") {
    CHECK(eval_text("inputs.dry || event.data.total > 10") ==
          "error 1:15 event.data.total is the string '12', compared with a number | convert it: double(event.data.total)");
    CHECK(eval_text("10 < event.data.total") == "error 1:6 event.data.total is the string '12', compared with a number | convert it: double(event.data.total)");
    CHECK(eval_text("event.data.nope.x") == "error 1:1 no such field 'nope' in event.data | did you mean 'none'? when it may be missing, write event.data.?nope.orValue(…)");
    CHECK(contains(eval_text("event.data.missing"), "no such field 'missing' in event.data | when it may be missing, write event.data.?missing.orValue(…)"));
    CHECK(contains(eval_text("event.data.none.x"), "event.data.none is null and has no field 'x'"));
    CHECK(contains(eval_text("event.data.none > 1"), "event.data.none is null, compared with a number | give a value for null"));
    CHECK(contains(eval_text("event.data.total + 1"), "event.data.total is the string '12', and there is no '+' between it and a number"));
    CHECK(contains(eval_text("event.data.amount.startsWith('a')"), "no such overload: int.startsWith(string) | event.data.amount is the number 7"));
    CHECK(contains(eval_text("event.data.items[5]"), "index 5 is not in the list of 3"));
    CHECK(contains(eval_text("event.data['x-y']"), "no such field 'x-y' in event.data"));
    CHECK(contains(eval_text("event.data.items > 1"), "event.data.items is a list of 3, compared with a number"));
    CHECK(contains(eval_text("event.data.amount.all(x, true)"), "event.data.amount is the number 7, where a list or a map is needed"));
    CHECK(contains(eval_text("'a' in event.type"), "where 'in' needs a list or a map"));
    CHECK(contains(eval_text("now", Values()), "now has no value here"));
}

TEST_CASE("fields, indexes and has", "[cel][eval]") {
    CHECK(eval_text("event.data['my-key'] + event.data.`my-key`") == "10");
    CHECK(eval_text("event.data.items[1]") == "2");
    CHECK(eval_text("event.data.items[1u] + event.data.items[2.0]") == "5");
    CHECK(contains(eval_text("event.data.items[1.5]"), "index 1.5"));
    CHECK(contains(eval_text("event.data.items[-1]"), "index -1"));
    CHECK(eval_text("has(event.data.user) && !has(event.data.nope) && has(event.data.none)") == "true");
    CHECK(contains(eval_text("has(event.nope.x)"), "no such field 'nope'"));
    CHECK(eval_text("{1: 'a', true: 'b', 'x': 'c'}[1.0]") == "\"a\"");
    CHECK(eval_text("{'a': {'b': 1}}.a.b") == "1");
    CHECK(eval_text("'a' in {'a': 1} && 2 in [1, 2.0] && !('z' in event.data)") == "true");
}

TEST_CASE("optionals are the idiom for fields that may be missing", "[cel][eval]") {
    CHECK(eval_text("event.data.?user.?id.orValue('none')") == "\"u1\"");
    CHECK(eval_text("event.?nope.?id.orValue('none')") == "\"none\"");
    CHECK(eval_text("event.?nope.id.x.orValue('none')") == "\"none\"");
    CHECK(eval_text("event.data.?user.id.hasValue()") == "true");
    CHECK(eval_text("event.data.items[?7].orValue(0)") == "0");
    CHECK(eval_text("event.data[?'total'].value()") == "\"12\"");
    CHECK(eval_text("optional.none().hasValue() || optional.of(1).hasValue()") == "true");
    CHECK(eval_text("optional.none().or(optional.of(2)).value()") == "2");
    CHECK(contains(eval_text("event.?nope.value()"), "value() of an optional that has none"));
    CHECK(eval_text("[1, ?event.?nope, ?optional.of(3)]") == "[1,3]");
    CHECK(eval_text("{?'a': event.?nope, 'b': 1}") == R"({"b":1})");
    CHECK(eval_text("optional.ofNonZeroValue('').hasValue()") == "false");
    CHECK(eval_text("steps.dump.outputs.?note.orValue('x')") == "\"x\"");
    CHECK(eval_text("event.?nope") == "null");
}

TEST_CASE("macros", "[cel][eval]") {
    CHECK(eval_text("[1, 2, 3].all(x, x > 0) && [1, 2].exists(x, x == 2) && [1, 2, 2].exists_one(x, x == 1)") == "true");
    CHECK(eval_text("[].all(x, false) && ![].exists(x, true)") == "true");
    CHECK(eval_text("[1, 2, 3].filter(x, x > 1)") == "[2,3]");
    CHECK(eval_text("[1, 2, 3].map(x, x * 2)") == "[2,4,6]");
    CHECK(eval_text("[1, 2, 3].map(x, x > 1, x * 2)") == "[4,6]");
    CHECK(eval_text("event.data.items.map(x, inputs.tags.map(t, t + string(x)))") == R"([["a1","b1"],["a2","b2"],["a3","b3"]])");
    CHECK(eval_text("vars.all(k, vars[k] > 0)") == "true");
    CHECK(eval_text("vars.map(k, k)") == R"(["a","b"])");
    CHECK(eval_text("[1, 2].map(x, [3].map(x, x)[0] + x)") == "[4,5]");
    SECTION("all and exists absorb errors, the others do not") {
        CHECK(eval_text("[1, 'a', -1].all(x, x > 0)") == "false");
        CHECK(eval_text("['a', 1].exists(x, x > 0)") == "true");
        CHECK(contains(eval_text("['a', 1].all(x, x > 0)"), "x is the string 'a', compared with a number"));
        CHECK(contains(eval_text("['a', 1].filter(x, x > 0)"), "compared with a number"));
        CHECK(contains(eval_text("['a', 1].exists_one(x, x > 0)"), "compared with a number"));
    }
    SECTION("a variable of a macro hides a name from outside, and ends with it") {
        CHECK(eval_text("[1].map(event, event)[0] + event.data.amount") == "8");
    }
}

TEST_CASE("lists and maps compare deeply, maps without order", "[cel][eval]") {
    CHECK(eval_text("[1, [2.0]] == [1.0, [2]]") == "true");
    CHECK(eval_text("{'a': 1, 'b': [1]} == {'b': [1.0], 'a': 1u}") == "true");
    CHECK(eval_text("{'a': 1} == {'a': 1, 'b': 2}") == "false");
    CHECK(eval_text("event.data.items == [1, 2, 3]") == "true");
    CHECK(eval_text("[1] + [2] + event.data.items") == "[1,2,1,2,3]");
    CHECK(eval_text("size([1, 2]) + size({'a': 1}) + size('ä') + [1].size()") == "5");
}

TEST_CASE("conversions", "[cel][eval]") {
    CHECK(eval_text("int('42') + int(3.9) + int(2u) + int(timestamp('1970-01-01T00:01:00Z'))") == "107");
    CHECK(eval_text("int(-3.9)") == "-3");
    CHECK(contains(eval_text("int(inputs.amount * 1e300)"), "does not fit an int"));
    CHECK(contains(eval_text("int(inputs.name)"), "the string 'orders' is not an int"));
    CHECK(eval_text("uint('7')") == "7");
    CHECK(contains(eval_text("uint(inputs.count - 5)"), "does not fit a uint"));
    CHECK(eval_text("double('1.5') + double(1)") == "2.5");
    CHECK(eval_text("string(1) + string(1.5) + string(3.0) + string(true) + string(b'x') + string(2u)") == "\"11.53truex2\"");
    CHECK(contains(eval_text("string(bytes(inputs.name) + b'\\xff')"), "not valid UTF-8"));
    CHECK(eval_text("bytes('é')") == "\"w6k=\"");
    CHECK(eval_text("bool('true') && !bool('0')") == "true");
    CHECK(contains(eval_text("bool(inputs.name)"), "is not a bool"));
    CHECK(eval_text("type(1) == int && type('') == string && type([]) == list && type(now) == google.protobuf.Timestamp && type(type(1)) == type") == "true");
    CHECK(eval_text("dyn(1) + 1") == "2");
    CHECK(eval_text("duration('1h30m')") == "\"5400s\"");
    CHECK(eval_text("string(duration('-1.5s'))") == "\"-1.5s\"");
    CHECK(eval_text("timestamp(0)") == "\"1970-01-01T00:00:00Z\"");
    CHECK(eval_text("json.parse('{\"a\": [1, 2.5]}').a[1]") == "2.5");
    CHECK(eval_text("json.encode({'a': [1, 2.0, null, 'x']})") == R"j("{\"a\":[1,2.0,null,\"x\"]}")j");
    CHECK(contains(eval_text("json.parse(inputs.name)"), "this text is not JSON"));
    CHECK(eval_text("sha256('abc')") == "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
}

TEST_CASE("text functions count characters", "[cel][eval]") {
    CHECK(eval_text("'äöü'.size() + 'äöü'.indexOf('ü') + 'äöü'.indexOf('x')") == "4");
    CHECK(eval_text("'äöü'.charAt(1) + 'äöü'.substring(1) + 'äöü'.substring(0, 2)") == "\"ööüäö\"");
    CHECK(eval_text("'äöü'.charAt(3)") == "\"\"");
    CHECK(contains(eval_text("inputs.name.charAt(7)"), "position 7 is not in the text of 6 characters"));
    CHECK(contains(eval_text("inputs.name.substring(3, 1)"), "ends before it begins"));
    CHECK(eval_text("'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'äb'.split('') == ['ä', 'b'] && 'a'.split(',', 0) == []") == "true");
    CHECK(eval_text("['a', 'b'].join('-') + [].join(',') + ['x', 'y'].join()") == "\"a-bxy\"");
    CHECK(contains(eval_text("event.data.items.join(',')"), "join() needs a list of strings"));
    CHECK(eval_text("'banana'.replace('a', 'o') + 'banana'.replace('a', 'o', 1) + 'ab'.replace('', '.')") == "\"bonono" "bonana" ".a.b.\"");
    CHECK(eval_text("' \\t\\u00a0x y\\u3000\\n'.trim()") == "\"x y\"");
    CHECK(eval_text("'aÄz'.upperAscii() + 'AÄZ'.lowerAscii()") == "\"AÄZaÄz\"");
    CHECK(eval_text("'abc'.contains('b') && 'abc'.startsWith('ab') && 'abc'.endsWith('bc') && ''.contains('')") == "true");
    CHECK(eval_text("'order-12'.matches('^[a-z]+-\\\\d+$') && matches('xay', 'a') && !'b'.matches('a')") == "true");
    CHECK(contains(eval_text("'a'.matches(inputs.name + '(')"), "wrong pattern: missing )"));
    CHECK(eval_text("'abcabc'.indexOf('c', 3) + 'abcabc'.lastIndexOf('a')") == "8");
}

TEST_CASE("time", "[cel][eval]") {
    CHECK(eval_text("now") == "\"2026-11-24T17:20:12.5Z\"");
    CHECK(eval_text("now.getFullYear() == 2026 && now.getMonth() == 10 && now.getDate() == 24 && now.getDayOfMonth() == 23 && now.getDayOfWeek() == 2 && now.getDayOfYear() == 327") == "true");
    CHECK(eval_text("[now.getHours(), now.getMinutes(), now.getSeconds(), now.getMilliseconds()]") == "[17,20,12,500]");
    CHECK(eval_text("[now.getHours('+02:00'), now.getHours('-08:30'), now.getHours('02:00'), now.getDate('+23:00'), now.getHours('UTC')]") == "[19,8,19,25,17]");
    CHECK(eval_text("now - duration('1h') < now && now + duration('24h') > timestamp('2026-11-25T00:00:00Z')") == "true");
    CHECK(eval_text("now - timestamp('2026-11-24T17:20:00Z')") == "\"12.5s\"");
    CHECK(eval_text("timestamp('2026-01-01T00:00:00+02:00')") == "\"2025-12-31T22:00:00Z\"");
    CHECK(eval_text("timestamp('0001-01-01T00:00:00Z').getDayOfWeek()") == "1");
    CHECK(eval_text("timestamp('2024-02-29T23:59:59.123456789Z')") == "\"2024-02-29T23:59:59.123456789Z\"");
    CHECK(eval_text("[duration('90m').getHours(), duration('90m').getMinutes(), duration('90m').getSeconds(), duration('1.25s').getMilliseconds(), duration('-1.5s').getSeconds()]") ==
          "[1,90,5400,250,-1]");
    CHECK(contains(eval_text("timestamp('9999-12-31T23:59:59Z') + steps.dump.duration"), "outside of the years 1 to 9999"));
    CHECK(eval_text("duration('1h') == duration('60m') && duration('1ms') < duration('1.1ms')") == "true");
    CHECK(eval_text("-duration('1h')") == "\"-3600s\"");
}

TEST_CASE("declared times in JSON are converted where they are read", "[cel][eval]") {
    CHECK(eval_text("steps.dump.started_at + steps.dump.duration") == "\"2026-01-01T11:30:00Z\"");
    CHECK(eval_text("steps.dump.duration > duration('1h')") == "true");
    CHECK(eval_text("inputs['due'].getMonth()") == "0");
    CHECK(eval_text("steps.dump.?started_at.value().getHours()") == "10");
    CHECK(contains(eval_text("now.getHours()", values().set("now", "\"yesterday\"")), "now is declared timestamp, but is the string 'yesterday'"));
    CHECK(eval_text("inputs.amount", values().set("inputs", R"({"amount": 3})")) == "3.0");
}

TEST_CASE("zone names are asked of the resolver", "[cel][eval]") {
    struct Berlin : ZoneResolver {
        std::optional<int> utc_offset_seconds(std::string_view zone, std::int64_t) const override {
            return zone == "Europe/Berlin" ? std::optional(3600) : std::nullopt;
        }
    } const berlin;
    CHECK(contains(eval_text("now.getHours('Europe/Berlin')"), "unknown time zone 'Europe/Berlin' | only UTC and offsets"));
    Environment with_zones = environment();
    with_zones.zones(berlin);
    CHECK(dump_json(*compile(Source{"now.getHours('Europe/Berlin')", {}}, with_zones).program->eval(values())) == "18");
    CHECK(!compile(Source{"now.getHours('Mars/Base')", {}}, with_zones).program->eval(values()));
}

TEST_CASE("only the variables an expression needs are asked for, each once", "[cel][eval]") {
    Values const given = values();
    REQUIRE(compile_text("inputs.dry && event.x > 1 || vars.a == 1 && vars.b == 2").program->eval(given));
    CHECK(given.asked() == std::vector<std::string>{"inputs", "vars"});
}

TEST_CASE("eval_bool takes true and false only", "[cel][eval]") {
    CHECK(*compile_text("!inputs.dry").program->eval_bool(values()));
    auto const text = compile_text("event.data.total").program->eval_bool(values());
    REQUIRE(!text);
    CHECK(text.error().message == "this is the string '12', where true or false is needed");
    CHECK(text.error().code == code::expression_error);
}

TEST_CASE("a declared int is an int, however JSON spells it, and never a fraction", "[cel][eval]") {
    std::string const others = R"("dry": false, "amount": 1, "name": "n", "tags": [], "due": "2026-01-02T03:04:05Z"})";
    Values given = values();
    CHECK(eval_text("inputs.count / 2", given.set("inputs", R"({"count": 3.0, )" + others)) == "1");
    CHECK(contains(eval_text("inputs.count / 2", given.set("inputs", R"({"count": 3.5, )" + others)), "inputs.count is declared int, but is the number 3.5"));
    CHECK(eval_text("inputs.amount / 2", given) == "0.5");
}
