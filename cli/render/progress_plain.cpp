// A run as lines: for CI logs, files and pipes. And the same as JSON lines for programs.
#include <algorithm>
#include <chrono>
#include <deque>
#include <ostream>
#include <set>

#include "cli/render/log_text.h"
#include "cli/render/progress.h"
#include "cli/render/when.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr auto sign_of_life_every = std::chrono::seconds(30);
/// Journal and logs come by different streams: an end is held back this long, so that it stands behind the last line of its step.
constexpr auto hold = std::chrono::milliseconds(150);
/// And lines that overtook the start of their attempt wait this long for it.
constexpr auto hold_lines = std::chrono::milliseconds(300);

std::string after_text(std::optional<UtcTime> from, UtcTime to) { return from ? " after " + span_text(to - *from) : ""; }

std::string step_transition(StepView const& step, JournalEvent const& event, std::string_view what) {
    auto const ending = how_it_ended(step.status, step.reason, step.exit_code, step.signal, step.message);
    if (what == "succeeded") return "succeeded" + after_text(step.started, event.at) + (step.message.empty() ? "" : ": " + step.message);
    if (what == "failed" || what == "lost") return std::string(what == "lost" && ending.starts_with("was lost") ? "" : "failed" + after_text(step.started, event.at) + ": ") + ending;
    if (what == "cancelled") return "cancelled" + after_text(step.started, event.at);
    if (what == "skipped") return "skipped" + (step.reason.empty() ? "" : " (" + step.reason + ")");
    if (what == "stopping") return "stopping" + (step.reason.empty() ? "" : " (" + step.reason + ")");
    if (what == "waiting" && step.reason == "approval") return "waits for approval: " + step.message + " (pawl approve, pawl reject)";
    if (what == "waiting" && step.reason == "child") return "waits for run " + std::to_string(step.run);
    if (what == "waiting") {
        bool const again = step.attempt > 0;
        std::string text = again ? "tries again" : "waits";
        if (step.due) text += (again ? " at " : " until ") + local_clock(*step.due);
        if (again) text += ": attempt " + std::to_string(step.attempt) + " " + ending;
        return text;
    }
    return "";
}

std::string run_transition(RunView const& run, JournalEvent const& event, std::string_view what) {
    auto const name = "run " + std::to_string(run.id);
    if (what == "queued") return name + " " + run.workflow + (run.version > 0 ? "@" + std::to_string(run.version) : "") + " queued";
    if (what == "started") return name + " start";
    if (what == "stopping") return name + " stopping" + (run.reason.empty() ? "" : " (" + run.reason + ")");
    if (what == "waiting" || what == "running") return "";
    if (what == "finishing") return name + " finishing";
    return name + " " + std::string(what) + (what != "succeeded" && !run.reason.empty() && run.reason != what ? " (" + run.reason + ")" : "") +
           after_text(run.started, event.at);
}

class PlainProgress final : public Progress {
public:
    PlainProgress(std::ostream& out, Look look) : out_(out), look_(look) {}

    void event(RunView const& run, JournalEvent const& event) override {
        auto const dot = event.kind.find('.');
        if (dot == std::string::npos) return;
        auto const subject = event.kind.substr(0, dot);
        auto const what = event.kind.substr(dot + 1);
        std::string text;
        if (subject == "run") {
            text = run_transition(run, event, what);
        } else if (subject == "attempt") {
            if (what == "launched") text = start_text(event);
            if (what == "lost") text = event.step + " attempt " + std::to_string(event.attempt) + " was lost";
        } else if (what == "started") {
            text = start_text(event);  // the first attempt needs no row of its own
        } else if (auto const* step = run.find(event.step)) {
            text = step_transition(*step, event, what);
            if (!text.empty()) text = event.step + " " + text;
        }
        if (text.empty()) return;
        bool const starts = event.kind == "attempt.launched" || event.kind == "step.started";
        held_.push_back({.key = starts ? key_of(event.step, std::max(event.attempt, 1)) : "", .text = local_clock(event.at) + " " + printable(text), .since = {}});
        if (starts) release_lines(key_of(event.step, std::max(event.attempt, 1)));
        if (logs_ended_) release_all();
    }

    void line(RunView const&, LogLine const& line) override {
        std::string key = key_of(line.step, line.attempt);
        std::string text = line.step + "| " + log_text(look_, line.text);
        if (!started_.contains(key)) return early_.push_back({.key = std::move(key), .text = std::move(text), .since = {}});
        release_through(key);
        write(text);
    }

    void tick(RunView const& run, UtcTime now) override {
        for (auto& held : held_) {
            if (!held.since) held.since = now;
        }
        for (auto& line : early_) {
            if (!line.since) line.since = now;
        }
        while (!early_.empty() && (now - *early_.front().since >= hold_lines || now < *early_.front().since)) {
            write(early_.front().text);
            early_.pop_front();
        }
        while (!held_.empty() && (now - *held_.front().since >= hold || now < *held_.front().since)) release_one();
        if (!said_at_) said_at_ = now;
        if (wrote_) said_at_ = now;
        wrote_ = false;
        if (now - *said_at_ < sign_of_life_every) return;
        write(sign_of_life(run, now));
        said_at_ = now;
        wrote_ = false;
    }

    void note(std::string_view text) override { write(text); }
    void logs_ended() override {
        logs_ended_ = true;
        release_all();
    }
    void finish(RunView const&, UtcTime) override {
        release_all();
        for (auto const& line : early_) write(line.text);
        early_.clear();
    }

private:
    struct Held {
        std::string key;   ///< of the attempt whose start, or line, this is
        std::string text;
        std::optional<UtcTime> since;
    };

    static std::string key_of(std::string const& step, int attempt) { return step + "#" + std::to_string(attempt); }

    /// Empty when that start was told before.
    std::string start_text(JournalEvent const& event) {
        int const attempt = std::max(event.attempt, 1);
        if (!started_.insert(key_of(event.step, attempt)).second) return "";
        return event.step + " start attempt=" + std::to_string(attempt);
    }

    void write(std::string_view text) {
        out_ << text << '\n' << std::flush;
        wrote_ = true;
    }
    void release_one() {
        write(held_.front().text);
        held_.pop_front();
    }
    void release_all() {
        while (!held_.empty()) release_one();
    }
    /// A line of an attempt comes after its start: what is held up to there goes out first.
    void release_through(std::string const& key) {
        bool found = false;
        for (auto const& held : held_) found = found || held.key == key;
        while (found && !held_.empty()) {
            bool const last = held_.front().key == key;
            release_one();
            if (last) return;
        }
    }

    /// The lines of an attempt whose start is known now.
    void release_lines(std::string const& key) {
        bool const any = std::ranges::find(early_, key, &Held::key) != early_.end();
        if (!any) return;
        release_through(key);
        for (auto const& line : early_)
            if (line.key == key) write(line.text);
        std::erase_if(early_, [&](Held const& line) { return line.key == key; });
    }

    static std::string sign_of_life(RunView const& run, UtcTime now) {
        std::size_t done = 0, total = 0;
        std::string busy;
        for (auto const& step : run.steps) {
            if (step.section == "steps") ++total;
            if (step.section == "steps" && is_final_status(step.status)) ++done;
            if (is_busy(step)) busy += (busy.empty() ? "" : ", ") + step.id + (step.started ? " " + span_text(now - *step.started) : "");
            else if (step.status == "waiting") busy += (busy.empty() ? "" : ", ") + step.id + " waits" + (step.due ? " until " + local_clock(*step.due) : "");
        }
        auto text = local_clock(now) + " run " + std::to_string(run.id) + " goes on: " + std::to_string(done) + "/" + std::to_string(total) + " done";
        if (!busy.empty()) text += ", " + busy;
        else if (run.status == "queued") text += ", queued";
        return text;
    }

    std::ostream& out_;
    Look look_;
    std::deque<Held> held_;
    std::deque<Held> early_;      ///< lines whose start has not come yet
    std::set<std::string> started_;
    std::optional<UtcTime> said_at_;
    bool wrote_ = false;
    bool logs_ended_ = false;
};

class JsonProgress final : public Progress {
public:
    explicit JsonProgress(std::ostream& out) : out_(out) {}

    void event(RunView const& run, JournalEvent const& event) override {
        Json line;
        line.set("type", "event");
        line.set("run", run.id);
        line.set("seq", event.seq);
        line.set("at", format_utc(event.at));
        line.set("kind", event.kind);
        if (!event.step.empty()) line.set("step", event.step);
        if (event.attempt > 0) line.set("attempt", event.attempt);
        if (!event.data.is_null()) line.set("data", event.data);
        write(line);
    }
    void line(RunView const& run, LogLine const& log) override {
        Json line;
        line.set("type", "log");
        line.set("run", run.id);
        line.set("step", log.step);
        line.set("attempt", log.attempt);
        line.set("stream", log.stream);
        line.set("at", format_utc(log.at));
        line.set("text", log.text);
        write(line);
    }
    void tick(RunView const&, UtcTime) override {}
    void note(std::string_view text) override {
        Json line;
        line.set("type", "note");
        line.set("text", text);
        write(line);
    }
    void finish(RunView const&, UtcTime) override {}

private:
    void write(Json const& line) { out_ << dump_json(line) << '\n' << std::flush; }
    std::ostream& out_;
};

class SilentProgress final : public Progress {
public:
    void event(RunView const&, JournalEvent const&) override {}
    void line(RunView const&, LogLine const&) override {}
    void tick(RunView const&, UtcTime) override {}
    void note(std::string_view) override {}
    void finish(RunView const&, UtcTime) override {}
};

}  // namespace

std::unique_ptr<Progress> silent_progress() { return std::make_unique<SilentProgress>(); }
std::unique_ptr<Progress> plain_progress(std::ostream& out, Look look) { return std::make_unique<PlainProgress>(out, look); }
std::unique_ptr<Progress> json_progress(std::ostream& out) { return std::make_unique<JsonProgress>(out); }

}  // namespace pawl::cli
