// Runs the tests of a project: cases of kind test in the engine, tests beside conditions alone. Each case has a clock of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/play/play.h"
#include "common/flow/condition.h"
#include "common/flow/tests.h"

namespace pawl::cli {

/// An expectation that was not met, or why a case could not be played.
struct Finding {
    Error error;                       ///< code::test_failed, at the expectation
    std::string trace;                 ///< the values in the expression, a line each; empty where it has no parts
};

struct CaseResult {
    std::string test;                  ///< name of the document; of a condition: its name
    std::string target;                ///< "workflow/nightly-backup"
    std::string name;
    SourcePos where;
    std::vector<Finding> findings;     ///< empty: green
    Play play;                         ///< of a workflow; without steps for a condition
    bool red() const { return !findings.empty(); }
};

/// A name as people write it behind -k: "nightly-backup-small: a small dump skips verify".
std::string full_name(CaseResult const& result);

/// Those of which `wanted` says so, by the full name; all without it.
using Wanted = std::function<bool(std::string const& name)>;
std::vector<CaseResult> run_tests(std::vector<flow::Test> const& tests, Wanted const& wanted);
std::vector<CaseResult> run_tests(flow::Condition const& condition, Wanted const& wanted);

}  // namespace pawl::cli
