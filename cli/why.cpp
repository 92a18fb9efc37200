// pawl why: the recorded values behind a decision about a run or a step.
#include <ostream>

#include "cli/commands.h"
#include "cli/decision.h"
#include "cli/output.h"
#include "cli/render/formats.h"
#include "cli/render/run_summary.h"
#include "cli/render/run_view.h"
#include "cli/render/when.h"
#include "cli/run_facts.h"
#include "cli/targets.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct WhyOptions {
    std::string run, step;
};

/// The expression that a recorded decision belongs to.
cel::Program const* program_of(flow::StepPlan const* plan, std::string_view decision) {
    if (plan == nullptr) return nullptr;
    if (decision == "if" && plan->condition) return &*plan->condition;
    if (decision == "retry.if" && plan->retry.condition) return &*plan->retry.condition;
    return nullptr;
}

/// A line a condition of the step's `if`: what it was, and whether it decided.
void print_parts(Context& context, Json const& step, cel::Program const& program, Json const& values) {
    if (step.text("reason") == "expression_error") return;
    bool const outcome = step.text("status") != "skipped" || step.text("reason") != "condition";
    auto const trace = retrace(program, values, outcome);
    if (!trace) return;
    std::string const parts = cel::conditions(*trace);
    for (auto const line : split(trim(parts), '\n')) context.out() << "      " << printable(line) << "\n";
}

/// Why a result that was remembered could not be used.
void print_cache(Context& context, Json const& cache) {
    if (cache.flag("hit")) return;
    auto const before = cache.number("compared_with");
    context.out() << "  " << painted(context.out_look(), Paint::bold, "cache") << "  not used" << (before == 0 ? "" : ", compared with run " + std::to_string(before)) << "\n";
    auto const* why = cache.find("why");
    if (why == nullptr || !why->is_list()) return;
    for (auto const& reason : why->as_list()) context.out() << "      " << printable(plain_text(reason)) << "\n";
}

void print_decisions(Context& context, Json const& step, flow::StepPlan const* plan) {
    auto const* explain = step.find("explain");
    if (explain == nullptr || !explain->is_map()) return;
    auto const& look = context.out_look();
    for (auto const& [decision, values] : explain->as_map()) {
        if (decision == "cache" && values.is_map()) {
            print_cache(context, values);
            continue;
        }
        auto const* program = program_of(plan, decision);
        auto const text = program == nullptr ? std::string() : program->text();
        context.out() << "  " << painted(look, Paint::bold, printable(decision)) << (text.empty() ? "" : "  " + printable(text)) << "\n";
        if (!values.is_map()) continue;
        if (program != nullptr && decision == "if") print_parts(context, step, *program, values);
        for (auto const& [path, value] : values.as_map()) context.out() << "      " << printable(path) << " = " << printable(dump_json(value)) << "\n";
    }
}

std::string approval_sentence(Json const& run, Json const& step, flow::StepPlan const* plan, UtcTime now) {
    auto text = "it waits for an answer: " + step.text("message");
    auto const* gate = plan == nullptr ? nullptr : std::get_if<flow::ApproveAction>(&plan->action);
    if (gate != nullptr && !gate->by.empty()) text += "; by " + join(gate->by, ", ");
    if (auto const due = parse_utc(step.text("due")); due && gate != nullptr)
        text += std::string("; without one it is ") + (gate->approve_on_timeout ? "approved" : "rejected") + " at " + local_clock(*due) + ", in " + span_text(*due - now);
    auto const target = std::to_string(run.number("id")) + " " + step.text("id");
    return text + "; next: pawl approve " + target + ", or pawl reject " + target;
}

/// Of a step that starts a run of another workflow.
std::string child_sentence(Json const& step) {
    auto const child = step.number("run");
    if (child == 0) return step.text("message").empty() ? "its run is being made" : step.text("message");
    auto const next = "; next: pawl inspect " + std::to_string(child);
    if (step.text("status") == "waiting") return "it waits for run " + std::to_string(child) + next;
    return (step.text("message").empty() ? "it ended as run " + std::to_string(child) : step.text("message")) + next;
}

std::string reason_sentence(Json const& run, Json const& step, flow::StepPlan const* plan, UtcTime now) {
    auto const status = step.text("status");
    auto const reason = step.text("reason");
    if (reason == "resolved") {  // "resolved by hand: the comment"
        auto const message = step.text("message");
        auto const colon = message.find(": ");
        return "it was settled by hand as " + std::string(status == "succeeded" ? "success" : "failed") + (colon == std::string::npos ? "" : message.substr(colon));
    }
    if (step.flag("carried") && status != "succeeded") return "it had ended so in run " + std::to_string(run.number("retry_of")) + ", which this run retries";
    if (step.flag("carried")) return "it had succeeded in run " + std::to_string(run.number("retry_of")) + ", which this run retries";
    if (status == "skipped" && reason == "condition") return "its 'if' was false";
    if (status == "skipped" && reason == "upstream") return "a step it needs ended badly";
    if (status == "skipped" && reason == "cancelled") return "the run was being stopped before it began";
    if (reason == "child") return child_sentence(step);
    if (status == "pending") return "the steps it needs have not all ended";
    if (status == "queued") return "all attempt slots of the daemon are taken";
    if (status == "waiting" && reason == "approval") return approval_sentence(run, step, plan, now);
    if (status == "waiting") {
        auto const due = parse_utc(step.text("due"));
        return "it goes on " + (due ? "at " + local_clock(*due) + ", in " + span_text(*due - now) : std::string("later")) + (step.number("attempts") > 0 ? ": the delay before its next attempt" : "");
    }
    if (status == "failed" || status == "lost") {
        auto ending = how_it_ended(status, reason, step.find("exit_code") != nullptr && step.find("exit_code")->is_int() ? std::optional(static_cast<int>(step.number("exit_code"))) : std::nullopt, static_cast<int>(step.number("signal")), step.text("message"));
        bool const is_sentence = ending.starts_with("its ") || ending.starts_with("the ") || ending.starts_with("run ") || reason == "items";
        auto text = (is_sentence ? "" : "it ") + ending;
        if (plan != nullptr) {
            if (auto const more = why_not_retried(*plan, step); !more.empty()) text += "; " + more;
        }
        auto const later = run.number("settled_in");
        if (status == "lost" && later != 0) text += "; it was settled by hand: run " + std::to_string(later) + " goes on";
        return text;
    }
    auto const* const cache = step.find("explain") == nullptr ? nullptr : step.find("explain")->find("cache");
    if (status == "succeeded" && step.flag("cached") && cache != nullptr)
        return "it is cached since run " + std::to_string(cache->number("run")) + ", attempt " + std::to_string(cache->number("attempt", 1)) + ", of " + local_full_text(cache->text("at")) + ": nothing that decides its result has changed";
    if (status == "succeeded") return "it ended well" + (step.number("attempts") > 1 ? " at attempt " + std::to_string(step.number("attempts")) : std::string());
    if (status == "cancelled") return "it was stopped on request";
    return step.text("message");
}

void explain_step(Context& context, Json const& run, Json const& step, flow::StepPlan const* plan) {
    auto const& look = context.out_look();
    context.out() << printable(step.text("id")) << " " << state_text(look, step.text("status"), step.text("reason"));
    auto const sentence = reason_sentence(run, step, plan, context.now());
    context.out() << (sentence.empty() ? "" : ": " + printable(sentence)) << "\n";
    if (plan != nullptr) context.out() << "  " << painted(look, Paint::dim, "where") << "  " << printable(plan->where.file) << ":" << plan->where.line << "\n";
    auto const* needs = step.find("needs");
    if (needs != nullptr && needs->is_list()) {
        for (auto const& need : needs->as_list()) {
            auto const* other = step_of(run, plain_text(need));
            if (other != nullptr) context.out() << "  " << painted(look, Paint::dim, "needs") << "  " << printable(plain_text(need)) << " " << state_text(look, other->text("status"), other->text("reason")) << "\n";
        }
    }
    print_decisions(context, step, plan);
}

std::string run_sentence(Json const& run) {
    auto const status = run.text("status");
    auto const group = run.text("group");
    if (!run.text("message").empty()) return run.text("message");
    if (status == "queued") return group.empty() ? "it waits to be started" : "it waits for its turn in the group '" + group + "'; see pawl ps --filter \"group == '" + group + "'\"";
    if (status == "waiting") return "no attempt lives: it waits for a timer, a retry delay, a person or a run that it started";
    if (status == "failed") return failure_text(run);
    if (status == "skipped" && run.text("reason") == "condition") return "the workflow's 'if' was false";
    return "";
}

int why(Context& context, WhyOptions const& options) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = find_run(**daemon, options.run);
    if (!run) return context.fail(run.error());
    auto const plan = plan_of_run(**daemon, *run);
    auto const plan_of = [&](std::string const& id) -> flow::StepPlan const* {
        if (!plan) return nullptr;
        auto const index = plan->find(id.substr(0, id.find('[')));
        return index ? &plan->steps[*index] : nullptr;
    };
    if (!options.step.empty()) {
        auto const* step = step_of(*run, options.step);
        if (step == nullptr) return context.fail(no_such_step(*run, options.step));
        if (!print_object(context, *step, "id")) explain_step(context, *run, *step, plan_of(options.step));
        return exit_done;
    }
    if (print_object(context, *run, "id")) return exit_done;
    auto const sentence = run_sentence(*run);
    context.out() << "run " << run->number("id") << " " << printable(run->text("workflow")) << " " << state_text(context.out_look(), run->text("status"), run->text("reason")) << (sentence.empty() ? "" : ": " + printable(sentence)) << "\n";
    auto const* steps = run->find("steps");
    if (steps == nullptr || !steps->is_list()) return exit_done;
    for (auto const& step : steps->as_list()) {
        auto const status = step.text("status");
        if ((status == "succeeded" && step.text("reason") != "resolved") || status == "running") continue;  // only what needs a reason
        if (step.text("section", "steps") != "steps" && (status == "skipped" || status == "pending")) continue;
        context.out() << "\n";
        explain_step(context, *run, step, plan_of(step.text("id")));
    }
    return exit_done;
}

}  // namespace

Command why_command() {
    auto const options = std::make_shared<WhyOptions>();
    return {
        .path = "why",
        .summary = "Tell why a run or a step is as it is",
        .text = "Prints the values that were recorded when it was decided, not what they are now.",
        .arguments = {{.name = "RUN", .doc = "a run, or last", .into = &options->run, .completes = Completes::runs},
                      {.name = "STEP", .doc = "one step", .into = &options->step, .required = false, .completes = Completes::steps}},
        .examples = {{"pawl why 812 upload", ""}, {"pawl why last", ""}},
        .run = [options](Context& context) { return why(context, *options); },
    };
}

}  // namespace pawl::cli
