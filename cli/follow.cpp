// Two streams (journal, logs), one picture, and the keyboard: Ctrl-C never ends a run by surprise.
#include "cli/follow.h"

#include <ostream>

#include "cli/output.h"
#include "cli/render/formats.h"
#include "cli/render/progress.h"
#include "cli/render/run_summary.h"
#include "cli/run_facts.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr int journal_stream = 1, log_stream = 2;
constexpr auto wait_for_item = std::chrono::milliseconds(50);
constexpr auto cancel_window = std::chrono::seconds(2);
constexpr auto logs_after_end = std::chrono::seconds(2);     ///< how long the logs may come behind the run's last row
constexpr auto expectations_after = std::chrono::seconds(1); ///< short runs are not worth the questions

std::unique_ptr<Progress> progress_for(Context& context) {
    auto const& world = context.world();
    if (context.globals.quiet && context.globals.progress.empty()) return silent_progress();  // an explicit --progress is obeyed
    switch (context.progress()) {
    case ProgressMode::json: return json_progress(context.err());
    case ProgressMode::tty: {
        auto const columns = world.current_columns ? world.current_columns : [width = world.columns] { return width; };
        auto const rows = world.current_rows ? world.current_rows : [count = world.rows] { return count; };
        return tty_progress(context.err(), context.err_look(), {.columns = columns, .rows = rows, .continues = world.continues});
    }
    case ProgressMode::plain:
    case ProgressMode::automatic: break;
    }
    return plain_progress(context.err(), context.err_look());
}

/// The state of following one run.
class Follower {
public:
    Follower(Context& context, Daemon& daemon, Json const& run, FollowOptions const& options)
        : context_(context), daemon_(daemon), run_(run), options_(options), view_(run_view(run, true)), progress_(progress_for(context)),
          began_(context.now()), interrupts_seen_(context.world().interrupts()) {}

    /// The exit code when it was left before the run ended; empty when the run has ended.
    std::optional<int> follow() {
        auto feed = daemon_.feed();
        auto const base = "/v1/runs/" + std::to_string(view_.id);
        feed->follow(journal_stream, base + "/events?follow=true");
        feed->follow(log_stream, base + "/logs?follow=true");
        while (!done()) {
            auto item = feed->next(wait_for_item);
            for (int burst = 0; item && burst < 500; ++burst) {
                if (auto const code = take(*item)) return leave(*code);
                item = done() ? std::nullopt : feed->next(std::chrono::milliseconds(0));
            }
            if (item) {
                if (auto const code = take(*item)) return leave(*code);
            }
            if (auto const code = look_at_the_world()) return leave(*code);
            progress_->tick(view_, context_.now());
        }
        for (auto const& line : assembler_.rest()) show(line);
        progress_->logs_ended();
        progress_->finish(view_, context_.now());
        return std::nullopt;
    }

private:
    bool done() const { return journal_ended_ && (log_ended_ || (ended_at_ && context_.now() - *ended_at_ > logs_after_end)); }

    int leave(int code) {
        progress_->finish(view_, context_.now());
        if (left_with_) context_.fail(*left_with_);
        return code;
    }

    void show(LogLine const& line) {
        add_line(view_, line);
        progress_->line(view_, line);
    }

    std::optional<int> take(FeedItem const& item) {
        bool const is_journal = item.stream == journal_stream;
        switch (item.kind) {
        case FeedItem::Kind::event: return is_journal ? take_row(item) : take_log(item);
        case FeedItem::Kind::lost:
            if (is_journal && view_.connected) progress_->note("the daemon does not answer; the run goes on, waiting for it");
            if (is_journal) view_.connected = false;
            return std::nullopt;
        case FeedItem::Kind::ended:
            if (is_journal) {
                journal_ended_ = true;
                ended_at_ = context_.now();
            } else {
                log_ended_ = true;
            }
            return std::nullopt;
        case FeedItem::Kind::failed: break;
        }
        if (!is_journal) {  // a run can be followed without its logs
            log_ended_ = true;
            return std::nullopt;
        }
        if (options_.next) {  // a private daemon: nobody else could look on
            left_with_ = Problem{.error = *item.error, .where = {}, .why = {}, .next = {}, .document = {}};
            return exit_code_of(item.error->code);
        }
        Problem problem{.error = *item.error, .where = {}, .why = "run " + std::to_string(view_.id) + " goes on", .next = {"pawl run watch " + std::to_string(view_.id)}, .document = {}};
        left_with_ = std::move(problem);
        return exit_code_of(item.error->code);
    }

    std::optional<int> take_row(FeedItem const& item) {
        view_.connected = true;
        auto const event = journal_event(item.data);
        if (!event) return std::nullopt;
        apply(view_, *event);
        progress_->event(view_, *event);
        return std::nullopt;
    }

    std::optional<int> take_log(FeedItem const& item) {
        if (item.name == "end") {
            for (auto const& line : assembler_.rest()) show(line);
            log_ended_ = true;
            progress_->logs_ended();
        } else if (item.name == "log") {
            for (auto const& line : assembler_.take(item.data)) show(line);
        }
        return std::nullopt;
    }

    /// Signals, the time limit, and what is worth asking once the run has lasted a while.
    std::optional<int> look_at_the_world() {
        auto const now = context_.now();
        if (context_.world().terminated()) return exit_terminated;
        if (auto const code = look_at_interrupts(now)) return code;
        if (options_.wait_timeout && now - began_ >= *options_.wait_timeout && !is_final_status(view_.status)) {
            auto const id = std::to_string(view_.id);
            left_with_ = Problem{.error = make_error(code::timed_out, "run " + id + " has not ended within " + format_duration(*options_.wait_timeout)),
                                 .where = {}, .why = "the run goes on", .next = {"pawl run watch " + id, "pawl cancel " + id}, .document = {}};
            if (options_.next) {
                left_with_->why = "its running steps go on to their end; the same command with the same --state takes them over";
                left_with_->next.clear();
            }
            return exit_timed_out;
        }
        if (!asked_ && context_.progress() == ProgressMode::tty && now - began_ > expectations_after) {
            asked_ = true;
            add_expectations(daemon_, run_, view_);
        }
        return std::nullopt;
    }

    std::optional<int> look_at_interrupts(UtcTime now) {
        auto const id = std::to_string(view_.id);
        bool const window_over = asked_to_leave_at_ && now - *asked_to_leave_at_ >= cancel_window;
        if (window_over && !cancelling_) return exit_interrupted;
        int const interrupts = context_.world().interrupts();
        if (interrupts == interrupts_seen_) return std::nullopt;
        interrupts_seen_ = interrupts;
        if (!options_.may_cancel) return exit_interrupted;
        if (cancelling_) {
            if (!options_.kill_on_second || killing_) return exit_interrupted;
            killing_ = true;
            return cancel(true);
        }
        if (options_.cancel_on_interrupt || asked_to_leave_at_) return cancel(false);
        asked_to_leave_at_ = now;
        progress_->note("run " + id + " goes on; Ctrl-C again within 2 s cancels it");
        return std::nullopt;
    }

    std::optional<int> cancel(bool at_once) {
        cancelling_ = true;
        Json body;
        body.set("now", at_once);
        auto const answer = daemon_.post("/v1/runs/" + std::to_string(view_.id) + "/cancel", body);
        if (!answer && answer.error().code != code::conflict) {  // a conflict: it has ended meanwhile
            left_with_ = Problem{.error = answer.error(), .where = {}, .why = {}, .next = {}, .document = {}};
            return exit_code_of(answer.error().code);
        }
        progress_->note(at_once ? "killing run " + std::to_string(view_.id) : "cancelling run " + std::to_string(view_.id));
        return std::nullopt;
    }

    Context& context_;
    Daemon& daemon_;
    Json const& run_;
    FollowOptions const& options_;
    RunView view_;
    std::unique_ptr<Progress> progress_;
    LineAssembler assembler_;
    UtcTime began_;
    std::optional<UtcTime> asked_to_leave_at_, ended_at_;
    std::optional<Problem> left_with_;
    int interrupts_seen_ = 0;
    bool journal_ended_ = false, log_ended_ = false, cancelling_ = false, killing_ = false, asked_ = false;
};

void print_outputs(Context& context, Json const& run) {
    auto const* outputs = run.find("outputs");
    if (outputs == nullptr || !outputs->is_map() || outputs->as_map().empty()) return;
    std::vector<std::pair<std::string, std::string>> pairs;
    for (auto const& [name, value] : outputs->as_map()) pairs.emplace_back(name, printable(plain_text(value)));
    context.out() << render_pairs(context.out_look(), pairs);
}

int passthrough_code(Json const& run, int otherwise) {
    auto const* step = failed_step_of(run);
    auto const* code = step == nullptr ? nullptr : step->find("exit_code");
    if (code == nullptr || !code->is_int() || code->as_int() == 0) return otherwise;
    return static_cast<int>(code->as_int() & 0xff);
}

}  // namespace

int tell_finished_run(Context& context, Daemon& daemon, Json const& run, FollowOptions const& options) {
    auto const status = run.text("status");
    bool const json_talk = context.progress() == ProgressMode::json;
    FailureFacts facts;
    if (status == "failed" && !json_talk) facts = failure_facts(daemon, run);
    if (options.next) facts.next = options.next(run);
    if (options.is_exec) facts.has_file = false;
    if (!json_talk && !(context.globals.quiet && (status == "succeeded" || status == "skipped"))) {
        context.err() << run_summary(context.err_look(), run, facts, context.now()) << std::flush;
    }
    if (!print_object(context, run, "id")) print_outputs(context, run);
    int const code = exit_code_of_run(status, run.text("reason"), options.strict_skip, step_timed_out(run));
    return options.passthrough && status == "failed" ? passthrough_code(run, code) : code;
}

int follow_run(Context& context, Daemon& daemon, Json const& run, FollowOptions const& options) {
    Follower follower(context, daemon, run, options);
    if (auto const left = follower.follow()) return *left;
    auto const finished = daemon.get("/v1/runs/" + std::to_string(run.number("id")));
    if (!finished) return context.fail(finished.error());
    return tell_finished_run(context, daemon, *finished, options);
}

}  // namespace pawl::cli
