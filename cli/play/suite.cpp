// What was expected against what was played.
#include "cli/play/suite.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/trace.h"

namespace pawl::cli {
namespace {

constexpr std::size_t value_characters_max = 200;

std::string shown(Json const& value) {
    std::string const text = dump_json(value);
    std::string const cut(take_characters(text, value_characters_max));
    return printable(cut) + (cut.size() < text.size() ? "…" : "");
}

/// Of an expression that is more than a path.
std::string trace_text(cel::Trace const& trace, flow::Expectation const& expectation) {
    auto const& reads = expectation.program.reads();
    bool const is_path = reads.size() == 1 && reads.front() == expectation.text;
    return is_path || trace.parts.size() < 2 ? "" : cel::diagram(trace);
}

/// Judges one expectation; nothing when it is met.
void judge(flow::Expectation const& expectation, cel::Activation const& values, std::vector<Finding>& findings) {
    cel::Budget budget;
    cel::Trace trace;
    auto const found = expectation.program.eval(values, budget, trace);
    Error error{.code = code::test_failed, .message = {}, .where = expectation.value_where};
    if (!found) {
        error.message = "expected " + shown(expectation.value) + ", and there is no value: " + found.error().message;
        error.hint = found.error().hint;
        error.where = found.error().where ? found.error().where : expectation.where;
    } else if (!flow::is_expected(expectation.program.result(), *found, expectation.value)) {
        error.message = "expected " + shown(expectation.value) + ", found " + shown(*found);
    } else {
        return;
    }
    findings.push_back({std::move(error), trace_text(trace, expectation)});
}

/// A mock of an item that the step did not have was misspelt, and would hide that the real one is not mocked as meant.
void find_idle_item(flow::Mock const& mock, CaseResult& result) {
    std::string const step(flow::step_of_row(mock.step));
    if (mock.step == step) return;
    std::vector<std::string> items;
    for (PlayedStep const& played : result.play.steps) {
        if (played.id == mock.step) return;
        if (played.id.starts_with(step + "[")) items.push_back(played.id);
    }
    if (items.empty()) return;  // the step did not run
    std::string const had = join(items, ", ");
    result.findings.push_back({Error{.code = code::test_failed, .message = "step '" + step + "' had no item " + mock.step, .where = mock.where,
                                     .hint = "it had: " + std::string(take_characters(had, value_characters_max))}, {}});
}

void play_workflow(flow::Test const& test, flow::TestCase const& one, CaseResult& result) {
    Scene const scene{.plan = test.plan, .root = "/", .at = one.at, .inputs = one.inputs, .mock = mocks_of(one.mocks)};
    result.play = play(scene);
    if (result.play.error) {
        Error error = *result.play.error;
        error.where = one.where;
        result.findings.push_back({std::move(error), {}});
        return;
    }
    PlayedValues const values(result.play.values);
    for (flow::Expectation const& expectation : one.expect) judge(expectation, values, result.findings);
    for (flow::Mock const& mock : one.mocks) find_idle_item(mock, result);
}

void try_condition(flow::Test const& test, flow::TestCase const& one, CaseResult& result) {
    cel::Budget budget;
    auto const value = test.condition->program->eval(flow::ConditionValues(one.inputs, one.at), budget);
    if (!value) {
        Error error = value.error();
        error.code = code::test_failed;
        error.message = "the condition has no value: " + error.message;
        error.where = one.where;
        result.findings.push_back({std::move(error), {}});
        return;
    }
    JsonMap const values{{"result", *value}, {"inputs", one.inputs}};
    for (flow::Expectation const& expectation : one.expect) judge(expectation, PlayedValues(values), result.findings);
}

}  // namespace

std::string full_name(CaseResult const& result) { return result.test + ": " + result.name; }

std::vector<CaseResult> run_tests(std::vector<flow::Test> const& tests, Wanted const& wanted) {
    std::vector<CaseResult> results;
    for (flow::Test const& test : tests) {
        for (flow::TestCase const& one : test.cases) {
            CaseResult result{.test = test.name, .target = test.target, .name = one.name, .where = one.where, .findings = {}, .play = {}};
            if (wanted && !wanted(full_name(result))) continue;
            if (test.plan) play_workflow(test, one, result);
            else try_condition(test, one, result);
            results.push_back(std::move(result));
        }
    }
    return results;
}

std::vector<CaseResult> run_tests(flow::Condition const& condition, Wanted const& wanted) {
    std::vector<CaseResult> results;
    for (std::size_t i = 0; i < condition.tests.size() && condition.program; ++i) {
        flow::ConditionTest const& test = condition.tests[i];
        CaseResult result{.test = condition.name, .target = "condition/" + condition.name, .name = "test " + std::to_string(i + 1), .where = test.where, .findings = {}, .play = {}};
        if (wanted && !wanted(full_name(result))) continue;
        cel::Budget budget;
        cel::Trace trace;
        auto const value = condition.program->eval(flow::ConditionValues(test.params, test.at), budget, trace);
        if (!value || *value != Json(test.expect)) {
            std::string const found = value ? "found " + shown(*value) : "there is an error: " + value.error().message;
            result.findings.push_back({Error{.code = code::test_failed, .message = "expected " + shown(Json(test.expect)) + ", " + found, .where = test.where}, cel::conditions(trace)});
        }
        results.push_back(std::move(result));
    }
    return results;
}

}  // namespace pawl::cli
