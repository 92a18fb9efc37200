// Functions that the public suite does not know, and the traps of those it does.
#include "tests/catch.h"

#include "common/calendar/zones.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

TEST_CASE("lists are compared as sets, whatever their order", "[cel][functions]") {
    CHECK(eval_text("sets.contains([1, 2, 3], [3, 1])") == "true");
    CHECK(eval_text("sets.contains([1, 2.0], [2u, 1])") == "true");
    CHECK(eval_text("sets.contains([1], [])") == "true");
    CHECK(eval_text("sets.contains(event.data.items, [4])") == "false");
    CHECK(eval_text("sets.equivalent([1, 2], [2, 1, 1])") == "true");
    CHECK(eval_text("sets.equivalent([1, 2], [1])") == "false");
    CHECK(eval_text("sets.intersects([1, 2], [5, 2])") == "true");
    CHECK(eval_text("sets.intersects([], [1])") == "false");
    CHECK(contains(check_text("sets.contains('a', ['a'])"), "no such overload"));
}

TEST_CASE("a glob matches the whole text, and a star no slash", "[cel][functions]") {
    CHECK(eval_text("glob('a/b.txt', 'a/*.txt')") == "true");
    CHECK(eval_text("glob('a/b/c.txt', 'a/*.txt')") == "false");
    CHECK(eval_text("glob('a/b/c.txt', 'a/**.txt')") == "true");
    CHECK(eval_text("'b.txt'.glob('?.txt')") == "true");
    CHECK(eval_text("glob('x.log', '[a-w]*.log')") == "false");
    CHECK(eval_text("glob('x.log', '[!a-w]*.log')") == "true");
    CHECK(eval_text("glob('a+b (1).txt', 'a+b (1).txt')") == "true");
    CHECK(eval_text("glob('a*b', 'a\\\\*b') && !glob('axb', 'a\\\\*b')") == "true");
    CHECK(eval_text("glob('Straße', 'Stra?e')") == "true");
    CHECK(contains(eval_text("glob(inputs.name, '[a')"), "'[' is not closed"));
}

TEST_CASE("versions are ordered as semver.org says", "[cel][functions]") {
    std::vector<std::string> const ascending{"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "2.0.0"};
    for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
        CHECK(eval_text("semver.compare('" + ascending[i] + "', '" + ascending[i + 1] + "')") == "-1");
        CHECK(eval_text("semver.compare('" + ascending[i + 1] + "', '" + ascending[i] + "')") == "1");
    }
    CHECK(eval_text("semver.compare('1.2.3+a', '1.2.3+b')") == "0");
    CHECK(eval_text("semver('1.2.3-rc.1+5').prerelease") == R"("rc.1")");
    CHECK(eval_text("semver('10.20.30').minor") == "20");
    for (std::string const wrong : {"1", "1.2", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.x", "", "1.2.3-a..b"}) CHECK(eval_text("semver.isValid('" + wrong + "')") == "false");
    CHECK(contains(check_text("semver('1.2.3').micro"), "no such field 'micro'"));
}

TEST_CASE("getters take a zone when the place has zones", "[cel][functions]") {
    static calendar::Zones const zones;
    Environment place = environment();
    place.zones(zones);
    auto const value = [&](std::string const& text) {
        Compiled const compiled = compile(Source{text, {}}, place);
        if (!compiled.program) return "check " + diagnostics_text(compiled.diagnostics);
        auto const result = compiled.program->eval(values());
        return result ? dump_json(*result) : "error " + result.error().message;
    };
    CHECK(value("timestamp('2026-07-01T23:30:00Z').getHours('Europe/Berlin')") == "1");
    CHECK(value("timestamp('2026-07-01T23:30:00Z').getDate('Europe/Berlin')") == "2");
    CHECK(value("now.getHours('America/New_York')") == "12");
    CHECK(value("now.getHours('+02:00')") == "19");
    CHECK(contains(value("now.getHours(inputs.name)"), "unknown time zone 'orders'"));
    CHECK(contains(eval_text("now.getHours('Europe/Berlin')"), "only UTC and offsets"));
}

TEST_CASE("formatting stays within its budget and its bounds", "[cel][functions]") {
    CHECK(eval_text("'%.2f%%'.format([99.5])") == R"("99.50%")");
    CHECK(eval_text("'%s'.format([{'b': 1, 'a': [true, null]}])") == R"("{a: [true, null], b: 1}")");
    CHECK(contains(eval_text("'%d'.format([inputs.amount])"), "%d cannot show the number 10"));
    CHECK(contains(eval_text("'%s %s'.format([inputs.name])"), "only 1 values"));
    CHECK(contains(eval_text("'%.101f'.format([inputs.amount])"), "a precision is a number from 0 to 100"));
    CHECK(contains(eval_text("'100%'.format([inputs.amount])"), "ends within a '%'"));
    CHECK(contains(eval_text("'%q'.format([inputs.amount])"), "unknown '%q'"));
}

TEST_CASE("two variables see the key or index and the value", "[cel][functions]") {
    CHECK(eval_text("event.data.items.exists(i, v, i == 1 && v == 2)") == "true");
    CHECK(eval_text("vars.transformList(k, v, k + string(v))") == R"(["a1","b2"])");
    CHECK(eval_text("vars.transformMap(k, v, v > 1, v * 10)") == R"({"b":20})");
    CHECK(eval_text("['x', 'y'].transformMapEntry(i, v, {v: i})") == R"({"x":0,"y":1})");
    CHECK(contains(eval_text("inputs.tags.transformMapEntry(i, v, {'k': i})"), "duplicate map key"));
    CHECK(contains(check_text("[1].all(x, x, true)"), "both names of all() are 'x'"));
}

TEST_CASE("bound names keep an error until they are read, and shadow variables", "[cel][functions]") {
    CHECK(eval_text("cel.bind(x, inputs.tags[7], true)") == "true");
    CHECK(contains(eval_text("cel.bind(x, inputs.tags[7], x == 'a')"), "error"));
    CHECK(eval_text("cel.bind(inputs, 5, inputs + 1)") == "6");
    CHECK(eval_text("event.data.?user.optMap(u, u.id + '!').orValue('none')") == R"("u1!")");
    CHECK(eval_text("event.data.?nobody.optMap(u, u.id).orValue('none')") == R"("none")");
    CHECK(eval_text("event.data.?user.optFlatMap(u, u.?name).hasValue()") == "false");
}
