// A test names its expression, declarations, bindings and what must come out: a value, a type, or any error.
#include "tests/conformance/verdict.h"

#include <algorithm>

#include "common/calendar/zones.h"
#include "common/cel/typed.h"

namespace pawl::conformance {
namespace {

using namespace cel;

/// A compiled test with all that its program borrows.
struct Compilation {
    Compilation(Test const& test, cel::Strictness strictness) {
        static calendar::Zones const zones;
        Json const& original = *test.original;
        environment.zones(zones).strictness(strictness);
        environment.container(original.text("container"));
        if (Json const* const bindings = original.find("bindings")) {
            auto read = TypedValues::from(*bindings);
            if (read) values = std::move(*read);
            else problem = read.error().message;
            for (auto const& [name, value] : values.names()) environment.variable(name, Type());
        }
        if (Json const* const declarations = original.find("typeEnv")) {
            auto const declared = declare(*declarations, environment, functions);
            if (!declared) problem = declared.error().message;
        }
        compiled = compile(Source{original.text("expr"), {}}, environment);
    }

    Result<Json> eval() const {
        if (!compiled.program) return compiled.diagnostics.front();
        Budget budget{.steps_left = 1'000'000, .bytes_left = 8u << 20};
        return eval_typed(*compiled.program, values, budget);
    }

    std::string type() const { return compiled.program ? reference_name(compiled.program->result()) : "-"; }

    Environment environment;
    Library functions;
    TypedValues values;
    Compiled compiled;
    std::string problem;
};

/// As a double; the zeros are equal.
double number(Json const& json) {
    double const value = json.is_double() ? json.as_double() : json.is_int() ? static_cast<double>(json.as_int()) : static_cast<double>(json.as_uint());
    return value == 0 ? 0.0 : value;
}

/// One text for equal values: doubles by value, map entries in order.
Json canonical(Json const& typed) {
    if (!typed.is_map() || typed.as_map().size() != 1) return typed;
    auto const& [form, content] = *typed.as_map().begin();
    Json result;
    if (form == "doubleValue" && content.is_number()) return result.set(form, number(content));
    if (form == "listValue") {
        JsonList items;
        if (Json const* const values = content.find("values")) {
            for (Json const& value : values->as_list()) items.push_back(canonical(value));
        }
        return result.set(form, std::move(items));
    }
    if (form != "mapValue") return typed;
    std::vector<std::pair<std::string, Json>> entries;
    if (Json const* const members = content.find("entries")) {
        for (Json const& member : members->as_list()) {
            Json entry;
            entry.set("key", canonical(*member.find("key"))).set("value", canonical(*member.find("value")));
            entries.emplace_back(dump_json(entry), entry);
        }
    }
    std::sort(entries.begin(), entries.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
    JsonList sorted;
    for (auto& [text, entry] : entries) sorted.push_back(std::move(entry));
    return result.set(form, std::move(sorted));
}

std::string compare(Json const& wanted, Result<Json> const& got) {
    std::string const expected = dump_json(canonical(wanted));
    if (!got) return "expected " + expected + ", got the error: " + got.error().message;
    std::string const found = dump_json(canonical(*got));
    return found == expected ? "" : "expected " + expected + ", got " + found;
}

std::string compare_type(Json const& wanted, Compilation const& compilation) {
    auto const type = read_type(wanted);
    if (!type) return type.error().message;
    std::string const expected = reference_name(*type);
    return compilation.type() == expected ? "" : "expected the type " + expected + ", got " + compilation.type();
}

std::string judge(Test const& test, bool folding) {
    Json const& original = *test.original;
    // pawl refuses what can only fail; a test that is for the checker alone may be such
    bool const folds = folding && !original.flag("checkOnly");
    Compilation const compilation(test, {.types = !original.flag("disableCheck"), .division = false, .folding = folds});
    if (!compilation.problem.empty()) return compilation.problem;
    Json const* const typed = original.find("typedResult");
    if (typed != nullptr) {
        std::string const wrong = compare_type(*typed->find("deducedType"), compilation);
        if (!wrong.empty() || original.flag("checkOnly")) return wrong;
    }
    auto const got = compilation.eval();
    if (original.find("evalError") != nullptr) return got ? "expected an error, got " + dump_json(*got) : "";
    if (typed != nullptr) return compare(*typed->find("result"), got);
    Json const* const value = original.find("value");
    Json yes;
    return compare(value != nullptr ? *value : yes.set("boolValue", true), got);
}

}  // namespace

std::string verdict(Test const& test) {
    std::string const folded = judge(test, true);
    if (!folded.empty()) return folded;
    std::string const unfolded = judge(test, false);
    return unfolded.empty() ? "" : "without folding: " + unfolded;
}

std::string deduced_type(Test const& test) { return Compilation(test, {.types = true, .division = false, .folding = false}).type(); }

}  // namespace pawl::conformance
