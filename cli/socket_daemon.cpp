// Daemon over the Unix socket: requests on one connection, each followed stream on a connection and a thread of its own.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/client.h"
#include "cli/daemon.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

/// How long a followed stream waits for a daemon that restarts.
constexpr auto restart_wait = std::chrono::minutes(2);
constexpr auto retry_pause_max = std::chrono::milliseconds(500);

class SocketFeed final : public Feed {
public:
    SocketFeed(std::string socket, Duration timeout) : socket_(std::move(socket)), timeout_(timeout) {}
    ~SocketFeed() override {
        {
            std::lock_guard const lock(mutex_);
            closing_ = true;
        }
        changed_.notify_all();
        for (auto& reader : readers_) reader.join();
    }

    void follow(int stream, std::string const& path) override {
        readers_.emplace_back([this, stream, path] { read(stream, path); });
    }

    std::optional<FeedItem> next(std::chrono::milliseconds wait) override {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, wait, [&] { return !items_.empty(); });
        if (items_.empty()) return std::nullopt;
        auto item = std::move(items_.front());
        items_.pop_front();
        changed_.notify_all();
        return item;
    }

private:
    static constexpr std::size_t items_max = 4096;  ///< then the reader waits, and with it the daemon

    void put(FeedItem item) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closing_ || items_.size() < items_max; });
        items_.push_back(std::move(item));
        changed_.notify_all();
    }
    bool closing() {
        std::lock_guard const lock(mutex_);
        return closing_;
    }
    void pause(std::chrono::milliseconds span) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, span, [&] { return closing_; });
    }

    void read(int stream, std::string const& path) {
        std::string last_id;
        auto pause_length = std::chrono::milliseconds(20);
        auto give_up = std::chrono::steady_clock::now() + restart_wait;
        bool told = false;
        while (!closing()) {
            Client client(socket_);
            ApiRequest request{.method = "GET", .target = path, .headers = {{"accept", "text/event-stream"}}, .body = {}, .idempotency_key = {}, .timeout = timeout_, .repeat_for = Duration::zero()};
            if (!last_id.empty()) request.headers.emplace_back("last-event-id", last_id);
            bool got_any = false;
            auto const answer = client.events(
                request,
                [&](wire::SseEvent const& event) {
                    got_any = true;
                    last_id = event.id;
                    put({.kind = FeedItem::Kind::event, .stream = stream, .id = event.id, .name = event.name, .data = event.data});
                    return !closing();
                },
                [&] { return !closing(); });
            if (answer && !client.cut()) {
                if (answer->ok()) put({.kind = FeedItem::Kind::ended, .stream = stream});
                else put({.kind = FeedItem::Kind::failed, .stream = stream, .error = error_of(*answer)});
                return;
            }
            if (got_any) {
                give_up = std::chrono::steady_clock::now() + restart_wait;
                pause_length = std::chrono::milliseconds(20);
                told = false;
            }
            if (std::chrono::steady_clock::now() > give_up) {
                auto error = answer ? Error{.code = code::unavailable, .message = "the connection to the daemon was lost", .where = {}, .hint = {}} : answer.error();
                put({.kind = FeedItem::Kind::failed, .stream = stream, .error = std::move(error)});
                return;
            }
            if (!told && !closing()) put({.kind = FeedItem::Kind::lost, .stream = stream});
            told = true;
            pause(pause_length);
            pause_length = std::min(pause_length * 2, std::chrono::milliseconds(retry_pause_max));
        }
    }

    std::string socket_;
    Duration timeout_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<FeedItem> items_;
    bool closing_ = false;
    std::vector<std::thread> readers_;
};

class SocketDaemon final : public Daemon {
public:
    SocketDaemon(Client client, Duration timeout) : client_(std::move(client)), timeout_(timeout) {}

    Result<Json> request(std::string_view method, std::string const& path, Json const& body) override {
        auto text = request_text(method, path, body.is_null() ? "" : dump_json(body), "application/json");
        if (!text) return text.error();
        if (text->empty()) return Json();
        auto json = parse_json(*text, {.bytes_max = 64u << 20, .depth_max = 128});
        if (!json) return Error{.code = code::protocol, .message = "the daemon's answer is not JSON: " + json.error().message, .where = {}, .hint = {}};
        return json;
    }

    Result<std::string> request_text(std::string_view method, std::string const& path, std::string const& body, std::string_view accept) override {
        problem_ = Json();
        ApiRequest request{.method = std::string(method), .target = path, .headers = {}, .body = body, .idempotency_key = {}, .timeout = timeout_};
        if (!accept.empty()) request.headers.emplace_back("accept", std::string(accept));
        if (method != "GET") request.idempotency_key = new_idempotency_key();
        auto answer = client_.call(request);
        if (!answer) return answer.error();
        if (answer->ok()) return std::move(answer->body);
        if (auto problem = parse_json(answer->body, {.bytes_max = 16u << 20, .depth_max = 64}); problem && problem->is_map()) problem_ = *problem;
        return error_of(*answer);
    }

    Status stream(std::string const& path, std::string_view accept, std::function<Status(std::string_view)> const& piece) override {
        ApiRequest request{.method = "GET", .target = path, .headers = {{"accept", std::string(accept)}}, .body = {}, .idempotency_key = {}, .timeout = timeout_};
        Status taken = Done{};
        StreamCalls calls;
        calls.bytes = [&](std::string_view bytes) {
            taken = piece(bytes);
            return static_cast<bool>(taken);
        };
        auto const answer = client_.stream(request, calls);
        if (!answer) return answer.error();
        if (!answer->ok()) return error_of(*answer);
        if (taken && client_.cut()) return Error{.code = code::unavailable, .message = "the connection to the daemon was lost", .where = {}, .hint = {}};
        return taken;
    }

    std::unique_ptr<Feed> feed() override { return std::make_unique<SocketFeed>(client_.path(), timeout_); }
    Json const& last_problem() const override { return problem_; }
    std::string const& socket() const override { return client_.path(); }

private:
    Client client_;
    Duration timeout_;
    Json problem_;
};

}  // namespace

Result<std::unique_ptr<Daemon>> connect_to_daemon(std::string const& socket, Duration timeout) {
    Client client(socket);
    if (auto const connected = client.connect(); !connected) return connected.error();
    return std::unique_ptr<Daemon>(std::make_unique<SocketDaemon>(std::move(client), timeout));
}

}  // namespace pawl::cli
