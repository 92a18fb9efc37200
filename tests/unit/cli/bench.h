// A command line without a process: streams in strings, a clock that stands, a daemon that answers by a table.
#pragma once

#include <deque>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/context.h"
#include "common/base/error_codes.h"

namespace pawl::cli::test {

struct FakeAnswers {
    std::map<std::string, std::string> ok;                ///< "GET /v1/ping" → body
    std::map<std::string, std::string> problems;          ///< the same, → problem+json
    std::map<std::string, std::deque<FeedItem>> streams;  ///< path → items, then the end
    std::vector<std::string> asked;                       ///< "POST /v1/runs {…}"
    std::function<void(Duration)> passes;                 ///< moves the bench's clock while nothing comes
};

class FakeFeed final : public Feed {
public:
    explicit FakeFeed(FakeAnswers& answers) : answers_(answers) {}
    void follow(int stream, std::string const& path) override {
        auto items = answers_.streams[path];
        for (auto& item : items) item.stream = stream;
        queues_.push_back({stream, std::move(items)});
    }
    std::optional<FeedItem> next(std::chrono::milliseconds wait) override {
        if (paused_ > 0) {
            if (wait.count() > 0) --paused_;
            if (answers_.passes) answers_.passes(wait);
            return std::nullopt;
        }
        for (auto& queue : queues_) {
            if (!queue.items.empty()) {
                auto item = queue.items.front();
                queue.items.pop_front();
                if (item.kind == FeedItem::Kind::event && item.name == "pause") {
                    paused_ = std::stoi(item.data);
                    return std::nullopt;
                } else {
                    if (item.kind == FeedItem::Kind::ended) queue.ended = true;
                    return item;
                }
            }
            if (!queue.ended && queue.items.empty()) {
                queue.ended = true;
                FeedItem end;
                end.kind = FeedItem::Kind::ended;
                end.stream = queue.stream;
                return end;
            }
        }
        if (answers_.passes) answers_.passes(wait);
        return std::nullopt;
    }

private:
    struct Queue {
        int stream;
        std::deque<FeedItem> items;
        bool ended = false;
    };
    FakeAnswers& answers_;
    std::vector<Queue> queues_;
    int paused_ = 0;  ///< looks that find nothing
};

class FakeDaemon final : public Daemon {
public:
    explicit FakeDaemon(FakeAnswers& answers) : answers_(answers) {}
    Result<Json> request(std::string_view method, std::string const& path, Json const& body) override {
        auto text = request_text(method, path, body.is_null() ? "" : dump_json(body), "");
        if (!text) return text.error();
        return *parse_json(*text);
    }
    Result<std::string> request_text(std::string_view method, std::string const& path, std::string const& body, std::string_view) override {
        problem_ = Json();
        auto const key = std::string(method) + " " + path;
        answers_.asked.push_back(key + (body.empty() ? "" : " " + body));
        if (auto const found = answers_.ok.find(key); found != answers_.ok.end()) return found->second;
        auto const refused = answers_.problems.find(key);
        problem_ = *parse_json(refused != answers_.problems.end() ? refused->second : R"({"title":"there is no such thing","status":404,"code":"not_found"})");
        return make_error(code_named(problem_.text("code")), problem_.text("title"), problem_.text("hint"));
    }
    std::unique_ptr<Feed> feed() override { return std::make_unique<FakeFeed>(answers_); }
    Json const& last_problem() const override { return problem_; }
    std::string const& socket() const override { return socket_; }

private:
    FakeAnswers& answers_;
    Json problem_;
    std::string socket_ = "/tmp/fake.sock";
};

struct CliBench {
    FakeAnswers daemon;
    std::map<std::string, std::string> env{{"LANG", "C.UTF-8"}, {"TERM", "xterm"}, {"PAWL_SOCKET", "/tmp/fake.sock"}};
    UtcTime now = *parse_utc("2026-11-24T02:31:07Z");
    bool reachable = true, tty = false;
    std::size_t columns = 80;
    std::string input;
    std::deque<int> interrupts;  ///< counts to tell, one a look
    std::string out, err;

    int run(std::vector<std::string> const& words) {
        ::setenv("TZ", "UTC", 1);
        std::istringstream in(input);
        std::ostringstream out_stream, err_stream;
        daemon.passes = [this](Duration span) { now += span; };
        int told = 0;
        World world{.in = in, .out = out_stream, .err = err_stream, .in_is_tty = tty, .out_is_tty = tty, .err_is_tty = tty, .columns = columns, .rows = 24,
                    .env = [this](std::string_view name) -> std::optional<std::string> {
                        auto const found = env.find(std::string(name));
                        return found == env.end() ? std::nullopt : std::optional(found->second);
                    },
                    .now = [this] { return now; },
                    .connect = [this](std::string const& socket, Duration) -> Result<std::unique_ptr<Daemon>> {
                        if (!reachable) return make_error(code::unavailable, "there is no socket at '" + socket + "'");
                        return std::unique_ptr<Daemon>(std::make_unique<FakeDaemon>(daemon));
                    },
                    .interrupts = [this, told]() mutable {
                        if (!interrupts.empty()) {
                            told = interrupts.front();
                            interrupts.pop_front();
                        }
                        return told;
                    },
                    .terminated = [] { return false; },
                    .current_columns = [this] { return columns; }};
        Context context(std::move(world));
        int const code = run_pawl(context, words);
        out = out_stream.str();
        err = err_stream.str();
        return code;
    }
};

inline FeedItem stream_event(std::string name, std::string data) {
    FeedItem item;
    item.name = std::move(name);
    item.data = std::move(data);
    return item;
}
/// One row of the journal; `second` behind 02:31:07.
inline FeedItem row(int seq, int second, std::string const& kind, std::string const& step = "", int attempt = 0, std::string const& data = "{}") {
    auto const at = format_utc(*parse_utc("2026-11-24T02:31:07Z") + std::chrono::seconds(second));
    return stream_event(kind, "{\"seq\":" + std::to_string(seq) + ",\"at\":\"" + at + "\",\"kind\":\"" + kind + "\"" + (step.empty() ? "" : ",\"step\":\"" + step + "\"") +
                                  (attempt > 0 ? ",\"attempt\":" + std::to_string(attempt) : "") + ",\"data\":" + data + "}");
}
inline FeedItem log(std::string const& step, std::string const& text, int attempt = 1) {
    Json data;
    data.set("step", step);
    data.set("attempt", attempt);
    data.set("stream", "stdout");
    data.set("at", "2026-11-24T02:31:08Z");
    data.set("text", text);
    return stream_event("log", dump_json(data));
}

/// Compares with tests/unit/cli/approved/NAME; with PAWL_APPROVE=1 writes it instead.
bool approved(std::string const& name, std::string const& text);

/// The run of the design: dump, compress (fails with 70), upload, a handler and a finally.
std::string failed_run_json();
std::string nightly_yaml();

}  // namespace pawl::cli::test
