#include "cli/new_test.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/play/samples.h"
#include "cli/sources.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t files_looked_at = 1000;

/// JSON is YAML; plain words read better without quotes.
std::string in_flow(Json const& value) {
    if (value.is_string() && is_identifier(value.as_string()) && !(value == Json("true") || value == Json("false") || value == Json("null"))) return value.as_string();
    if (value.is_list()) {
        std::string text;
        for (Json const& item : value.as_list()) text += (text.empty() ? "" : ", ") + in_flow(item);
        return "[" + text + "]";
    }
    if (!value.is_map()) return dump_json(value);
    std::string text;
    for (auto const& [key, member] : value.as_map()) text += (text.empty() ? "" : ", ") + key + ": " + in_flow(member);
    return "{" + text + "}";
}

std::string mock_of(flow::StepPlan const& step, bool fails) {
    if (std::holds_alternative<flow::ApproveAction>(step.action)) return "{approved: true}";
    if (fails) return step.is_work() ? "{error: no answer}" : "{exit_code: 1}";
    JsonMap outputs = sample_outputs(step);
    if (outputs.empty()) return "{exit_code: 0}";
    return in_flow(Json(JsonMap{{"outputs", std::move(outputs)}}));
}

bool takes_mock(flow::StepPlan const& step) {
    bool const starts_run = std::holds_alternative<flow::WorkflowAction>(step.action);
    return step.is_process() || step.is_work() || starts_run || std::holds_alternative<flow::ApproveAction>(step.action);
}

/// All its steps, handlers too: they run in one case or the other.
std::string mocks(flow::Plan const& plan, std::string const& failing) {
    std::string text;
    for (flow::StepPlan const& step : plan.steps)
        if (takes_mock(step)) text += "      " + step.id + ": " + mock_of(step, step.id == failing) + "\n";
    return text.empty() ? "" : "    mock:\n" + text;
}

std::string inputs(flow::Plan const& plan) {
    JsonMap given;
    for (flow::Declaration const& input : plan.inputs)
        if (input.required()) given.append(input.name, sample_of(input));
    return given.empty() ? "" : "    inputs: " + in_flow(Json(std::move(given))) + "\n";
}

/// The first step whose failure ends the run.
flow::StepPlan const* step_to_fail(flow::Plan const& plan) {
    auto const found = std::ranges::find_if(plan.steps, [](flow::StepPlan const& step) {
        return step.section == flow::Section::steps && step.is_process() && !step.condition && !step.continue_on_error && step.switches.empty() && !step.fan_out;
    });
    return found == plan.steps.end() ? nullptr : &*found;
}

/// All of a project; without one the files of the folder itself.
std::vector<std::string> files_around(std::string const& folder) {
    std::error_code error;
    std::string const root = project_root(folder);
    if (std::filesystem::exists(std::filesystem::path(root) / "pawl.yaml", error)) return {root};
    std::vector<std::string> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".yaml" && entry.is_regular_file(error)) files.push_back(entry.path().string());
    return files;
}

std::string test_of(flow::Plan const& plan) {
    std::string text = "kind: test\nname: " + plan.name + "\ntarget: workflow/" + plan.name +
                       "\ndescription: What these cases show, in a sentence for people.\n\n"
                       "# Played by pawl test on a simulated clock, with these mocks for its steps: nothing is executed.\n"
                       "# A mock says how a step ends: exit_code, signal, timed_out, lost, outputs, takes; a list has one for each attempt.\n"
                       "cases:\n  - name: all goes well\n    at: \"2026-01-05T09:00:00Z\"                # when the run is started; timers and retries jump from there\n";
    text += inputs(plan) + mocks(plan, "") + "    expect:\n      # Expressions over status reason outputs steps run inputs vars, and the values they must have.\n      status: succeeded\n";
    if (flow::StepPlan const* step = step_to_fail(plan))
        text += "  - name: " + step->id + " fails\n" + inputs(plan) + mocks(plan, step->id) + "    expect: {status: failed, run.failed_step: " + step->id + "}\n";
    return text;
}

}  // namespace

std::optional<std::string> test_of_workflow(Context& context, std::string const& name, std::string const& folder) {
    auto sources = read_sources(context, files_around(folder));
    if (!sources || sources->size() > files_looked_at) return std::nullopt;
    auto const project = flow::load_project(std::move(*sources));
    for (auto const& file : project.files)
        for (auto const& workflow : file.workflows)
            if (workflow.name == name && workflow.plan) return test_of(*workflow.plan);
    return std::nullopt;
}

}  // namespace pawl::cli
