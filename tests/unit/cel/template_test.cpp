// `${{ }}` in text.
#include "tests/catch.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

CompiledTemplate made(std::string const& text) { return compile_template(Source{text, {}}, environment()); }

std::string value_of(std::string const& text) {
    CompiledTemplate const compiled = made(text);
    if (!compiled.value) return "check " + diagnostics_text(compiled.diagnostics);
    auto const result = compiled.value->eval(values());
    return result ? dump_json(*result) : "error " + diagnostics_text({result.error()});
}

std::string text_of(std::string const& text) {
    CompiledTemplate const compiled = made(text);
    if (!compiled.value) return "check " + diagnostics_text(compiled.diagnostics);
    auto const result = compiled.value->eval_text(values());
    return result ? *result : "error " + diagnostics_text({result.error()});
}

}  // namespace

TEST_CASE("a whole expression keeps its type, amid text it becomes text", "[cel][template]") {
    CHECK(value_of("${{ inputs.count }}") == "3");
    CHECK(value_of("n=${{ inputs.count }}") == "\"n=3\"");
    CHECK(value_of("${{ inputs.tags }}") == R"(["a","b"])");
    CHECK(value_of("${{inputs.name}}-${{ inputs.amount }}/${{ inputs.dry }}") == "\"orders-10/false\"");
    CHECK(value_of("tags: ${{ inputs.tags }}") == R"j("tags: [\"a\",\"b\"]")j");
    CHECK(value_of("at ${{ now }} for ${{ steps.dump.duration }}") == "\"at 2026-11-24T17:20:12.5Z for 5400s\"");
    CHECK(value_of("plain") == "\"plain\"");
    CHECK(value_of("") == "\"\"");
}

TEST_CASE("the end of an expression is found by the lexer", "[cel][template]") {
    CHECK(value_of("${{ {'a': {'b': 1}} }}") == R"({"a":{"b":1}})");
    CHECK(value_of("${{ {'a': {'b': 1}}}}") == R"({"a":{"b":1}})");
    CHECK(value_of("${{ '}}' }}x") == "\"}}x\"");
    CHECK(value_of("${{ '${{' }} is literal") == "\"${{ is literal\"");
    CHECK(value_of("a }} b ${{ 1 }} }}") == "\"a }} b 1 }}\"");
    CHECK(find_template_end("${{ 'a}}' }}", 3) == 10);
    CHECK(!find_template_end("${{ {'a': 1} ", 3));
}

TEST_CASE("eval_text always gives text", "[cel][template]") {
    CHECK(text_of("${{ inputs.count }}") == "3");
    CHECK(text_of("${{ inputs.tags }}") == R"(["a","b"])");
    CHECK(text_of("${{ inputs.name }}") == "orders");
    CHECK(text_of("${{ b'abc' }}") == "abc");
    CHECK(text_of("${{ 2.5 }}") == "2.5");
    CHECK(text_of("${{ secrets.TOKEN }}") == "s3cr3t");
    CHECK(text_of("${{ event.data.?total }}") == "12");
}

TEST_CASE("null has no text", "[cel][template]") {
    CHECK(text_of("x${{ event.data.none }}") == "error 1:6 event.data.none is null, and text is needed here | give a value for this case: .orValue('')");
    CHECK(contains(text_of("${{ event.data.none }}"), "is null"));
    CHECK(contains(text_of("x${{ event.?nope }}"), "has no value, and text is needed here"));
    CHECK(value_of("${{ event.data.none }}") == "null");
    CHECK(contains(text_of("x${{ null }}"), "check 1:6 null has no text"));
}

TEST_CASE("mistakes in templates have their places", "[cel][template]") {
    CHECK(contains(value_of("a ${{ nope }} b\n${{ 1 + }}"), "check 1:7 unknown name 'nope'"));
    CHECK(contains(value_of("a ${{ nope }} b\n${{ 1 + }}"), "2:8 expected a value, found the end"));
    CHECK(contains(value_of("a ${{ 1"), "check 1:3 '${{' is not closed | add '}}'"));
    CHECK(contains(value_of("${{ 'a }}"), "check 1:5 string is not closed"));
    CHECK(contains(value_of("${{ }}"), "the expression is empty"));
    CHECK(contains(value_of("n: ${{ event.nope }}"), "error 1:8 no such field 'nope' in event"));
    CHECK(contains(value_of("x${{ secrets.TOKEN }}"), "a secret cannot be part of a longer text"));
}

TEST_CASE("a template knows what it is", "[cel][template]") {
    CHECK(made("plain").value->is_literal());
    CHECK_FALSE(made("a${{ 1 }}").value->is_literal());
    CHECK(made("${{ 1 }}").value->is_whole());
    CHECK_FALSE(made(" ${{ 1 }}").value->is_whole());
    CHECK(made("x ${{ inputs.name }}").value->tainted());
    CHECK_FALSE(made("x ${{ vars.a }}").value->tainted());
}

TEST_CASE("what the place expects holds for a whole expression only", "[cel][template]") {
    Environment texts = environment();
    texts.expect(Type::Kind::string);
    CHECK(contains(diagnostics_text(compile_template(Source{"${{ inputs.count }}", {}}, texts).diagnostics), "this gives int, but string is needed here | convert it: string(inputs.count)"));
    CHECK(compile_template(Source{"n ${{ inputs.count }}", {}}, texts).value);
}
