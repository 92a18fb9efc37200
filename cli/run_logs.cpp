// pawl logs: what steps wrote, over attempts and restarts of the daemon.
#include <regex.h>

#include <memory>
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/render/formats.h"
#include "cli/render/log_text.h"
#include "cli/render/run_summary.h"
#include "cli/render/run_view.h"
#include "cli/render/when.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct LogOptions {
    std::string run = "last", step, grep, stream;
    std::optional<std::int64_t> tail;
    bool follow = false, timestamps = false, raw = false;
};

/// An extended regular expression of POSIX, as grep -E takes it.
class Pattern {
public:
    static Result<Pattern> compile(std::string const& text) {
        Pattern pattern;
        if (text.empty()) return pattern;
        auto* const compiled = new regex_t{};
        if (::regcomp(compiled, text.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
            delete compiled;
            return make_error(code::usage, "--grep '" + text + "' is no regular expression", "as for grep -E");
        }
        pattern.compiled_ = std::shared_ptr<regex_t>(compiled, [](regex_t* regex) {
            ::regfree(regex);
            delete regex;
        });
        return pattern;
    }
    bool matches(std::string const& line) const { return !compiled_ || ::regexec(compiled_.get(), line.c_str(), 0, nullptr, 0) == 0; }

private:
    std::shared_ptr<regex_t> compiled_;
};

/// Prints lines the way the options ask for.
class LogPrinter {
public:
    LogPrinter(Context& context, LogOptions const& options, Pattern pattern, std::size_t label_width)
        : context_(context), options_(options), pattern_(std::move(pattern)), label_width_(label_width) {}

    void print(LogLine const& line) {
        if (!options_.stream.empty() && line.stream != options_.stream) return;
        if (!pattern_.matches(line.text)) return;
        auto& out = context_.out();
        switch (context_.format()) {
        case OutputFormat::json:
        case OutputFormat::yaml:
        case OutputFormat::csv: items_.push_back(as_json(line)); return;
        case OutputFormat::jsonl: out << dump_json(as_json(line)) << '\n'; return;
        default: break;
        }
        auto const& look = context_.out_look();
        if (options_.timestamps) out << painted(look, Paint::dim, local_full_text(format_utc(line.at))) << ' ';
        if (label_width_ > 0) out << painted(look, Paint::cyan, pad_right(line.step, label_width_)) << painted(look, Paint::dim, look.ascii ? " | " : " │ ");
        out << (options_.raw ? line.text : log_text(look, line.text)) << '\n';
    }
    void cut(Json const& data) {
        auto const bytes = data.number("bytes", data.number("dropped"));
        if (!context_.machine_readable()) context_.say("… " + (bytes > 0 ? std::to_string(bytes) + " bytes" : "a part") + " of the log of " + data.text("step") + " was dropped: it had reached its limit …");
    }
    void end() {
        auto const format = context_.format();
        if (format == OutputFormat::csv) context_.out() << dump_csv({"step", "attempt", "stream", "at", "text"}, items_);
        if (format != OutputFormat::json && format != OutputFormat::yaml) return;
        Json list;
        list.set("schema_version", 1);
        list.set("items", std::move(items_));
        context_.out() << (format == OutputFormat::json ? dump_json_pretty(list) + "\n" : dump_yaml(list));
    }

private:
    static Json as_json(LogLine const& line) {
        Json json;
        json.set("step", line.step);
        json.set("attempt", line.attempt);
        json.set("stream", line.stream);
        json.set("at", format_utc(line.at));
        json.set("text", line.text);
        return json;
    }

    Context& context_;
    LogOptions const& options_;
    Pattern pattern_;
    std::size_t label_width_;
    JsonList items_;
};

/// Width of the names in front of the lines; 0 when all lines are of one step.
std::size_t label_width(Json const& run, LogOptions const& options) {
    if (!options.step.empty() || options.raw) return 0;
    std::size_t width = 0, count = 0;
    if (auto const* steps = run.find("steps"); steps != nullptr && steps->is_list()) {
        for (auto const& step : steps->as_list()) {
            if (step.number("attempts") == 0 && !options.follow) continue;
            width = std::max(width, display_width(step.text("id")));
            ++count;
        }
    }
    return count > 1 ? width : 0;
}

/// Bytes as the step wrote them.
int print_raw(Context& context, Daemon& daemon, Json const& run, StepTarget const& target) {
    auto path = "/v1/runs/" + std::to_string(run.number("id")) + "/logs";
    add_query(path, "step", target.step);
    if (target.attempt > 0) add_query(path, "attempt", std::to_string(target.attempt));
    auto const bytes = daemon.request_text("GET", path, "", "application/octet-stream");
    if (!bytes) return context.fail(bytes.error());
    context.out() << *bytes << std::flush;
    return exit_done;
}

/// `upload#1` of a step that ran for items: they have the attempts.
std::optional<Error> attempt_of_items(Json const& run, StepTarget const& target) {
    auto const* steps = run.find("steps");
    if (target.attempt == 0 || steps == nullptr || !steps->is_list()) return std::nullopt;
    for (auto const& step : steps->as_list()) {
        if (!step.text("id").starts_with(target.step + "[")) continue;
        return make_error(code::usage, "step '" + target.step + "' ran once an item, and each item has attempts of its own",
                          "for example '" + step.text("id") + "#" + std::to_string(target.attempt) + "', or " + target.step + " for the logs of all");
    }
    return std::nullopt;
}

std::optional<int> read_stream(Context& context, Feed& feed, LogPrinter& printer, LogOptions const& options) {
    LineAssembler assembler;
    std::optional<int> left_with;
    bool told = false;
    while (context.out()) {
        if (context.world().terminated()) return exit_terminated;
        if (context.world().interrupts() > 0) return exit_interrupted;
        auto const item = feed.next(std::chrono::milliseconds(50));
        if (!item) {
            if (options.follow) context.out() << std::flush;
            continue;
        }
        if (item->kind == FeedItem::Kind::failed) {
            left_with = context.fail(*item->error);
            break;
        }
        if (item->kind == FeedItem::Kind::ended || item->name == "end") break;
        if (item->kind == FeedItem::Kind::lost) {
            if (!told) context.say("the daemon does not answer; waiting for it");
            told = true;
            continue;
        }
        told = false;
        if (item->name == "cut") {
            auto const data = parse_json(item->data);
            if (data) printer.cut(*data);
            continue;
        }
        if (item->name != "log") continue;
        for (auto const& line : assembler.take(item->data)) printer.print(line);
    }
    for (auto const& line : assembler.rest()) printer.print(line);
    return left_with;
}

int logs(Context& context, LogOptions const& options) {
    auto const pattern = Pattern::compile(options.grep);
    if (!pattern) return context.fail(pattern.error());
    auto const target = parse_step(options.step);
    if (!target) return context.fail(target.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const run = find_run(**daemon, options.run);
    if (!run) return context.fail(run.error());
    if (!target->step.empty() && step_of(*run, target->step) == nullptr) return context.fail(no_such_step(*run, target->step));
    if (auto wrong = attempt_of_items(*run, *target)) return context.fail(*wrong);
    bool const as_bytes = options.raw && !target->step.empty() && !options.follow && !options.tail && options.grep.empty() && options.stream.empty();
    if (as_bytes) return print_raw(context, **daemon, *run, *target);

    auto const id = std::to_string(run->number("id"));
    auto path = "/v1/runs/" + id + "/logs";
    add_query(path, "step", target->step);
    if (target->attempt > 0) add_query(path, "attempt", std::to_string(target->attempt));
    // A search needs the whole log: then the last N matches are not the matches in the last N lines, and the client cannot tell beforehand.
    if (options.tail) add_query(path, "tail", std::to_string(*options.tail));
    if (options.follow) add_query(path, "follow", "true");
    LogPrinter printer(context, options, *pattern, label_width(*run, options));
    auto feed = (*daemon)->feed();
    feed->follow(0, path);
    auto const left = read_stream(context, *feed, printer, options);
    printer.end();
    context.out() << std::flush;
    if (left) return *left;
    if (!options.follow) return exit_done;
    auto const ended = (*daemon)->get("/v1/runs/" + id);
    if (!ended) return context.fail(ended.error());
    return is_final_status(ended->text("status")) ? exit_code_of_run(ended->text("status"), ended->text("reason"), false, step_timed_out(*ended)) : exit_done;
}

Command make_logs(std::string path) {
    auto const options = std::make_shared<LogOptions>();
    std::vector<Example> examples{{"pawl " + path + " 812 compress -f", "as it is written"}, {"pawl " + path + " last -n 50 --grep 'error|warn'", ""}, {"pawl " + path + " 812 compress#1 --raw > log", "bytes of the first attempt"}};
    return {
        .path = std::move(path),
        .summary = "Show what steps wrote",
        .text = "Control characters are escaped and colours kept on a terminal, unless --raw. With -f it ends with the run, and with\n"
                "the run's code.",
        .arguments = {{.name = "RUN", .doc = "a run, or last (the default)", .into = &options->run, .required = false, .completes = Completes::runs},
                      {.name = "STEP", .doc = "one step, or step#attempt", .into = &options->step, .required = false, .completes = Completes::steps}},
        .options = {{.names = "-f,--follow", .doc = "go on until the run has ended", .into = &options->follow},
                    {.names = "-n,--tail", .value = "N", .doc = "only the last N lines", .into = &options->tail},
                    {.names = "--timestamps", .doc = "when each line was written", .into = &options->timestamps},
                    {.names = "--grep", .value = "REGEX", .doc = "only lines that match, as for grep -E", .into = &options->grep},
                    {.names = "--stream", .value = "NAME", .doc = "one stream", .into = &options->stream, .choices = {"stdout", "stderr"}, .completes = Completes::choices},
                    {.names = "--raw", .doc = "as it was written, control characters too", .into = &options->raw}},
        .examples = std::move(examples),
        .run = [options](Context& context) { return logs(context, *options); },
    };
}

}  // namespace

Command logs_command() { return make_logs("logs"); }
Command run_logs_command() { return make_logs("run logs"); }

}  // namespace pawl::cli
