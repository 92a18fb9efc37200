// pawl inspect: all about a workflow, a run, a step or an attempt.
#include <ostream>

#include "cli/artifacts.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/render/formats.h"
#include "cli/render/run_summary.h"
#include "cli/render/run_view.h"
#include "cli/render/when.h"
#include "cli/sources.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

void add_pair(Pairs& pairs, std::string label, std::string value) {
    if (!value.empty()) pairs.emplace_back(std::move(label), std::move(value));
}

void add_member(Pairs& pairs, std::string label, Json const& object, std::string_view key) {
    auto const* value = object.find(key);
    if (value == nullptr || value->is_null()) return;
    if ((value->is_map() && value->as_map().empty()) || (value->is_list() && value->as_list().empty())) return;
    add_pair(pairs, std::move(label), printable(plain_text(*value)));
}

void add_time(Pairs& pairs, std::string label, Json const& object, std::string_view key) {
    if (auto const time = object.text(key); !time.empty()) add_pair(pairs, std::move(label), local_full_text(time));
}

std::string list_text(Json const& object, std::string_view key) {
    auto const* list = object.find(key);
    std::string text;
    if (list == nullptr || !list->is_list()) return text;
    for (auto const& item : list->as_list()) text += (text.empty() ? "" : ", ") + plain_text(item);
    return printable(text);
}

std::string ending_of(Json const& item) {
    auto const status = item.text("status");
    if (status == "succeeded" || !is_final_status(status)) return item.text("message");
    auto const* code = item.find("exit_code");
    std::optional<int> exit_code;
    if (code != nullptr && code->is_int()) exit_code = static_cast<int>(code->as_int());
    if (!exit_code && item.number("signal") == 0) return item.text("message");
    return how_it_ended(status, item.text("reason"), exit_code, static_cast<int>(item.number("signal")), item.text("message"));
}

std::vector<ListColumn> step_columns(Context const& context) {
    ListColumn name{.column = {.title = "STEP"}, .cell = [](Json const& step) {
                        auto const section = step.text("section", "steps");
                        return Cell{(section == "steps" ? "" : section + " ") + step.text("id")};
                    }};
    ListColumn note{.column = {.title = "NOTE"}, .cell = [](Json const& step) {
                        if (step.flag("carried")) return Cell{"carried over"};
                        auto const child = step.number("run");
                        if (child != 0 && ending_of(step).empty()) return Cell{"run " + std::to_string(child)};
                        if (step.flag("cached")) return Cell{step.text("message", "cached")};
                        return Cell{ending_of(step)};
                    }};
    return {std::move(name), state_column(context), plain_column("TRIES", "attempts", true), time_column(context, "STARTED", "started_at"),
            span_column(context, "TOOK", "duration_ms"), std::move(note)};
}

std::vector<ListColumn> try_columns(Context const& context) {
    ListColumn cpu{.column = {.title = "CPU", .right = true}, .cell = [](Json const& attempt) { return Cell{attempt.find("cpu_ms") != nullptr ? span_text_ms(attempt.number("cpu_ms")) : ""}; }};
    ListColumn memory{.column = {.title = "MEMORY", .right = true}, .cell = [](Json const& attempt) {
                          auto const kib = attempt.number("max_rss_kib");
                          return Cell{kib > 0 ? std::to_string((kib + 512) / 1024) + "MiB" : ""};
                      }};
    ListColumn note{.column = {.title = "NOTE"}, .cell = [](Json const& attempt) {
                        auto text = ending_of(attempt);
                        if (attempt.flag("resumed")) text += text.empty() ? "resumed" : ", resumed";
                        if (attempt.flag("log_cut")) text += text.empty() ? "its log was cut" : ", its log was cut";
                        return Cell{std::move(text)};
                    }};
    return {plain_column("TRY", "number", true), state_column(context), time_column(context, "STARTED", "launched_at"), span_column(context, "RAN", "ran_ms"),
            std::move(cpu), std::move(memory), std::move(note)};
}

void print_rows(Context& context, Json const* rows, std::vector<ListColumn> const& columns) {
    if (rows == nullptr || !rows->is_list() || rows->as_list().empty()) return;
    Json list;
    list.set("items", *rows);
    context.out() << '\n';
    print_list(context, list, columns, "id", "");
}

void draw_run(Context& context, Json const& run, std::string const& kept) {
    auto const& look = context.out_look();
    Pairs pairs;
    add_pair(pairs, "run", std::to_string(run.number("id")) + " " + printable(run.text("workflow")) + "@" + std::to_string(run.number("version")));
    add_pair(pairs, "status", state_text(look, run.text("status"), run.text("reason")));
    if (run.text("status") == "failed") add_pair(pairs, "why", printable(failure_text(run)));
    else add_member(pairs, "message", run, "message");
    add_time(pairs, "created", run, "created_at");
    add_time(pairs, "started", run, "started_at");
    add_time(pairs, "ended", run, "ended_at");
    add_pair(pairs, "took", lasted_text(run, context.now()));
    add_member(pairs, "retry of", run, "retry_of");
    add_member(pairs, "started by run", run, "parent");
    add_member(pairs, "group", run, "group");
    add_member(pairs, "started by uid", run, "uid");
    add_member(pairs, "file", run, "file");
    for (auto const* key : {"labels", "inputs", "vars", "outputs"}) add_member(pairs, key, run, key);
    add_pair(pairs, "artifacts", kept);
    context.out() << render_pairs(look, pairs);
    print_rows(context, run.find("steps"), step_columns(context));
}

void draw_step(Context& context, Json const& run, Json const& step, std::string const& kept) {
    auto const& look = context.out_look();
    Pairs pairs;
    add_pair(pairs, "step", printable(step.text("id")) + " of run " + std::to_string(run.number("id")) + " " + printable(run.text("workflow")));
    add_pair(pairs, "status", state_text(look, step.text("status"), step.text("reason")));
    add_pair(pairs, "note", printable(ending_of(step)));
    add_member(pairs, "its run", step, "run");
    add_pair(pairs, "needs", list_text(step, "needs"));
    add_time(pairs, "queued", step, "queued_at");
    add_time(pairs, "started", step, "started_at");
    add_time(pairs, "ended", step, "ended_at");
    add_time(pairs, "goes on", step, "due");
    add_pair(pairs, "took", lasted_text(step, context.now()));
    if (step.flag("carried")) add_pair(pairs, "carried", "from the run this one retries");
    add_pair(pairs, "artifacts", kept);
    add_member(pairs, "outputs", step, "outputs");
    add_member(pairs, "decided by", step, "explain");
    context.out() << render_pairs(look, pairs);
    print_rows(context, step.find("tries"), try_columns(context));
}

void draw_attempt(Context& context, Json const& attempt, Json const& run, std::string const& step) {
    auto const& look = context.out_look();
    Pairs pairs;
    add_pair(pairs, "attempt", printable(step) + "#" + std::to_string(attempt.number("number")) + " of run " + std::to_string(run.number("id")));
    add_pair(pairs, "status", state_text(look, attempt.text("status"), attempt.text("reason")));
    add_pair(pairs, "note", printable(ending_of(attempt)));
    add_time(pairs, "launched", attempt, "launched_at");
    add_time(pairs, "ended", attempt, "ended_at");
    if (attempt.find("ran_ms") != nullptr) add_pair(pairs, "ran", span_text_ms(attempt.number("ran_ms")));
    if (attempt.find("cpu_ms") != nullptr) add_pair(pairs, "cpu", span_text_ms(attempt.number("cpu_ms")));
    if (attempt.number("max_rss_kib") > 0) add_pair(pairs, "memory", std::to_string(attempt.number("max_rss_kib")) + "KiB at most");
    if (attempt.flag("resumed")) add_pair(pairs, "resumed", "yes, after a loss");
    if (attempt.flag("log_cut")) add_pair(pairs, "log", "cut at its limit");
    context.out() << render_pairs(look, pairs);
}

int inspect_step(Context& context, Daemon& daemon, Json const& run, std::string const& target) {
    auto const named = parse_step(target);
    if (!named) return context.fail(named.error());
    auto const* step = step_of(run, named->step);
    if (step == nullptr) return context.fail(no_such_step(run, named->step));
    if (named->attempt == 0) {
        if (!print_object(context, *step, "id")) draw_step(context, run, *step, artifacts_line(daemon, run, named->step));
        return exit_done;
    }
    auto const* tries = step->find("tries");
    if (tries != nullptr && tries->is_list()) {
        for (auto const& attempt : tries->as_list()) {
            if (attempt.number("number") != named->attempt) continue;
            if (!print_object(context, attempt, "id")) draw_attempt(context, attempt, run, named->step);
            return exit_done;
        }
    }
    return context.fail(make_error(code::not_found, "step '" + named->step + "' of run " + std::to_string(run.number("id")) + " has no attempt " + std::to_string(named->attempt),
                                   "it has " + std::to_string(step->number("attempts"))));
}

std::vector<ListColumn> model_step_columns() {
    ListColumn action{.column = {.title = "DOES"}, .cell = [](Json const& step) {
                          if (auto const script = step.text("run"); !script.empty()) return Cell{std::string(trim(script))};
                          if (step.find("argv") != nullptr) return Cell{list_text(step, "argv")};
                          return Cell{"uses " + step.text("uses")};
                      }};
    ListColumn needs{.column = {.title = "NEEDS"}, .cell = [](Json const& step) { return Cell{list_text(step, "needs")}; }};
    return {plain_column("STEP", "id"), std::move(needs), plain_column("IF", "if"), std::move(action)};
}

void draw_workflow(Context& context, Json const& workflow) {
    Pairs pairs;
    add_pair(pairs, "workflow", printable(workflow.text("name")) + "@" + std::to_string(workflow.number("version")) + (workflow.flag("active") ? "" : " (not active)"));
    auto const* model = workflow.find("model");
    Json const empty{JsonMap{}};
    if (model == nullptr) model = &empty;
    add_member(pairs, "description", *model, "description");
    for (auto const* key : {"labels", "inputs", "concurrency", "priority", "timeout", "durability"}) add_member(pairs, key, *model, key);
    if (auto const* conditions = model->find("conditions"); conditions != nullptr && conditions->is_map())
        for (auto const& [name, condition] : conditions->as_map()) pairs.emplace_back("condition", printable(name + ": " + condition.text("expr")));
    if (auto const* source = workflow.find("source")) add_member(pairs, "file", *source, "file");
    add_member(pairs, "root", workflow, "root");
    add_time(pairs, "deployed", workflow, "deployed_at");
    add_member(pairs, "hash", workflow, "hash");
    context.out() << render_pairs(context.out_look(), pairs);
    print_rows(context, model->find("steps"), model_step_columns());
}

struct InspectOptions {
    std::string target, step;
};

int inspect(Context& context, InspectOptions const& options) {
    if (names_a_file(options.target)) return context.misuse("'" + options.target + "' is a file", "see pawl graph " + options.target + " or pawl check " + options.target);
    if (run_segment(options.target)) return inspect_run(context, options.target, options.step);
    if (!options.step.empty()) return context.misuse("unexpected argument '" + options.step + "'", "a step belongs to a run: pawl inspect RUN STEP");
    return inspect_workflow(context, options.target);
}

}  // namespace

int inspect_run(Context& context, std::string const& target, std::string const& step) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = find_run(**daemon, target);
    if (!run) return context.fail(run.error());
    if (!step.empty()) return inspect_step(context, **daemon, *run, step);
    if (!print_object(context, *run, "id")) draw_run(context, *run, artifacts_line(**daemon, *run, ""));
    return exit_done;
}

int inspect_workflow(Context& context, std::string const& target) {
    auto const named = parse_workflow(target);
    if (!named) return context.fail(named.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto path = "/v1/workflows/" + wire::percent_encode(named->name);
    if (named->version > 0) add_query(path, "version", std::to_string(named->version));
    auto const workflow = (*daemon)->get(path);
    if (!workflow) return context.fail(with_workflow_suggestion(**daemon, workflow.error(), named->name));
    if (!print_object(context, *workflow, "name")) draw_workflow(context, *workflow);
    return exit_done;
}

Command inspect_command() {
    auto const options = std::make_shared<InspectOptions>();
    return {
        .path = "inspect",
        .summary = "Show all about a workflow, run, step or attempt",
        .arguments = {{.name = "TARGET", .doc = "a workflow, workflow@version, run, or last", .into = &options->target, .completes = Completes::runs},
                      {.name = "STEP", .doc = "a step of the run, or step#attempt", .into = &options->step, .required = false, .completes = Completes::steps}},
        .examples = {{"pawl inspect nightly-backup@12", ""}, {"pawl inspect 812", ""}, {"pawl inspect 812 compress#2", "its second attempt"}},
        .run = [options](Context& context) { return inspect(context, *options); },
    };
}

Command run_inspect_command() {
    auto const options = std::make_shared<InspectOptions>();
    return {
        .path = "run inspect",
        .summary = "Show all about a run, a step or an attempt",
        .arguments = {{.name = "RUN", .doc = "a run, or last", .into = &options->target, .completes = Completes::runs},
                      {.name = "STEP", .doc = "a step, or step#attempt", .into = &options->step, .required = false, .completes = Completes::steps}},
        .examples = {{"pawl run inspect last", ""}},
        .run = [options](Context& context) { return inspect_run(context, options->target, options->step); },
    };
}

}  // namespace pawl::cli
