// The world of one run: a queue of what is due, instead of shims, people and a clock.
#include "cli/play/play.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/declare.h"
#include "common/flow/interface.h"
#include "common/flow/load.h"
#include "common/flow/mocks_work.h"
#include "daemon/core/context.h"
#include "daemon/core/engine.h"

namespace pawl::cli {
namespace {

constexpr int turns_max = 100'000;
constexpr Duration longest = std::chrono::hours(24 * 3653);  // ten years

Error mistake(std::string message, std::string hint) {
    return Error{.code = code::test_failed, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

/// Outputs as a program would have written them, so that they are read like those of one.
std::string written(Json const& outputs) {
    std::string text;
    if (!outputs.is_map()) return text;
    for (auto const& [name, value] : outputs.as_map()) {
        std::string const shown = value.is_string() ? value.as_string() : dump_json(value);
        if (shown.find('\n') == std::string::npos) {
            text += name + "=" + shown + "\n";
            continue;
        }
        std::string word = "END";
        while (shown.find(word) != std::string::npos) word += "_";
        text += name + "<<" + word + "\n" + shown + "\n" + word + "\n";
    }
    return text;
}

/// A name of a step as a key in YAML: those of items have brackets.
std::string key_text(std::string const& id) { return id.find('[') == std::string::npos ? id : "\"" + id + "\""; }

/// What a worker of the daemon would have reported of a request or a query (daemon/core/work_spec.h).
std::string reported(flow::MockedAttempt const& mock, flow::StepPlan const& step) {
    auto const* const http = std::get_if<flow::HttpAction>(&step.action);
    std::int64_t const status = mock.outputs.number("status", 200);
    std::string message = mock.error;
    if (message.empty() && http != nullptr && !flow::is_expected_status(*http, status)) message = "the server answered " + std::to_string(status);
    JsonMap report;
    if (!message.empty()) {
        report.append("reason", http != nullptr ? "http" : "sql");
        report.append("message", std::move(message));
    }
    if (mock.error.empty()) report.append("outputs", mock.outputs);
    return dump_json(Json(std::move(report))) + "\n";
}

AttemptEnd end_of(flow::MockedAttempt const& mock, flow::StepPlan const& step) {
    AttemptEnd end;
    bool const outlasts = step.timeout && mock.takes > *step.timeout;
    end.ran = outlasts ? *step.timeout : mock.takes;
    end.outputs = step.is_work() ? reported(mock, step) : written(mock.outputs);
    end.exit_code = mock.exit_code;
    if (mock.cached) {
        end.cache = JsonMap{{"hit", true}};
        end.note = "cached";
    }
    end.signal = mock.signal;
    end.kind = mock.timed_out || outlasts ? EndKind::timed_out : mock.lost ? EndKind::lost : mock.signal != 0 ? EndKind::signalled : EndKind::exited;
    return end;
}

std::string deed_of(flow::StepPlan const* plan) {
    if (plan != nullptr && std::holds_alternative<flow::HttpAction>(plan->action)) return "send a request";
    return plan != nullptr && std::holds_alternative<flow::SqlAction>(plan->action) ? "query a file" : "run a program";
}

std::string sample_mock(flow::StepPlan const* plan) {
    if (plan != nullptr && std::holds_alternative<flow::HttpAction>(plan->action)) return "{outputs: {status: 200}}";
    return plan != nullptr && std::holds_alternative<flow::SqlAction>(plan->action) ? "{outputs: {rows: []}}" : "{exit_code: 0}";
}

PlayedAttempt launched(LaunchSpec const& spec, int number, UtcTime at) {
    PlayedAttempt attempt{.number = number, .at = at, .argv = spec.argv, .env = {}, .files = spec.files, .dir = spec.dir, .work = {}, .keep = spec.keep};
    if (Result<Json> work = spec.work.empty() ? Json() : parse_json(spec.work, {.bytes_max = spec.work.size(), .depth_max = 128})) attempt.work = *std::move(work);
    for (std::string const& entry : spec.env) {
        std::size_t const equals = entry.find('=');
        if (!entry.starts_with("PAWL_")) attempt.env.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return attempt;
}

/// Stands for a workflow that a step uses: one step, which ends as the mock says, and whose outputs are those of the run.
std::shared_ptr<flow::Plan const> stand_in(flow::Interface const& interface) {
    JsonMap outputs;
    for (flow::Declaration const& output : interface.outputs) outputs.append(output.name, "${{ steps.main." + std::string(output.optional ? "?outputs.?" : "outputs.") + output.name + " }}");
    JsonMap step{{"id", "main"}, {"argv", JsonList{"true"}}};
    if (!interface.outputs.empty()) step.append("outputs", flow::model_of(interface.outputs));
    JsonMap workflow{{"kind", "workflow"}, {"name", interface.name}};
    if (!interface.inputs.empty()) workflow.append("inputs", flow::model_of(interface.inputs));
    workflow.append("steps", JsonList{std::move(step)});
    if (!outputs.empty()) workflow.append("outputs", std::move(outputs));
    return flow::load_plan(interface.name, dump_json(Json(std::move(workflow))), 0);
}

/// The workflows that the plan uses, as deployed: the n-th has the number n.
EngineState state_with(std::vector<std::string> const& used) {
    EngineState state;
    for (std::string const& name : used) {
        WorkflowId const id{++state.last_workflow};
        VersionId const version{++state.last_version};
        state.workflows.push_back({.id = id, .name = name, .active = version, .last_number = 1});
        state.active_versions.push_back({.id = version, .workflow = id, .number = 1});
    }
    return state;
}

class Stage {
public:
    explicit Stage(Scene const& scene)
        : scene_(scene), used_(flow::used_workflows(*scene.plan)), engine_(options(), state_with(used_)), now_(scene.at) { run_.plan = scene.plan; }

    Play run() {
        start();
        while (!error_ && !is_final(run_.row.state)) {
            if (++turns_ > turns_max) fail("the run does not come to an end: " + std::to_string(turns_max) + " steps of the clock", "look for a retry without a bound, or mock fewer failures");
            else turn();
        }
        return told();
    }

private:
    static EngineOptions options() {
        EngineOptions options;
        options.surroundings.instance = "simulation";
        options.allot = [slot = std::uint32_t{0}]() mutable { return SlotRef{1, slot++}; };
        return options;
    }

    void fail(std::string message, std::string hint) {
        if (!error_) error_ = mistake(std::move(message), std::move(hint));
    }

    void start() {
        StartRun start;
        start.workflow = run_.workflow = scene_.plan->name;
        start.plan = scene_.plan;
        start.root = scene_.root;
        start.inputs = scene_.inputs;
        start.transient = StartRun::Transient{.workflow = {.name = scene_.plan->name, .document = 0, .plan = scene_.plan, .model = {}, .hash = {}, .conditions = {}}, .file = scene_.plan->file, .text = {}};
        run_.version_number = 1;
        apply(command(std::move(start)));
    }

    static Command command(CommandBody body) {
        Command command;
        command.reply_to = 1;
        command.who.uid = command.who.gid = 0;  // whom the mocks let answer is up to the test
        command.body = std::move(body);
        return command;
    }

    /// Lets time pass to what is due next. An end comes before a deadline of the same instant.
    void turn() {
        UtcTime const deadline = engine_.next_deadline();
        UtcTime const next = due_.empty() ? deadline : std::min(deadline, due_.begin()->first);
        if (next == never) return fail("the run waits for something that no mock gives", "it is " + std::string(name_of(run_.row.state)));
        if (next - scene_.at > longest) return fail("the run does not come to an end within ten simulated years", "it would go on at " + format_utc(next));
        now_ = std::max(now_, next);
        if (due_.empty() || due_.begin()->first > now_) return apply(TimePassed{});
        Event const event = std::move(due_.begin()->second);
        due_.erase(due_.begin());
        apply(event);
    }

    void apply(Event const& event) {
        engine_.apply(event, now_);
        Decided decided = engine_.take(now_);
        for (Row& row : decided.batch.rows) keep(row);
        for (Effect& effect : decided.effects) perform(effect);
        if (!error_) answer_what_is_asked();
    }

    void keep(Row& row) {
        if (auto* run = std::get_if<RunRow>(&row)) {
            if (run->parent) parents_[run->id] = run_.steps.at(run->parent_step).id;
            else run_.row = std::move(*run);
        } else if (auto* data = std::get_if<RunDataRow>(&row)) {
            if (auto const started_by = parents_.find(data->run); started_by != parents_.end()) run_inputs_[started_by->second] = data->inputs;
            else run_.data = std::move(*data);
        } else if (auto* attempt = std::get_if<AttemptRow>(&row)) {
            attempts_[attempt->id] = std::move(*attempt);
        } else if (auto* step = std::get_if<StepRow>(&row); step != nullptr && !parents_.contains(step->run)) {
            if (run_.steps.size() <= step->step) run_.steps.resize(step->step + std::size_t{1});
            run_.steps[step->step] = std::move(*step);
        }
    }

    void perform(Effect& effect) {
        if (auto const* launch = std::get_if<Launch>(&effect)) perform(*launch);
        else if (auto const* stop = std::get_if<StopAttempt>(&effect)) perform(*stop);
        else if (auto const* sweep = std::get_if<SweepAttempt>(&effect)) due_.emplace(now_, AttemptSwept{sweep->attempt});
        else if (auto const* wanted = std::get_if<LoadPlan>(&effect)) perform(*wanted);
        else if (auto const* reply = std::get_if<Reply>(&effect)) perform(*reply);
    }

    void perform(LoadPlan const& wanted) {
        std::string const& name = used_.at(static_cast<std::size_t>(wanted.version.value) - 1);
        PlanLoaded loaded;
        loaded.version = VersionRow{.id = wanted.version, .workflow = WorkflowId{wanted.version.value}, .number = 1, .root = scene_.root};
        loaded.workflow = name;
        loaded.message = "workflow '" + name + "' is not among these files, so nothing can stand for it";
        for (flow::StepPlan const& step : scene_.plan->steps) {
            auto const* action = std::get_if<flow::WorkflowAction>(&step.action);
            if (action != nullptr && action->workflow == name && action->interface) loaded.plan = stand_in(*action->interface);
        }
        due_.emplace(now_, std::move(loaded));
    }

    /// The only step of a run that stands for a workflow.
    void perform_in_child(Launch const& launch, std::string const& started_by) {
        flow::StepPlan const* plan = plan_of(started_by);
        auto const mock = plan == nullptr ? std::nullopt : scene_.mock(*plan, started_by, 1);
        if (!mock) return fail("step '" + started_by + "' would start a run, and nothing stands for it", "mock: {" + key_text(started_by) + ": {outputs: {…}}}");
        AttemptEnd end = end_of(*mock, *plan);
        UtcTime const due = end.ended_at = now_ + end.ran;
        due_.emplace(due, AttemptEnded{launch.attempt, std::move(end)});
    }

    void perform(Launch const& launch) {
        if (auto const started_by = parents_.find(launch.run); started_by != parents_.end()) return perform_in_child(launch, started_by->second);
        AttemptRow const& row = attempts_.at(launch.attempt);
        StepRow const& step = run_.steps.at(row.step);
        flow::StepPlan const* plan = plan_of(step.id);
        launches_[step.id].push_back(launched(launch.spec, row.number, now_));
        auto const mock = plan == nullptr ? std::nullopt : scene_.mock(*plan, step.id, row.number);
        if (!mock) return fail("step '" + step.id + "' would " + deed_of(plan) + ", and nothing stands for it", "mock: {" + key_text(step.id) + ": " + sample_mock(plan) + "}");
        AttemptEnd end = end_of(*mock, *plan);
        UtcTime const due = end.ended_at = now_ + end.ran;
        due_.emplace(due, AttemptEnded{launch.attempt, std::move(end)});
    }

    /// A stopped program ends at once.
    void perform(StopAttempt const& stop) {
        auto const is_its_end = [&](auto const& due) {
            auto const* ended = std::get_if<AttemptEnded>(&due.second);
            return ended != nullptr && ended->attempt == stop.attempt;
        };
        auto const found = std::ranges::find_if(due_, is_its_end);
        if (found == due_.end()) return;
        due_.erase(found);
        AttemptEnd end;
        end.kind = EndKind::stopped;
        end.ended_at = now_;
        due_.emplace(now_, AttemptEnded{stop.attempt, std::move(end)});
    }

    void perform(Reply const& reply) {
        if (reply.status >= 400 && run_.row.version == 0) fail(reply.body.text("title", "the run was refused"), reply.body.text("hint"));
    }

    void answer_what_is_asked() {
        for (StepRow const& row : run_.steps) {
            if (row.state != StepState::waiting || row.reason != Reason::approval || !asked_.insert(row.id).second) continue;
            flow::StepPlan const* plan = plan_of(row.id);
            auto const mock = plan == nullptr ? std::nullopt : scene_.mock(*plan, row.id, 1);
            if (!mock) return fail("step '" + row.id + "' waits for an answer, and nobody gives one", "mock: {" + key_text(row.id) + ": {approved: true}}");
            if (mock->timed_out) continue;
            due_.emplace(now_ + mock->takes, command(AnswerApproval{.run = run_.row.id, .step = row.id, .approved = mock->approved, .comment = mock->comment, .name = mock->by, .groups = {}}));
        }
    }

    flow::StepPlan const* plan_of(std::string_view row) const {
        auto const index = scene_.plan->find(flow::step_of_row(row));
        return index ? &scene_.plan->steps[*index] : nullptr;
    }

    // ---- what is told of it

    Play told() {
        Play play;
        play.error = std::move(error_);
        play.ended = is_final(run_.row.state);
        play.status = name_of(run_.row.state);
        play.reason = name_of(run_.row.reason);
        play.message = run_.row.message;
        play.failed_step = run_.row.failed_step;
        play.started_at = scene_.at;
        play.ended_at = run_.row.ended_at.value_or(now_);
        for (StepRow const& row : run_.steps) play.steps.push_back(told(row));
        if (!run_.steps.empty()) tell_values(play.values);  // a run that was refused has none
        return play;
    }

    PlayedStep told(StepRow const& row) {
        PlayedStep step;
        step.id = row.id;
        step.index = scene_.plan->find(flow::step_of_row(row.id)).value_or(0);
        step.status = name_of(row.state);
        step.reason = name_of(row.reason);
        step.message = row.message;
        step.exit_code = row.exit_code;
        step.attempts = row.attempts;
        step.started_at = row.started_at;
        step.ended_at = row.ended_at;
        step.outputs = row.outputs;
        step.launches = std::move(launches_[row.id]);
        if (auto const inputs = run_inputs_.find(row.id); inputs != run_inputs_.end()) step.run_inputs = inputs->second;
        if (Json const* values = row.explain.find("if")) {
            step.read = *values;
            bool const broke = row.state == StepState::failed && row.reason == Reason::expression_error;
            if (!broke) step.asked = row.state != StepState::skipped;
        }
        return step;
    }

    void tell_values(JsonMap& values) {
        count_rows(run_);
        RunValues const seen(run_, now_);
        for (char const* name : {"steps", "run", "inputs", "vars"})
            if (Json const* value = seen.variable(name)) values.append(name, *value);
        values.append("status", name_of(run_.row.state));
        values.append("reason", name_of(run_.row.reason));
        values.append("outputs", run_.data.outputs.is_map() ? run_.data.outputs : Json(JsonMap()));
        values.append("notifications", 0);  // there are no channels to send any
    }

    Scene const& scene_;
    std::vector<std::string> used_;                  ///< workflows of which its steps start runs
    Engine engine_;
    UtcTime now_;
    Run run_;                                        ///< its rows, as a store would have them
    std::map<AttemptId, AttemptRow> attempts_;
    std::map<RunId, std::string> parents_;           ///< runs that steps started, with those steps
    std::map<std::string, Json> run_inputs_;         ///< what those were given, by step
    std::multimap<UtcTime, Event> due_;              ///< equal instants keep their order
    std::set<std::string, std::less<>> asked_;       ///< approvals that were seen to
    std::map<std::string, std::vector<PlayedAttempt>> launches_;
    std::optional<Error> error_;
    int turns_ = 0;
};

}  // namespace

MockOf mocks_of(std::vector<flow::Mock> const& mocks) {
    return [&mocks](flow::StepPlan const&, std::string_view row, int number) -> std::optional<flow::MockedAttempt> {
        flow::Mock const* mock = flow::find_mock(mocks, row);
        if (mock == nullptr) return std::nullopt;
        return mock->attempts[std::min(mock->attempts.size(), static_cast<std::size_t>(number)) - 1];
    };
}

Play play(Scene const& scene) { return Stage(scene).run(); }

}  // namespace pawl::cli
