// pawl run --dry: what a run would do, played in the engine with mocked, known or made-up ends of steps. Nothing is executed.
#include <algorithm>
#include <map>
#include <memory>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/inputs.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/play/play.h"
#include "cli/play/samples.h"
#include "cli/sources.h"
#include "cli/targets.h"
#include "cli/render/look.h"
#include "cli/render/shell_word.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/reader.h"
#include "common/wire/url.h"
#include "common/yaml/document.h"
#include "common/yaml/reader.h"

namespace pawl::cli {
namespace {

using Outputs = std::map<std::string, Json, std::less<>>;  ///< of steps and items, by their ids

/// What is to be played, and what an earlier run has left behind for it.
struct Subject {
    std::shared_ptr<flow::Plan const> plan;
    std::string root = "/";
    Outputs known;
    std::int64_t known_from = 0;  ///< the run; 0: none
};

flow::MockedAttempt sample_attempt(flow::StepPlan const& step) {
    return {.outputs = sample_outputs(step), .approved = true, .by = "somebody", .comment = {}};
}

/// A mock of the user's before what is known, and that before a sample.
MockOf ends_of(std::vector<flow::Mock> const& mocks, Subject const& subject) {
    return [said = mocks_of(mocks), known = subject.known](flow::StepPlan const& step, std::string_view row, int number) -> std::optional<flow::MockedAttempt> {
        if (auto mock = said(step, row, number)) return mock;
        flow::MockedAttempt attempt = sample_attempt(step);
        if (auto const found = known.find(row); found != known.end() && !std::holds_alternative<flow::ApproveAction>(step.action)) attempt.outputs = found->second;
        return attempt;
    };
}

/// Newest run that succeeded: how its steps ended is the best guess.
void remember(Daemon& daemon, std::string const& workflow, Subject& subject) {
    std::string path = "/v1/runs";
    add_query(path, "workflow", workflow);
    add_query(path, "filter", "status == 'succeeded'");
    add_query(path, "limit", "1");
    auto const list = daemon.get(path);
    Json const* const items = list ? list->find("items") : nullptr;
    if (items == nullptr || !items->is_list() || items->as_list().empty()) return;
    subject.known_from = items->as_list().front().number("id");
    auto const run = daemon.get("/v1/runs/" + std::to_string(subject.known_from));
    Json const* const steps = run ? run->find("steps") : nullptr;
    if (steps == nullptr || !steps->is_list()) return;
    for (Json const& step : steps->as_list())
        if (Json const* outputs = step.find("outputs"); outputs != nullptr && step.text("status") == "succeeded") subject.known[step.text("id")] = *outputs;
}

Result<Subject> deployed(Context& context, RunStartOptions const& options) {
    auto const target = parse_workflow(options.target);
    if (!target) return target.error();
    auto const daemon = context.daemon();
    if (!daemon) return daemon.error();
    std::string path = "/v1/workflows/" + wire::percent_encode(target->name);
    if (target->version > 0) add_query(path, "version", std::to_string(target->version));
    auto const answer = (*daemon)->get(path);
    if (!answer) return with_workflow_suggestion(**daemon, answer.error(), target->name);
    auto const file = load_version(*answer);
    auto const workflow = meant_workflow(file, target->name);
    if (!workflow) return workflow.error();
    Subject subject{.plan = (*workflow)->plan, .root = answer->text("root", "/"), .known = {}};
    if (!subject.plan) return make_error(code::not_found, "workflow '" + target->name + "' can no longer be loaded", "deploy it again");
    remember(**daemon, target->name, subject);
    return subject;
}

void say_mistakes(Context& context, Diagnostics const& diagnostics, std::string const& name, std::string const& text) {
    context.err() << yaml_text(context.err_look(), diagnostics, {{.name = name, .text = text}}) << std::flush;
}

/// Nothing when the mocks have mistakes, which are told.
std::optional<std::vector<flow::Mock>> read_mocks(Context& context, std::string const& text, flow::Plan const& plan) {
    std::string const name = "--mock";
    yaml::File const file = yaml::parse(name, text);
    Diagnostics diagnostics = file.diagnostics;
    flow::Reader reader(file, diagnostics);
    std::vector<flow::Mock> mocks;
    if (!has_errors(diagnostics) && !file.documents.empty()) {
        yaml::Node const& root = file.documents.front()->root;
        if (root.is_map()) mocks = flow::read_mocks(reader, root, plan);
        else reader.error(code::wrong_type, root.where, "mocks are a map of steps, not " + flow::describe_kind(root), "--mock '{build: {exit_code: 0}}'");
    }
    if (!has_errors(diagnostics)) return mocks;
    say_mistakes(context, diagnostics, name, text);
    return std::nullopt;
}

void print_request(std::ostream& out, Json const& http) {
    out << printable(http.text("method") + " " + http.text("url")) << '\n';
    Json const* const headers = http.find("headers");
    for (Json const& header : headers != nullptr && headers->is_list() ? headers->as_list() : JsonList{})
        out << "      " << printable(header.as_list().at(0).as_string() + ": " + header.as_list().at(1).as_string()) << '\n';
    if (Json const* body = http.find("body")) out << "      a body of " << body->as_string().size() << " bytes, " << http.text("type") << '\n';
    if (Json const* file = http.find("file")) out << "      the file " << printable(file->as_string()) << '\n';
}

void print_query(std::ostream& out, Json const& sql) {
    out << "query of " << printable(sql.text("db")) << '\n';
    std::string const query = sql.text("query");
    for (std::string_view const line : split(trim(query), '\n')) out << "      " << printable(line) << '\n';
    Json const* const params = sql.find("params");
    for (auto const& [name, value] : params != nullptr && params->is_map() ? params->as_map() : JsonMap{}) out << "      :" << printable(name) << " = " << printable(dump_json(value)) << '\n';
}

/// What a launch would start, below the line of its step.
void print_launch(Context& context, PlayedAttempt const& attempt) {
    if (!attempt.work.is_null()) {
        context.out() << "    " << (attempt.number > 1 ? "attempt " + std::to_string(attempt.number) + ": " : "");
        if (Json const* http = attempt.work.find("http")) print_request(context.out(), *http);
        else if (Json const* sql = attempt.work.find("sql")) print_query(context.out(), *sql);
        return;
    }
    std::string command;
    for (std::string const& word : attempt.argv) command += (command.empty() ? "" : " ") + shell_word(word);
    auto& out = context.out();
    out << "    " << (attempt.number > 1 ? "attempt " + std::to_string(attempt.number) + ": " : "") << printable(command) << '\n';
    if (attempt.number > 1) return;
    for (auto const& [name, value] : attempt.env) out << "      " << name << '=' << printable(shell_word(value)) << '\n';
    for (auto const& [name, content] : attempt.files) out << "      " << name << " is a file of " << content.size() << " bytes\n";
    if (attempt.keep.artifacts) out << "      keeps " << printable(join(attempt.keep.artifacts->paths, ", ")) << '\n';
    if (!attempt.keep.cache) return;
    std::string const files = join(attempt.keep.cache->files, ", ");
    out << "      would not run while its values" << (files.empty() ? "" : " and " + printable(files)) << " are as they were when it succeeded\n";
}

void print_step(Context& context, Play const& play, PlayedStep const& step) {
    std::string line = printable(step.id) + "  " + state_text(context.out_look(), step.status, step.reason);
    if (step.started_at) line += "  at +" + format_duration(*step.started_at - play.started_at);
    if (step.started_at && step.ended_at && *step.ended_at > *step.started_at) line += ", for " + format_duration(*step.ended_at - *step.started_at);
    if (!step.message.empty()) line += "  " + printable(step.message);
    context.out() << line << '\n';
    for (PlayedAttempt const& attempt : step.launches) print_launch(context, attempt);
    if (!step.run_inputs.is_map()) return;
    context.out() << "    starts a run, which is not played\n";
    for (auto const& [name, value] : step.run_inputs.as_map()) context.out() << "      -i " << printable(shell_word(name + "=" + (value.is_string() ? value.as_string() : dump_json(value)))) << '\n';
}

Json attempt_json(PlayedAttempt const& attempt) {
    if (!attempt.work.is_null()) return JsonMap{{"number", attempt.number}, {"at", format_utc(attempt.at)}, {"work", attempt.work}};
    JsonList argv;
    for (std::string const& word : attempt.argv) argv.emplace_back(word);
    JsonMap env;
    for (auto const& [name, value] : attempt.env) env.append(name, value);
    return JsonMap{{"number", attempt.number}, {"at", format_utc(attempt.at)}, {"argv", std::move(argv)}, {"env", std::move(env)}, {"dir", attempt.dir}};
}

/// Each step with its items behind it; the engine has them behind all steps.
std::vector<PlayedStep const*> in_reading_order(Play const& play) {
    std::vector<PlayedStep const*> order;
    order.reserve(play.steps.size());
    for (PlayedStep const& step : play.steps) order.push_back(&step);
    std::ranges::stable_sort(order, {}, [](PlayedStep const* step) { return step->index; });
    return order;
}

Json play_json(Play const& play, Subject const& subject) {
    JsonList steps;
    for (PlayedStep const* step : in_reading_order(play)) {
        JsonList launches;
        for (PlayedAttempt const& attempt : step->launches) launches.emplace_back(attempt_json(attempt));
        steps.emplace_back(JsonMap{{"id", step->id}, {"status", step->status}, {"reason", step->reason}, {"message", step->message}, {"outputs", step->outputs}, {"launches", std::move(launches)}});
    }
    Json const* const outputs = play.values.find("outputs");
    return JsonMap{{"schema_version", 1}, {"workflow", subject.plan->name}, {"dry", true}, {"status", play.status}, {"reason", play.reason}, {"message", play.message},
                   {"outputs", outputs != nullptr ? *outputs : Json()}, {"steps", std::move(steps)}};
}

void print_play(Context& context, Play const& play, Subject const& subject) {
    if (context.format() == OutputFormat::json) {
        context.out() << dump_json_pretty(play_json(play, subject)) << '\n';
        return;
    }
    for (PlayedStep const* step : in_reading_order(play))
        if (step->status != "skipped" || step->index >= subject.plan->steps.size() || subject.plan->steps[step->index].section == flow::Section::steps) print_step(context, play, *step);
    context.out() << "the run would be " << state_text(context.out_look(), play.status, play.reason) << " after " << format_duration(play.ended_at - play.started_at)
                  << (play.message.empty() ? "" : ": " + printable(play.message)) << '\n';
}

/// Where the ends of steps come from, so that nobody takes them for a forecast.
std::string origin_of_ends(Subject const& subject) {
    std::string const known = subject.known_from > 0 ? "outputs are those of run " + std::to_string(subject.known_from) + ", or samples" : "outputs are samples of their types";
    return "nothing was executed; steps without a mock succeed, their " + known;
}

int play_it(Context& context, Subject const& subject, RunStartOptions const& options) {
    auto inputs = parse_inputs(context, options.inputs, subject.plan->inputs);
    if (!inputs) return context.fail(inputs.error());
    flow::Bound const bound = flow::bind_inputs(subject.plan->inputs, *inputs);
    for (Error const& mistake : bound.diagnostics) (void)context.fail(mistake);
    if (has_errors(bound.diagnostics)) return exit_failed;
    auto const text = options.mock.empty() ? Result<std::string>("{}") : read_data(context, options.mock);
    if (!text) return context.fail(text.error());
    auto const mocks = read_mocks(context, *text, *subject.plan);
    if (!mocks) return exit_failed;
    Play const play = cli::play({.plan = subject.plan, .root = subject.root, .at = context.now(), .inputs = std::move(*inputs), .mock = ends_of(*mocks, subject)});
    if (play.error) return context.fail(*play.error);
    print_play(context, play, subject);
    context.out() << std::flush;
    context.say(origin_of_ends(subject));
    return play.status == "succeeded" || play.status == "skipped" ? exit_done : exit_failed;
}

}  // namespace

int run_dry(Context& context, RunStartOptions const& options) {
    if (options.local || options.follow.detach) return context.misuse("--dry starts no run", "leave out --local and --detach");
    if (!names_a_file(options.target)) {
        auto const subject = deployed(context, options);
        return subject ? play_it(context, *subject, options) : context.fail(subject.error());
    }
    auto sources = read_sources(context, {options.target});
    if (!sources) return context.fail(sources.error());
    auto const file = load_target(context, sources->front());
    if (!file) return context.fail(file.error());
    if (has_errors(file->diagnostics)) {
        context.err() << yaml_text(context.err_look(), file->diagnostics, *sources) << std::flush;
        return exit_failed;
    }
    auto const workflow = meant_workflow(*file, options.workflow);
    if (!workflow) return context.fail(workflow.error());
    return play_it(context, {.plan = (*workflow)->plan, .root = project_root(options.target), .known = {}}, options);
}

}  // namespace pawl::cli
