// Journal rows → states of a run and its steps, as people see them.
#include "cli/render/run_view.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace pawl::cli {
namespace {

std::optional<int> small_number(Json const& object, std::string_view key) {
    auto const* value = object.find(key);
    if (value == nullptr || !value->is_int()) return std::nullopt;
    return static_cast<int>(value->as_int());
}

std::optional<UtcTime> time_of(Json const& object, std::string_view key) { return parse_utc(object.text(key)); }

std::vector<std::string> texts(Json const* list) {
    std::vector<std::string> found;
    if (list == nullptr || !list->is_list()) return found;
    for (auto const& item : list->as_list()) {
        if (item.is_string()) found.push_back(item.as_string());
    }
    return found;
}

StepView step_view(Json const& step, bool from_start) {
    StepView view;
    view.id = step.text("id");
    view.item_of = step.text("item_of");
    view.section = step.text("section", "steps");
    view.needs = texts(step.find("needs"));
    view.carried = step.flag("carried");
    view.attempts_max = static_cast<int>(step.number("attempts_max"));
    if (from_start && !view.carried) return view;
    view.status = step.text("status", "pending");
    view.reason = step.text("reason");
    view.message = step.text("message");
    view.attempt = static_cast<int>(step.number("attempts"));
    view.exit_code = small_number(step, "exit_code");
    view.signal = static_cast<int>(step.number("signal"));
    view.run = step.number("run");
    view.started = time_of(step, "started_at");
    view.ended = time_of(step, "ended_at");
    view.due = time_of(step, "due");
    return view;
}

/// The state a journal kind leads to: "started" is the event, "running" the state.
std::string state_after(std::string_view what) { return what == "started" || what == "launched" ? "running" : std::string(what); }

void apply_to_run(RunView& run, JournalEvent const& event, std::string_view what) {
    run.status = state_after(what);
    run.due = time_of(event.data, "due");
    if (what == "started") run.started = event.at;
    if (what == "queued" && !run.created) run.created = event.at;
    if (auto reason = event.data.text("reason"); !reason.empty()) run.reason = std::move(reason);
    if (auto message = event.data.text("message"); !message.empty()) run.message = std::move(message);
    if (auto step = event.data.text("failed_step"); !step.empty()) run.failed_step = std::move(step);
    if (is_final_status(run.status)) run.ended = event.at;
}

void apply_to_step(StepView& step, JournalEvent const& event, std::string_view what) {
    step.status = state_after(what);
    step.reason = event.data.text("reason");
    step.message = event.data.text("message");
    step.due = time_of(event.data, "due");
    if (event.attempt > step.attempt) step.attempt = event.attempt;
    if (what == "started" && !step.started) step.started = event.at;
    if (auto const code = small_number(event.data, "exit_code")) step.exit_code = code;
    if (auto const signal = small_number(event.data, "signal")) step.signal = *signal;
    if (auto const run = event.data.number("run"); run != 0) step.run = run;
    if (is_final_status(step.status)) step.ended = event.at;
}

void apply_to_attempt(StepView& step, JournalEvent const& event, std::string_view what) {
    if (event.attempt > step.attempt) step.attempt = event.attempt;
    if (what == "launched") {
        step.status = "running";
        step.tail.clear();
        step.due.reset();
        if (!step.started) step.started = event.at;
        step.exit_code.reset();
        step.signal = 0;
        return;
    }
    if (auto const code = small_number(event.data, "exit_code")) step.exit_code = code;
    if (auto const signal = small_number(event.data, "signal")) step.signal = *signal;
    if (auto reason = event.data.text("reason"); !reason.empty()) step.reason = std::move(reason);
}

/// A step that was not there when the run began: an item, which belongs behind its step and its elder brothers.
StepView& added_step(RunView& run, std::string const& id) {
    auto const bracket = id.find('[');
    auto place = run.steps.end();
    StepView view;
    view.id = id;
    if (bracket != std::string::npos) {
        view.item_of = id.substr(0, bracket);
        auto const belongs = [&](StepView const& step) { return step.id == view.item_of || step.item_of == view.item_of; };
        auto const last = std::find_if(run.steps.rbegin(), run.steps.rend(), belongs);
        place = last.base();
        if (last != run.steps.rend()) {
            view.section = last->section;
            view.attempts_max = last->attempts_max;
        }
    }
    return *run.steps.insert(place, std::move(view));
}

}  // namespace

ItemCounts items_of(RunView const& run, std::string_view step) {
    ItemCounts counts;
    for (auto const& item : run.steps) {
        if (item.item_of != step) continue;
        ++counts.all;
        if (is_final_status(item.status)) ++counts.done;
        if (item.status == "failed" || item.status == "lost") ++counts.bad;
    }
    return counts;
}

StepView* RunView::find(std::string_view step) { return const_cast<StepView*>(std::as_const(*this).find(step)); }

StepView const* RunView::find(std::string_view step) const {
    for (auto const& candidate : steps) {
        if (candidate.id == step) return &candidate;
    }
    return nullptr;
}

bool is_final_status(std::string_view status) {
    return status == "succeeded" || status == "failed" || status == "lost" || status == "cancelled" || status == "skipped";
}

bool is_busy(StepView const& step) { return step.status == "running" || step.status == "stopping"; }

std::optional<JournalEvent> journal_event(std::string_view data) {
    auto const json = parse_json(data);
    if (!json || !json->is_map()) return std::nullopt;
    JournalEvent event;
    event.seq = json->number("seq");
    event.at = parse_utc(json->text("at")).value_or(UtcTime{});
    event.kind = json->text("kind");
    event.step = json->text("step");
    event.attempt = static_cast<int>(json->number("attempt"));
    if (auto const* more = json->find("data")) event.data = *more;
    return event;
}

RunView run_view(Json const& run, bool from_start) {
    RunView view;
    view.id = run.number("id");
    view.workflow = run.text("workflow");
    view.version = run.number("version");
    view.created = time_of(run, "created_at");
    if (auto const* steps = run.find("steps"); steps != nullptr && steps->is_list()) {
        for (auto const& step : steps->as_list()) view.steps.push_back(step_view(step, from_start));
    }
    if (from_start) return view;
    view.status = run.text("status", "queued");
    view.reason = run.text("reason");
    view.message = run.text("message");
    view.failed_step = run.text("failed_step");
    view.started = time_of(run, "started_at");
    view.ended = time_of(run, "ended_at");
    return view;
}

void apply(RunView& run, JournalEvent const& event) {
    auto const dot = event.kind.find('.');
    if (dot == std::string::npos) return;
    auto const subject = std::string_view(event.kind).substr(0, dot);
    auto const what = std::string_view(event.kind).substr(dot + 1);
    if (subject == "run") return apply_to_run(run, event, what);
    auto* step = run.find(event.step);
    if (step == nullptr) step = &added_step(run, event.step);
    if (auto const items = event.data.number("items"); items > 0) step->items = static_cast<std::size_t>(items);
    if (subject == "step") apply_to_step(*step, event, what);
    else if (subject == "attempt") apply_to_attempt(*step, event, what);
}

void add_line(RunView& run, LogLine const& line) {
    auto* step = run.find(line.step);
    if (step == nullptr) return;
    step->tail.push_back(line.text);
    if (step->tail.size() > tail_lines_max) step->tail.pop_front();
}

std::vector<LogLine> LineAssembler::take(std::string_view data) {
    std::vector<LogLine> lines;
    auto const json = parse_json(data, {.bytes_max = 16u << 20, .depth_max = 8});
    if (!json || !json->is_map()) return lines;
    LogLine head{.step = json->text("step"), .attempt = static_cast<int>(json->number("attempt")), .stream = json->text("stream"),
                 .at = parse_utc(json->text("at")).value_or(UtcTime{}), .text = ""};
    auto& open = open_[head.step + "\n" + std::to_string(head.attempt) + "\n" + head.stream];
    if (open.text.empty()) open = head;
    auto const text = json->text("text");
    for (char const c : text) {
        if (c != '\n') {
            open.text += c;
            continue;
        }
        if (!open.text.empty() && open.text.back() == '\r') open.text.pop_back();
        lines.push_back(open);
        open = head;
    }
    return lines;
}

std::vector<LogLine> LineAssembler::rest() {
    std::vector<LogLine> lines;
    for (auto& [key, line] : open_) {
        if (!line.text.empty()) lines.push_back(std::move(line));
    }
    open_.clear();
    return lines;
}

std::string signal_name(int signal) {
    auto const* name = ::sigabbrev_np(signal);
    return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

std::string how_it_ended(std::string_view status, std::string_view reason, std::optional<int> exit_code, int signal, std::string_view message) {
    if (status == "lost" || reason == "lost") return message.empty() ? "was lost: nobody knows how it ended" : "was lost: " + std::string(message);
    if (reason == "timeout") return message.empty() ? "timed out" : "timed out: " + std::string(message);
    if (reason == "start_failed") return "could not be started" + (message.empty() ? "" : ": " + std::string(message));
    if (reason == "bad_output") return "did not leave what it promised" + (message.empty() ? "" : ": " + std::string(message));
    if (reason == "expression_error") return "has an expression that failed" + (message.empty() ? "" : ": " + std::string(message));
    if (reason == "signal" || (signal != 0 && !exit_code)) return "was killed by " + signal_name(signal);
    if (exit_code && *exit_code != 0) return "exited with " + std::to_string(*exit_code);
    if (!message.empty()) return std::string(message);
    auto text = std::string(status);
    if (!reason.empty() && reason != status) text += " (" + std::string(reason) + ")";
    return text;
}

}  // namespace pawl::cli
