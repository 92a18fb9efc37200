// Results of tests, in the forms of `pawl test --format`.
#pragma once

#include <string>
#include <vector>

#include "cli/play/suite.h"
#include "cli/render/look.h"
#include "common/yaml/render.h"

namespace pawl::cli {

/// For people: a line a case; a red one with what was expected and found, where that stands, and what happened in the run.
std::string test_text(Look const& look, CaseResult const& result, yaml::TextOf const& text_of);
/// The step states of a play, a line each, and the run's own.
std::string play_text(Look const& look, Play const& play, std::string const& indent);
/// JUnit's XML: a suite for each test document.
std::string junit_text(std::vector<CaseResult> const& results);
/// The Test Anything Protocol, version 14.
std::string tap_text(std::vector<CaseResult> const& results);
Json test_json(CaseResult const& result);

}  // namespace pawl::cli
