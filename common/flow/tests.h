// Documents of kind test: cases that play a workflow on a simulated clock with mocked steps, or give a condition its values. They may
// stand in other files than what they test, so they are read when all files are loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "common/cel/program.h"
#include "common/flow/condition.h"
#include "common/flow/load.h"
#include "common/flow/plan.h"

namespace pawl::flow {

/// How one attempt of a step ends, or how a person answers.
struct MockedAttempt {
    int exit_code = 0;
    int signal = 0;                    ///< 0: it exits
    bool timed_out = false;            ///< of an approval: nobody answers
    bool lost = false;
    std::string error;                 ///< of a request or a query: why it failed without an answer
    bool cached = false;
    Json outputs;                      ///< a map, or null for none
    Duration takes{};
    bool approved = false;
    std::string by, comment;           ///< of an approval
};

/// What stands for one step, or for one item of it ("upload[eu]").
struct Mock {
    std::string step;
    SourcePos where;
    std::vector<MockedAttempt> attempts;  ///< one each; the last holds for all that follow
};

/// Null when there is none. `row`: the id of a step or of one of its items; a mock of the item goes before one of the step.
Mock const* find_mock(std::vector<Mock> const& mocks, std::string_view row);
/// The id of the step that a row belongs to: "upload[eu]" → "upload".
std::string_view step_of_row(std::string_view row);

struct Expectation {
    std::string text;                  ///< the expression, as written
    SourcePos where, value_where;
    cel::Program program;
    Json value;
};

struct TestCase {
    std::string name;
    SourcePos where;
    UtcTime at{};
    Json inputs;                       ///< bound: defaults filled in
    std::vector<Mock> mocks;
    std::vector<Expectation> expect;
};

struct Test {
    std::string name;
    SourcePos where;                   ///< of the name
    std::string description;
    std::vector<std::pair<std::string, std::string>> labels;
    std::string target;                ///< "workflow/nightly-backup"
    std::shared_ptr<Plan const> plan;  ///< of a workflow
    std::shared_ptr<Condition const> condition;
    std::vector<TestCase> cases;       ///< without those that have mistakes
};

struct LoadedTests {
    std::vector<Test> tests;           ///< in the order of the files; those whose target is known and has no mistakes
    Diagnostics diagnostics;           ///< what is wrong with the tests alone
};
/// `others`: files whose workflows and conditions may be tested too, and whose own tests are not read. Plans must have been kept.
LoadedTests load_tests(std::vector<LoadedFile> const& files, std::vector<LoadedFile> const& others = {});
/// May this text hold a test? Saves a second look at the files of large projects.
bool may_hold_tests(std::string_view text);

/// The map under `mock`.
std::vector<Mock> read_mocks(Reader& reader, yaml::Node const& map, Plan const& plan);

/// Whether a value is what was expected: numbers by their value, instants and spans by their length, all else as JSON.
bool is_expected(cel::Type const& type, Json const& found, Json const& expected);

}  // namespace pawl::flow
