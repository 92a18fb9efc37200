// Conditions: what a use becomes, what a version keeps of them, in which order they are read.
#include "common/base/error_codes.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using pawl::flow::test::json;
using pawl::flow::test::mistakes;
using pawl::flow::test::said;

namespace {

constexpr char const* big = R"(kind: condition
name: big
params: {n: int, limit: {type: int, default: 10}}
expr: params.n > params.limit
tests: [{params: {n: 11}, expect: true}, {params: {n: 11, limit: 11}, expect: false}]
)";

std::string workflow_with(std::string const& expression) {
    return "kind: workflow\nname: w\ninputs: {n: {type: int, default: 3}}\nsteps:\n  - {id: a, uses: set, with: {x: \"${{ " + expression + " }}\"}}\n";
}

class Inputs final : public cel::Activation {
public:
    explicit Inputs(std::string_view inputs) : inputs_(json(inputs)), now_("2026-10-05T07:30:00Z") {}
    Json const* variable(std::string_view name) const override { return name == "inputs" ? &inputs_ : name == "now" ? &now_ : nullptr; }

private:
    Json inputs_, now_;
};

/// What the expression gives for these inputs, beside the condition `big` and further documents.
Json value_of(std::string const& expression, std::string_view inputs = R"({"n": 3})", std::string const& further = "") {
    LoadedFile const file = load_file("flow.yaml", big + further + "---\n" + workflow_with(expression));
    INFO(said(file.diagnostics));
    REQUIRE_FALSE(has_errors(file.diagnostics));
    auto const& values = std::get<SetAction>(file.workflows[0].plan->steps[0].action).values;
    auto const value = values[0].value.eval(Inputs(inputs));
    INFO((value ? "" : value.error().message));
    REQUIRE(value);
    return *value;
}

std::string mistakes_of(std::string const& expression, std::string const& further = "") { return mistakes(big + further + "---\n" + workflow_with(expression)); }

}  // namespace

TEST_CASE("a use of a condition gives what its expression gives", "[flow][condition]") {
    CHECK(value_of("conditions.big({'n': 11})") == Json(true));
    CHECK(value_of("conditions.big({'n': 11, 'limit': 11})") == Json(false));
    CHECK(value_of("conditions.big({'n': inputs.n})") == Json(false));
    CHECK(value_of("conditions.big({'n': inputs.n + 8})") == Json(true));
    CHECK(value_of("!conditions.big({'n': 1}) && conditions.big({'n': 12})") == Json(true));
    CHECK(value_of("conditions.big({'n': 1}) ? 'big' : 'small'") == Json("small"));
}

TEST_CASE("what is given to a condition keeps the names of the place where it stands", "[flow][condition]") {
    CHECK(value_of("[1, 20].map(n, conditions.big({'n': n}))") == json("[false, true]"));
    CHECK(value_of("[1, 20].map(x, conditions.any({'n': x}))", "{}", "---\nkind: condition\nname: any\nparams: {n: int}\nexpr: \"[5].exists(x, x < params.n)\"\n") == json("[false, true]"));
    // Both conditions have a parameter n, and one is given by the other.
    CHECK(value_of("conditions.bigger({'n': inputs.n})", R"({"n": 6})", "---\nkind: condition\nname: bigger\nparams: {n: int}\nexpr: \"conditions.big({'n': params.n * 2}) && params.n == 6\"\n") == Json(true));
    CHECK(value_of("conditions.big({'n': conditions.big({'n': 1}) ? 1 : 12})") == Json(true));
}

TEST_CASE("a computed value that breaks the declaration of its parameter is an error, and no answer", "[flow][condition]") {
    std::string const bounded = "---\nkind: condition\nname: few\nparams: {n: {type: int, min: 1, max: 9}, s: {type: string, pattern: \"[a-z]+\", default: a}, k: {type: string, enum: [x, y], default: x}, d: {type: duration, max: 1h, default: 1s}}\n"
                                "expr: params.n < 5 && params.s != 'z' && params.k == 'x' && params.d < duration('2h')\n";
    auto const outcome = [&](std::string const& expression, std::string_view inputs) {
        LoadedFile const file = load_file("flow.yaml", big + bounded + "---\n" + workflow_with(expression));
        INFO(said(file.diagnostics));
        REQUIRE_FALSE(has_errors(file.diagnostics));
        auto const value = std::get<SetAction>(file.workflows[0].plan->steps[0].action).values[0].value.eval(Inputs(inputs));
        return value ? dump_json(*value) : value.error().message;
    };
    CHECK(outcome("conditions.few({'n': inputs.n})", R"({"n": 4})") == "true");
    CHECK(outcome("conditions.few({'n': inputs.n + 1})", R"({"n": 4})") == "false");
    CHECK(outcome("conditions.few({'n': inputs.n + 6})", R"({"n": 4})") == "parameter 'n' of condition 'few' is not as it is declared");
    CHECK(outcome("conditions.few({'n': inputs.n})", R"({"n": 0})") == "parameter 'n' of condition 'few' is not as it is declared");
    CHECK(outcome("conditions.few({'n': inputs.n, 's': string(inputs.n)})", R"({"n": 4})") == "parameter 's' of condition 'few' is not as it is declared");
    CHECK(outcome("conditions.few({'n': inputs.n, 's': 'b' + 'c', 'k': inputs.n > 3 ? 'x' : 'z'})", R"({"n": 4})") == "true");
    CHECK(outcome("conditions.few({'n': inputs.n, 'k': inputs.n > 3 ? 'x' : 'z'})", R"({"n": 2})") == "parameter 'k' of condition 'few' is not as it is declared");
    CHECK(outcome("conditions.few({'n': inputs.n, 'd': inputs.n > 1 ? duration('90m') : duration('1m')})", R"({"n": 2})") == "parameter 'd' of condition 'few' is not as it is declared");
}

TEST_CASE("comments and texts that look like uses are none", "[flow][condition]") {
    CHECK(value_of("'conditions.none' + \\\"x\\\"") == Json("conditions.nonex"));
    LoadedFile const file = load_file("flow.yaml", std::string(big) + "---\nkind: workflow\nname: w\nsteps:\n  - id: a\n    run: x\n    if: |-\n      conditions.big({'n': 3 // conditions.none\n      }) || // and so on\n      true\n");
    CHECK(said(file.diagnostics).empty());
}

TEST_CASE("a condition sees the parts of a day in a zone", "[flow][condition]") {
    std::string const hours = "---\nkind: condition\nname: morning\nparams: {tz: {type: string, default: Europe/Berlin}}\nexpr: now.getHours(params.tz) == 9\n";
    CHECK(value_of("conditions.morning", "{}", hours) == Json(true));
    CHECK(value_of("conditions.morning({'tz': 'UTC'})", "{}", hours) == Json(false));
}

TEST_CASE("parameters are put in with their declared types", "[flow][condition]") {
    std::string const half = "---\nkind: condition\nname: half\nparams: {x: {type: number, default: 1}, span: {type: duration, default: 90s}}\nexpr: params.x / 2.0 == 0.5 && params.span > duration('1m')\n";
    CHECK(value_of("conditions.half", "{}", half) == Json(true));
    CHECK(value_of("conditions.half({'x': 1})", "{}", half) == Json(true));
    CHECK(value_of("conditions.half({'x': -1, 'span': '30s'})", "{}", half) == Json(false));
}

TEST_CASE("mistakes of uses are told where they stand", "[flow][condition]") {
    CHECK(mistakes_of("conditions.bug({'n': 1})") == "11:50 unknown_name: there is no condition 'bug' (did you mean 'big'?)");
    CHECK(mistakes_of("conditions.big") == "11:50 invalid_input: condition 'big' needs a value for 'n' (write conditions.big({'n': …}))");
    CHECK(mistakes_of("conditions.big({'m': 1, 'n': 2})") == "11:55 unknown_name: condition 'big' has no parameter 'm' (did you mean 'n'?)");
    CHECK(mistakes_of("conditions.big({'n': 'x'})") == "11:60 expression_type: parameter 'n' of condition 'big': 'n' is an integer, not \"x\"");
    CHECK(mistakes_of("conditions.big(3)") == "11:50 expression_type: the parameters of a condition are a map with plain names (write conditions.big({'n': …}))");
    CHECK(mistakes_of("conditions.big({'n': string(inputs.n)})").starts_with("11:39 expression_type: no such overload: string > int ('n_Of_big' is what is given for 'n' of condition 'big', which is declared int"));
    CHECK(mistakes_of("size(conditions)") == "11:44 unknown_name: unknown name 'conditions' (write conditions.NAME, or conditions.NAME({'parameter': value}))");
}

TEST_CASE("a mistake behind a use is told where it stands", "[flow][condition]") {
    CHECK(mistakes_of("conditions.big({'n': 1}) && inputs.m").starts_with("11:74 unknown_name: no such field 'm' in inputs"));
    CHECK(mistakes_of("conditions.big({'n': inputs.m})").starts_with("11:67 unknown_name: no such field 'm' in inputs"));
}

TEST_CASE("a circle of conditions is refused, and so is whatever uses it", "[flow][condition]") {
    std::string const circle = "---\nkind: condition\nname: a\nexpr: conditions.b\n---\nkind: condition\nname: b\nexpr: \"!conditions.a\"\n";
    CHECK(mistakes_of("conditions.a", circle) == "8:7 cycle: conditions use each other in a circle: a → b → a (one of them must do without)");

    // When nobody has seen what is wrong with it, the use is the mistake.
    LoadedProject const project = load_project({{"c.yaml", "kind: condition\nname: a\nexpr: inputs.x\n"}});
    Conditions others;
    others.add(project.files[0].conditions[0]);
    LoadedFile const file = load_file("w.yaml", workflow_with("conditions.a"), others);
    CHECK(said(file.diagnostics) == "5:50 invalid_value: condition 'a' has mistakes of its own (see pawl condition inspect a)");
    CHECK_FALSE(file.workflows[0].plan);
}

TEST_CASE("a red test says which part decided", "[flow][condition]") {
    CHECK(mistakes("kind: condition\nname: c\nparams: {a: int, b: int}\nexpr: params.a > 1 && params.b > 1\ntests: [{params: {a: 2, b: 1}, expect: true}]\n") ==
          "5:9 test_failed: this test of condition 'c' expects true, and it is false (params.b > 1 is false)");
    CHECK(mistakes("kind: condition\nname: c\nparams: {a: int}\nexpr: 10 / params.a > 1\ntests: [{params: {a: 0}, expect: false}]\n").find("test_failed: this test of condition 'c' expects false, and there is an error: division by zero") != std::string::npos);
}

TEST_CASE("a condition that cannot change is a warning", "[flow][condition]") {
    CHECK(mistakes("kind: condition\nname: c\nexpr: 1 > 0\n") == "3:7 constant_condition: condition 'c' is always true");
    CHECK(mistakes("kind: condition\nname: c\nexpr: \"true\"\n").empty());
}

TEST_CASE("conditions of one file serve workflows of all files, whatever the order", "[flow][condition]") {
    std::string const use = "kind: workflow\nname: w\nsteps: [{id: a, run: x, if: \"conditions.big({'n': 1})\"}]\n";
    LoadedProject const project = load_project({{"a.yaml", use}, {"z.yaml", big}});
    CHECK(said(project.diagnostics).empty());
    CHECK(project.files[0].workflows[0].plan);
    REQUIRE(project.files[0].workflows[0].conditions.size() == 1);
    CHECK(project.files[0].workflows[0].conditions[0].name == "big");
    CHECK(project.files[0].workflows[0].conditions[0].where.line == 3);
    REQUIRE(project.files[1].conditions.size() == 1);
    CHECK(project.files[1].conditions[0]->tests.size() == 2);

    LoadedProject const doubled = load_project({{"a.yaml", big}, {"b.yaml", big}});
    CHECK(said(doubled.diagnostics) == "2:7 duplicate_name: condition 'big' is defined twice");
}

TEST_CASE("a version keeps the conditions it was made with", "[flow][condition]") {
    std::string const use = "kind: workflow\nname: w\nsteps: [{id: a, run: x, if: \"conditions.bigger\"}]\n";
    std::string const bigger = std::string("kind: condition\nname: bigger\nexpr: \"conditions.big({'n': 12})\"\n---\n") + big;
    LoadedProject const project = load_project({{"a.yaml", use}, {"c.yaml", bigger}});
    LoadedWorkflow const& workflow = project.files[0].workflows[0];
    Json const model = json(workflow.model);
    REQUIRE(model.find("conditions"));
    CHECK(model.find("conditions")->find("big")->text("expr") == "params.n > params.limit");
    CHECK(model.find("conditions")->find("bigger"));

    // It loads again from its own text and its model, without the other file.
    auto const plan = load_plan("a.yaml", use, 0, workflow.model);
    REQUIRE(plan);
    CHECK(*plan->steps[0].condition->eval_bool(Inputs("{}")));
    CHECK_FALSE(load_plan("a.yaml", use, 0));

    SECTION("and another condition makes another version") {
        std::string const changed = std::string("kind: condition\nname: bigger\nexpr: \"conditions.big({'n': 9})\"\n---\n") + big;
        LoadedProject const next = load_project({{"a.yaml", use}, {"c.yaml", changed}});
        CHECK(next.files[0].workflows[0].hash != workflow.hash);
        CHECK(diff_models(model, json(next.files[0].workflows[0].model)) == std::vector<std::string>{"condition 'bigger': expr changed from conditions.big({'n': 12}) to conditions.big({'n': 9})"});
    }
    SECTION("but a description does not") {
        LoadedProject const next = load_project({{"a.yaml", use}, {"c.yaml", "description: x\n" + bigger}});
        CHECK(next.files[0].workflows[0].hash == workflow.hash);
    }
}

TEST_CASE("a stored workflow loads whatever stands beside it in its file", "[flow][condition]") {
    std::string const text = "kind: condition\nname: a\nexpr: conditions.of_another_file\n---\nkind: workflow\nname: w\nsteps: [{id: a, run: x}]\n";
    LoadedProject const project = load_project({{"w.yaml", text}, {"c.yaml", "kind: condition\nname: of_another_file\nexpr: now.getHours('UTC') > 1\n"}});
    CHECK(said(project.diagnostics).empty());
    CHECK(load_plan("w.yaml", text, 1, project.files[0].workflows[0].model));

    std::string const broken = "kind: condition\nname: a\nexpr: nothing\n---\nkind: workflow\nname: w\nsteps: [{id: a, run: x, if: conditions.a}]\n";
    CHECK_FALSE(load_plan("w.yaml", broken, 1));
}

TEST_CASE("a stored condition keeps the bounds of its parameters", "[flow][condition]") {
    std::string const text = "kind: condition\nname: c\nparams:\n  a: {type: int, min: 1, max: 5, default: 2}\n  b: {type: string, pattern: \"[a-z]+\", enum: [x, y], default: x}\n  d: {type: duration, default: 1m30s, max: 2m}\n  e: {type: list, items: int, default: [1, 2]}\n"
                             "expr: params.a in params.e && params.b == 'x' && params.d > duration('1m')\n";
    LoadedFile const file = load_file("c.yaml", text);
    REQUIRE(said(file.diagnostics).empty());
    Conditions original;
    original.add(file.conditions[0]);
    Json const model = original.model_of({{"c", {}}});
    Conditions const stored = Conditions::from_model(model);
    REQUIRE(stored.find("c"));
    CHECK(stored.find("c")->program);
    CHECK(dump_json_canonical(stored.model_of({{"c", {}}})) == dump_json_canonical(model));
}
