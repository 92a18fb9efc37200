// Any bytes as an expression and as a template: checked, evaluated, printed and parsed again; never a crash, never over 50 ms.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/base/error_codes.h"
#include "common/base/json.h"
#include "common/cel/parser.h"
#include "common/cel/print.h"
#include "common/cel/program.h"
#include "common/cel/trace.h"

namespace {

using namespace pawl;
using namespace pawl::cel;

class Values : public Activation {
public:
    Values() {
        inputs_ = *parse_json(R"({"n": 3, "x": 1.5, "s": "a-b", "l": [1, 2, 3], "m": {"k": "v"}, "b": true})");
        event_ = *parse_json(R"({"data": {"total": "12", "id": 9007199254740993, "items": [{"p": 1}, {"p": null}]}})");
        now_ = Json("2026-11-24T17:20:12Z");
    }
    Json const* variable(std::string_view name) const override {
        if (name == "inputs") return &inputs_;
        if (name == "event") return &event_;
        return name == "now" ? &now_ : nullptr;
    }

private:
    Json inputs_, event_, now_;
};

class NoValues : public Activation {
public:
    Json const* variable(std::string_view) const override { return nullptr; }
    bool status(std::string_view) const override { return false; }
};

Environment environment() {
    using K = Type::Kind;
    Environment made;
    made.variable("inputs", Type::object("inputs", {{"n", K::integer}, {"x", K::real}, {"s", K::string}, {"l", Type::list(K::integer)}, {"m", Type::map(K::string, K::string)},
                                                    {"b", K::boolean}, {"none", K::string, true}}), true);
    made.variable("event", Type(), true);
    made.variable("now", K::timestamp);
    made.variable("secrets", Type::object("secrets", {{"T", K::secret}}));
    made.status_function("success");
    return made;
}

/// What is printed must parse, and print the same.
void check_printing(std::string const& text) {
    if (text.size() > text_bytes_max) return;
    Source const source{text, {}};
    Reporter reporter{Placer(source)};
    Ast const ast = parse(text, reporter);
    if (reporter.failed()) return;
    std::string const once = to_text(ast);
    Reporter again{Placer(source)};
    std::string const twice = to_text(parse(once, again));
    if (again.failed() || once != twice) std::abort();
}

/// Traced, and in part first: the same answer, or both have none. Where the budget ends differs, so it is large here.
void check_ways(Program const& program, Activation const& values) {
    constexpr Budget roomy{.steps_left = 300'000, .bytes_left = 4u << 20};
    Budget plain = roomy, traced = roomy, rest = roomy;
    auto const expected = program.eval(values, plain);
    Trace trace;
    auto const seen = program.eval(values, traced, trace);
    (void)diagram(trace);
    (void)conditions(trace);
    Program const partial = program.partial(values);
    auto const left = partial.eval(NoValues(), rest);
    auto const ended = [](Result<Json> const& result) { return !result && result.error().code == code::limit_exceeded; };
    if (!expected || ended(seen) || ended(left)) return;
    if (!seen || !left || dump_json(*seen) != dump_json(*expected) || dump_json(*left) != dump_json(*expected)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static Environment const place = environment();
    static Values const values;
    std::string const text(reinterpret_cast<char const*>(data), size);
    auto const begin = std::chrono::steady_clock::now();
    Compiled const compiled = compile(Source{text, {}}, place);
    if (compiled.program.has_value() == has_errors(compiled.diagnostics)) std::abort();
    if (compiled.program) {
        (void)compiled.program->eval(values);
        (void)compiled.program->eval_bool(values);
        check_ways(*compiled.program, values);
    }
    CompiledTemplate const made = compile_template(Source{text, {}}, place);
    if (made.value) (void)made.value->eval_text(values);
    auto const passed = std::chrono::steady_clock::now() - begin;
    // 50 ms is the promise of a release build on a quiet machine; sanitizers and neighbours take their share.
    if (passed > std::chrono::milliseconds(1000)) std::abort();
    if (compiled.program) check_printing(text);
    return 0;
}
