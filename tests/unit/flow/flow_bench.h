// What the tests of the workflow language share: loading a text and saying what was found in one line a diagnostic.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/flow/load.h"
#include "tests/catch.h"

namespace pawl::flow::test {

inline std::string position(Error const& error) {
    if (!error.where) return "-";
    return std::to_string(error.where->line) + ":" + std::to_string(error.where->column);
}

/// "4:5 unknown_key: unknown key 'need' in step 'b' (did you mean 'needs'?)", one line each.
inline std::string said(Diagnostics const& diagnostics) {
    std::string text;
    for (Error const& error : diagnostics) {
        text += (text.empty() ? "" : "\n") + position(error) + " " + std::string(error.code.name) + ": " + error.message;
        if (!error.hint.empty()) text += " (" + error.hint + ")";
    }
    return text;
}

/// What is wrong with a file.
inline std::string mistakes(std::string text) { return said(load_file("flow.yaml", std::move(text)).diagnostics); }

/// The one workflow of a file that is right.
inline LoadedWorkflow good(std::string text) {
    LoadedFile file = load_file("flow.yaml", std::move(text));
    INFO(said(file.diagnostics));
    REQUIRE_FALSE(has_errors(file.diagnostics));
    REQUIRE(file.workflows.size() == 1);
    REQUIRE(file.workflows[0].plan);
    return std::move(file.workflows[0]);
}

/// A workflow with these steps, which are indented by two spaces.
inline std::string with_steps(std::string const& steps) { return "kind: workflow\nname: w\nsteps:\n" + steps; }

inline Json json(std::string_view text) {
    Result<Json> value = parse_json(text);
    REQUIRE(value);
    return *value;
}

}  // namespace pawl::flow::test
