#include "tests/unit/core/run_bench.h"

#include <algorithm>

#include "common/flow/declaration.h"

namespace pawl::test {

flow::LoadedFile loaded(std::string const& text) {
    flow::LoadedFile file = flow::load_file("flow.yaml", text);
    std::string mistakes;
    for (Error const& error : file.diagnostics)
        if (error.severity == Severity::error) mistakes += error.message + "\n";
    INFO(text << mistakes);
    REQUIRE(mistakes.empty());
    REQUIRE_FALSE(file.workflows.empty());
    return file;
}

std::string with_steps(std::string const& steps, std::string const& head) { return "kind: workflow\nname: w\n" + head + "steps:\n" + steps; }

Json json(std::string_view text) {
    Result<Json> value = parse_json(text);
    INFO(text);
    REQUIRE(value);
    return *value;
}

AttemptEnd exited(int code, std::string outputs) {
    return AttemptEnd{.kind = EndKind::exited, .exit_code = code, .failed_call = {}, .outputs = std::move(outputs)};
}

AttemptEnd ended_by(EndKind kind) {
    AttemptEnd end;
    end.kind = kind;
    if (kind == EndKind::signalled) end.signal = 11;
    if (kind == EndKind::start_failed) end.error_number = 2, end.failed_call = "execve";
    return end;
}

std::string shown(std::string_view state, Reason reason) {
    std::string text(state);
    if (reason != Reason::none) text += " (" + std::string(name_of(reason)) + ")";
    return text;
}

RunBench::RunBench(std::string const& workflow, std::string_view inputs) {
    flow::LoadedFile const file = loaded(workflow);
    run.plan = file.workflows.front().plan;
    run.workflow = file.workflows.front().name;
    run.version_number = 3;
    run.root = "/srv/project";
    run.row = RunRow{.id = RunId{1}, .workflow = WorkflowId{1}, .workflow_version = VersionId{1}, .failed_step = {}, .message = {}, .group = {}, .created_at = now, .retry_of = {}};
    run.data.run = run.row.id;
    flow::Bound bound = flow::bind_inputs(run.plan->inputs, json(inputs));
    REQUIRE_FALSE(has_errors(bound.diagnostics));
    run.data.inputs = std::move(bound.values);
    run.data.event = json(R"({"id": "run-1", "type": "manual", "data": {}})");
    for (std::size_t i = 0; i < run.plan->steps.size(); ++i) {
        StepRow row;
        row.run = run.row.id;
        row.step = static_cast<flow::StepIndex>(i);
        row.id = run.plan->steps[i].id;
        run.steps.push_back(std::move(row));
    }
    (void)prepare_new_run(run, now);
}

void RunBench::tell(RunEvent const& event) {
    std::vector<RunEffect> effects;
    pawl::step(run, event, surroundings_, now, effects);
    for (JournalRow const& row : run.changes.journal) journal_.push_back(row.kind + (row.step.empty() ? "" : " " + row.step));
    run.changes = {};
    for (RunEffect const& effect : effects) {
        auto const step_id = [this](flow::StepIndex index) { return run.steps[index].id; };
        auto const attempt_name = [&](AttemptId id) {
            for (auto const& [name, launch] : launches_)
                if (launch.attempt == id) return name;
            return std::string("?");
        };
        if (auto const* want = std::get_if<WantSlot>(&effect)) {
            if (hold_slots) said_.push_back("want " + step_id(want->step));
            else tell(SlotGranted{want->step, AttemptId{++last_attempt_}, SlotRef{1, static_cast<std::uint32_t>(last_attempt_)}});
        } else if (auto const* drop = std::get_if<DropSlot>(&effect)) {
            said_.push_back("drop " + step_id(drop->step));
        } else if (auto const* launch = std::get_if<Launch>(&effect)) {
            AttemptRow const& attempt = run.attempts.back();
            launches_.emplace_back(step_id(attempt.step) + "#" + std::to_string(attempt.number), *launch);
            said_.push_back("launch " + launches_.back().first);
        } else if (auto const* stop = std::get_if<StopAttempt>(&effect)) {
            said_.push_back("stop " + attempt_name(stop->attempt) + (stop->now ? " now" : ""));
        } else if (auto const* sweep = std::get_if<SweepAttempt>(&effect)) {
            said_.push_back("sweep " + attempt_name(sweep->attempt));
        } else {
            said_.push_back("ended");
        }
    }
}

AttemptRow const* RunBench::live(std::string_view step) const {
    auto const found = std::ranges::find_if(run.attempts, [&](AttemptRow const& row) { return run.steps[row.step].id == step; });
    return found == run.attempts.end() ? nullptr : &*found;
}

void RunBench::ends(std::string_view step, AttemptEnd const& end) {
    AttemptRow const* attempt = live(step);
    INFO("no live attempt of " << step);
    REQUIRE(attempt != nullptr);
    tell(RunAttemptEnded{attempt->id, end});
}

void RunBench::swept(std::string_view step) {
    AttemptRow const* attempt = live(step);
    REQUIRE(attempt != nullptr);
    tell(RunAttemptSwept{attempt->id});
}

void RunBench::passes(Duration duration) {
    now += duration;
    if (next_deadline(run) <= now) tell(RunTime{});
}

std::string RunBench::said() {
    std::string text;
    for (std::string const& word : said_) text += (text.empty() ? "" : ", ") + word;
    said_.clear();
    return text;
}

StepRow const& RunBench::row(std::string_view id) const {
    auto const found = std::ranges::find(run.steps, id, &StepRow::id);
    REQUIRE(found != run.steps.end());
    return *found;
}

std::string RunBench::step(std::string_view id) const { return shown(name_of(row(id).state), row(id).reason); }

Launch const& RunBench::launched(std::string_view attempt) const {
    auto const found = std::ranges::find_if(launches_, [&](auto const& launch) { return launch.first == attempt; });
    INFO("never launched: " << attempt);
    REQUIRE(found != launches_.end());
    return found->second;
}

std::string RunBench::journal() const {
    std::string text;
    for (std::string const& kind : journal_) text += (text.empty() ? "" : ", ") + kind;
    return text;
}

}  // namespace pawl::test
