// Answers that need a second question. Every failure here is silent: it only makes a summary shorter.
#include "cli/run_facts.h"

#include <algorithm>
#include <map>

#include "cli/load.h"
#include "cli/output.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

constexpr int runs_compared = 5;

class StepValues final : public cel::Activation {
public:
    explicit StepValues(Json step) : step_(std::move(step)) {}
    Json const* variable(std::string_view name) const override { return name == "step" ? &step_ : nullptr; }

private:
    Json step_;
};

Json retry_variable(Json const& step) {
    Json value;
    auto const* code = step.find("exit_code");
    value.set("exit_code", code != nullptr && code->is_int() ? *code : Json(0));
    value.set("signal", step.number("signal"));
    value.set("timed_out", step.text("reason") == "timeout");
    value.set("attempt", step.number("attempts"));
    value.set("reason", step.text("reason"));
    return value;
}

std::string values_read(cel::Program const& program, Json const& variable) {
    std::string text;
    for (auto const& path : program.reads()) {
        if (!path.starts_with("step.")) continue;
        auto const name = path.substr(5);
        auto const* value = variable.find(name);
        if (value != nullptr) text += (text.empty() ? "" : ", ") + name + " is " + dump_json(*value);
    }
    return text;
}

std::optional<Duration> duration_of(Json const& step) {
    auto const* span = step.find("duration_ms");
    if (span == nullptr || !span->is_int() || step.text("status") != "succeeded" || step.flag("carried")) return std::nullopt;
    return std::chrono::milliseconds(span->as_int());
}

}  // namespace

std::shared_ptr<flow::Plan const> plan_of_run(Daemon& daemon, Json const& run) {
    auto path = "/v1/workflows/" + wire::percent_encode(run.text("workflow"));
    add_query(path, "version", std::to_string(run.number("version")));
    auto const workflow = daemon.get(path);
    if (!workflow) return nullptr;
    auto const file = load_version(*workflow);
    for (auto const& loaded : file.workflows) {
        if (loaded.name == run.text("workflow")) return loaded.plan;
    }
    return nullptr;
}

std::vector<std::string> last_log_lines(Daemon& daemon, std::int64_t run, std::string const& step, int count) {
    auto path = "/v1/runs/" + std::to_string(run) + "/logs";
    add_query(path, "step", step);
    add_query(path, "tail", std::to_string(count));
    LineAssembler assembler;
    std::vector<std::string> lines;
    auto feed = daemon.feed();
    feed->follow(0, path);
    while (auto item = feed->next(std::chrono::seconds(5))) {
        if (item->kind != FeedItem::Kind::event) break;
        if (item->name != "log") continue;
        for (auto& line : assembler.take(item->data)) lines.push_back(std::move(line.text));
    }
    for (auto& line : assembler.rest()) lines.push_back(std::move(line.text));
    if (lines.size() > static_cast<std::size_t>(count)) lines.erase(lines.begin(), lines.end() - count);
    return lines;
}

std::string why_not_retried(flow::StepPlan const& plan, Json const& step) {
    auto const attempts = step.number("attempts");
    if (step.text("status") == "lost") return "on_crash: fail, so an unknown outcome is not tried again";
    if (attempts == 0 || step.text("reason") == "start_failed") return "";  // what does not start is never tried again
    if (plan.retry.max_attempts <= 1) return "not retried: the step has no 'retry'";
    if (attempts >= plan.retry.max_attempts) return "not retried: all " + std::to_string(attempts) + " attempts failed";
    if (!plan.retry.condition) return "";
    auto const variable = retry_variable(step);
    auto const value = plan.retry.condition->eval_bool(StepValues(variable));
    if (!value) return "not retried: " + plan.retry.condition->text() + " → " + value.error().message;
    if (*value) return "";
    auto const read = values_read(*plan.retry.condition, variable);
    return "not retried: " + plan.retry.condition->text() + " → false" + (read.empty() ? "" : " (" + read + ")");
}

FailureFacts failure_facts(Daemon& daemon, Json const& run) {
    FailureFacts facts;
    auto const* step = failed_step_of(run);
    if (step == nullptr) return facts;
    auto const name = step->text("id");
    if (auto const plan = plan_of_run(daemon, run)) {
        auto const planned = step->text("item_of", name);
        if (auto const index = plan->find(planned)) {
            auto const& step_plan = plan->steps[*index];
            facts.where = step_plan.where.file.text() + ":" + std::to_string(step_plan.where.line);
            facts.attempts_max = step_plan.retry.max_attempts;
            facts.why = why_not_retried(step_plan, *step);
        }
    }
    if (step->number("attempts") > 0) facts.log_lines = last_log_lines(daemon, run.number("id"), name, static_cast<int>(tail_lines_max));
    return facts;
}

void add_expectations(Daemon& daemon, Json const& run, RunView& view) {
    if (auto const plan = plan_of_run(daemon, run)) {
        for (auto& step : view.steps) {
            if (auto const index = plan->find(step.id)) step.attempts_max = plan->steps[*index].retry.max_attempts;
        }
    }
    std::string path = "/v1/runs";
    add_query(path, "workflow", run.text("workflow"));
    add_query(path, "filter", "status == 'succeeded'");
    add_query(path, "limit", std::to_string(runs_compared));
    auto const earlier = daemon.get(path);
    auto const* items = earlier ? earlier->find("items") : nullptr;
    if (items == nullptr || !items->is_list()) return;
    std::map<std::string, std::vector<Duration>> spans;
    for (auto const& item : items->as_list()) {
        auto const detail = daemon.get("/v1/runs/" + std::to_string(item.number("id")));
        auto const* steps = detail ? detail->find("steps") : nullptr;
        if (steps == nullptr || !steps->is_list()) continue;
        for (auto const& step : steps->as_list()) {
            if (auto const span = duration_of(step)) spans[step.text("id")].push_back(*span);
        }
    }
    for (auto& step : view.steps) {
        auto const found = spans.find(step.id);
        if (found == spans.end()) continue;
        std::sort(found->second.begin(), found->second.end());
        step.usual = found->second[found->second.size() / 2];
    }
}

}  // namespace pawl::cli
