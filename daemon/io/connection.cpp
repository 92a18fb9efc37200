// The life of a connection: reading → waiting (for an answer) → reading … → lingering → closed.
#include "daemon/io/connection.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "common/base/assert.h"
#include "common/base/crash_point.h"
#include "common/base/json.h"
#include "common/wire/url.h"

namespace pawl {
namespace {

constexpr std::uint64_t linger_ms = 1'000;
constexpr std::size_t coalesce_max = 64u << 10;  // answers of pipelined requests leave in one write up to this

/// A write under way. Keeps its text; holds the connection weakly, since libuv calls back after a close, too.
struct WriteJob {
    uv_write_t request{};
    std::string text;
    std::weak_ptr<Connection> connection;
};

std::string problem_text(int status, std::string_view message) {
    std::string text = "{\"type\":\"about:blank\",\"title\":";
    append_json_string(text, message);
    text += ",\"status\":" + std::to_string(status) + ",\"code\":\"invalid_request\"}";
    return text;
}

}  // namespace

/// The answer's side of a connection. An exchange that dies unanswered answers 500 itself: no client waits for ever.
class ConnectionExchange final : public Exchange {
public:
    explicit ConnectionExchange(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}
    ~ConnectionExchange() override {
        if (!started_) reply(500, "application/problem+json", problem_text(500, "the request was dropped"));
        else if (auto const connection = open()) connection->close();  // without the last chunk: the client sees that it was cut
    }

    void reply(int status, std::string_view content_type, std::string body) override {
        auto const connection = open();
        if (!connection || started_) return;
        done_ = true;
        connection->answer(status, content_type, body, more_);
        connection->answered();
    }
    void start(int status, std::string_view content_type) override {
        auto const connection = open();
        if (!connection || started_) return;
        started_ = true;
        wire::append_response_head(connection->unsent_, status, content_type, std::nullopt, more_, !connection->close_after_);
        connection->flush();
    }
    bool write(std::string_view chunk) override {
        auto const connection = open();
        if (!connection) return true;  // swallowed: on_closed has told the owner
        ASSERT(started_);
        std::size_t const queued = connection->queued();
        if (queued > 0 && queued + chunk.size() > write_queue_max) {
            wants_drain_ = true;
            return false;
        }
        wire::append_chunk(connection->unsent_, chunk);
        connection->flush();
        return true;
    }
    void end() override {
        auto const connection = open();
        if (!connection || !started_) return;
        done_ = true;
        wire::append_last_chunk(connection->unsent_);
        connection->answered();
    }
    bool closed() const override { return done_ || connection_.expired() || gone_; }
    void set_header(std::string_view name, std::string_view value) override { more_.emplace_back(name, value); }

    /// The client has gone: tells the owner, once.
    void tell_closed() {
        gone_ = true;
        auto const told = std::move(on_closed);
        on_closed = {};
        on_drain = {};
        if (told) told();
    }
    void tell_drained() {
        if (!std::exchange(wants_drain_, false)) return;
        if (auto const told = on_drain) told();
    }

private:
    std::shared_ptr<Connection> open() const { return done_ || gone_ ? nullptr : connection_.lock(); }

    std::weak_ptr<Connection> connection_;
    wire::Headers more_;
    bool started_ = false, done_ = false, gone_ = false, wants_drain_ = false;
};

Connection::Connection(Host& host, UvHandle<uv_pipe_t> pipe, Identity peer)
    : host_(host), pipe_(std::move(pipe)), peer_(peer), parser_([this](std::string_view method, std::string_view target) {
          return host_.options.body_max ? host_.options.body_max(peer_, method, target) : wire::request_body_max;
      }) {
    pipe_->data = this;
}

Connection::~Connection() = default;

void Connection::start() {
    set_deadline();
    update_reading();
}

std::size_t Connection::queued() const { return unsent_.size() + uv_stream_get_write_queue_size(stream()); }

// ---- reading

void Connection::on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto* connection = static_cast<Connection*>(handle->data);
    if (connection == nullptr) return;
    std::string& shared = connection->host_.read_buffer;
    *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
}

void Connection::on_read(uv_stream_t* stream, ssize_t size, uv_buf_t const* buffer) {
    auto* connection = static_cast<Connection*>(stream->data);
    if (connection == nullptr || size == 0) return;
    auto const alive = connection->shared_from_this();
    if (size > 0) alive->take_bytes({buffer->base, static_cast<std::size_t>(size)});
    else if (size == UV_EOF) alive->take_end();
    else alive->close();
}

void Connection::take_bytes(std::string_view bytes) {
    if (phase_ == Phase::lingering || phase_ == Phase::closed) return;
    unread_ += bytes;
    pump();
}

void Connection::take_end() {
    at_end_ = true;
    is_reading_ = false;  // libuv has stopped
    if (phase_ == Phase::lingering || client_has_gone()) return close();
    // Only its sending side is closed: it still gets the answer under way.
    if (phase_ == Phase::reading && queued() == 0) close();
}

/// Tells a closed client from one that has only shut its sending side down.
bool Connection::client_has_gone() const {
    uv_os_fd_t fd = -1;
    if (uv_fileno(reinterpret_cast<uv_handle_t const*>(pipe_.get()), &fd) != 0) return true;
    pollfd state{fd, POLLOUT, 0};
    return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

/// Looks at what has come in until something is missing: bytes, an answer, or room to write.
void Connection::pump() {
    if (pumping_) return;  // an answer given inside the handler: the loop below goes on
    pumping_ = true;
    std::size_t taken = 0;
    while (phase_ == Phase::reading && taken < unread_.size()) {
        if (unsent_.size() > coalesce_max) flush();
        if (phase_ != Phase::reading || uv_stream_get_write_queue_size(stream()) > 0) break;
        taken += parser_.take(std::string_view(unread_).substr(taken));
        if (head_since_ms_ == 0 && parser_.started()) head_since_ms_ = now();
        switch (parser_.state()) {
        case wire::RequestParser::State::head: break;
        case wire::RequestParser::State::body:
            if (parser_.request().expects_continue && !std::exchange(continue_sent_, true)) unsent_ += "HTTP/1.1 100 Continue\r\n\r\n";
            break;
        case wire::RequestParser::State::complete: dispatch(); break;
        case wire::RequestParser::State::refused: refuse(parser_.refusal().status, parser_.refusal().message); break;
        }
    }
    unread_.erase(0, taken);
    pumping_ = false;
    if (phase_ == Phase::closed) return;
    flush();
    if (phase_ == Phase::closed) return;
    bool const finished = close_after_ && phase_ == Phase::reading && queued() == 0;  // finish() came while an answer was on its way
    if (finished) return close();
    set_deadline();
    update_reading();
}

void Connection::dispatch() {
    wire::Request& read = parser_.request();
    auto target = wire::parse_target(read.target);
    if (!target) return refuse(400, "the target of the request cannot be decoded");
    HttpRequest request{std::move(read.method), std::move(target->path), std::move(target->query), {}, std::move(read.body), peer_};
    for (auto& [name, value] : read.headers) {
        auto const [kept, is_new] = request.headers.emplace(std::move(name), value);
        if (!is_new) kept->second += ", " + value;
    }
    if (!read.keep_alive) close_after_ = true;
    parser_.reset();
    head_since_ms_ = 0;
    continue_sent_ = false;
    had_request_ = true;
    phase_ = Phase::waiting;
    auto const exchange = std::make_shared<ConnectionExchange>(weak_from_this());
    exchange_ = exchange;
    host_.handler(std::move(request), exchange);
}

// ---- writing

void Connection::answer(int status, std::string_view content_type, std::string_view body, wire::Headers const& more) {
    wire::append_response_head(unsent_, status, content_type, body.size(), more, !close_after_);
    unsent_ += body;
    acknowledges_ = status == 201 || status == 202;
}

/// Where a test kills the daemon, the client has the first half of an acknowledgement: it must take it for none.
void Connection::pass_half_of_acknowledgement() {
    if (!std::exchange(acknowledges_, false)) return;
    if (PAWL_CRASH_IS_NEXT("reply.half")) {
        uv_buf_t const half = uv_buf_init(unsent_.data(), static_cast<unsigned>(unsent_.size() / 2));
        (void)uv_try_write(stream(), &half, 1);
    }
    PAWL_CRASH_POINT("reply.half");
}

void Connection::refuse(int status, std::string_view message) {
    close_after_ = true;
    answer(status, "application/problem+json", problem_text(status, message), {});
    linger();
}

/// The answer is complete: on to the next request, or to the end.
void Connection::answered() {
    exchange_.reset();
    if (phase_ != Phase::waiting) return;
    phase_ = Phase::reading;
    if (close_after_) return linger();
    if (!pumping_) pump();
    if (at_end_ && phase_ == Phase::reading && queued() == 0) close();
}

/// Writes what is there at once if the socket takes it; libuv queues the rest.
void Connection::flush() {
    if (unsent_.empty() || phase_ == Phase::closed) return;
    pass_half_of_acknowledgement();
    std::string_view rest = unsent_;
    if (uv_stream_get_write_queue_size(stream()) == 0) {
        uv_buf_t const buffer = uv_buf_init(unsent_.data(), static_cast<unsigned>(unsent_.size()));
        int const written = uv_try_write(stream(), &buffer, 1);
        if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
        else if (written != UV_EAGAIN) return close();
    }
    if (!rest.empty()) {
        auto* job = new WriteJob{{}, std::string(rest), weak_from_this()};
        job->request.data = job;
        uv_buf_t const buffer = uv_buf_init(job->text.data(), static_cast<unsigned>(job->text.size()));
        int const failed = uv_write(&job->request, stream(), &buffer, 1, [](uv_write_t* request, int status) {
            std::unique_ptr<WriteJob> const ended(static_cast<WriteJob*>(request->data));
            if (auto const connection = ended->connection.lock()) connection->wrote(status);
        });
        if (failed != 0) {
            delete job;
            return close();
        }
    }
    unsent_.clear();
    set_deadline();
}

void Connection::wrote(int status) {
    if (phase_ == Phase::closed) return;
    if (status != 0) return close();
    deadline_ms_ = 0;  // the client has read something
    if (queued() > 0) return set_deadline();
    if (phase_ == Phase::waiting) {
        set_deadline();
        if (auto const exchange = exchange_.lock()) exchange->tell_drained();
        return;
    }
    if (phase_ == Phase::lingering) return;
    pump();
    if (at_end_ && phase_ == Phase::reading && queued() == 0) close();
}

/// Everything is said. Shuts the sending side down behind the answer and waits a moment for the client to close.
void Connection::linger() {
    phase_ = Phase::lingering;
    flush();
    if (phase_ == Phase::closed) return;
    auto* request = new uv_shutdown_t;
    int const failed = uv_shutdown(request, stream(), [](uv_shutdown_t* ended, int) { delete ended; });
    if (failed != 0) {
        delete request;
        return close();
    }
    if (at_end_) {
        // The client closed its side before: nothing is left to wait for but the write.
        if (uv_stream_get_write_queue_size(stream()) == 0) return close();
    }
    set_deadline();
    update_reading();
}

// ---- limits

void Connection::update_reading() {
    bool const room = phase_ == Phase::waiting ? unread_.empty()  // goes on reading to see the client leave
                                               : uv_stream_get_write_queue_size(stream()) == 0 || phase_ == Phase::lingering;
    bool const wanted = phase_ != Phase::closed && !at_end_ && room;
    if (wanted == is_reading_) return;
    is_reading_ = wanted;
    if (wanted) uv_read_start(stream(), on_allocate, on_read);
    else uv_read_stop(stream());
}

void Connection::set_deadline() {
    ServerOptions const& options = host_.options;
    std::size_t const queue = uv_stream_get_write_queue_size(stream());
    bool const stalled = queue > 0 && queued_before_ > 0 && queue >= queued_before_ && deadline_ms_ != 0;
    queued_before_ = queue;
    if (stalled) return;  // more was queued, nothing was read
    if (phase_ == Phase::lingering) deadline_ms_ = now() + (queued_before_ > 0 ? options.idle_timeout_ms : linger_ms);
    else if (queued_before_ > 0) deadline_ms_ = now() + options.idle_timeout_ms;
    else if (phase_ == Phase::waiting) deadline_ms_ = 0;
    else if (head_since_ms_ != 0 && parser_.state() == wire::RequestParser::State::head) deadline_ms_ = head_since_ms_ + options.head_timeout_ms;
    else if (head_since_ms_ != 0) deadline_ms_ = head_since_ms_ + options.head_timeout_ms + options.idle_timeout_ms;  // the body
    else deadline_ms_ = now() + (had_request_ ? options.idle_timeout_ms : options.head_timeout_ms);
}

void Connection::check_deadline(std::uint64_t now_ms) {
    if (phase_ == Phase::closed || deadline_ms_ == 0) return;
    if (uv_stream_get_write_queue_size(stream()) < queued_before_) set_deadline();
    if (now_ms < deadline_ms_) return;
    auto const alive = shared_from_this();
    if (phase_ == Phase::reading && parser_.started()) refuse(408, "the request did not come to its end in time");
    else close();
}

void Connection::finish() {
    close_after_ = true;
    if (phase_ == Phase::reading && queued() == 0) close();
}

void Connection::close() {
    if (phase_ == Phase::closed) return;
    auto const alive = shared_from_this();
    phase_ = Phase::closed;
    if (auto const exchange = exchange_.lock()) exchange->tell_closed();
    exchange_.reset();
    pipe_->data = nullptr;
    uv_read_stop(stream());
    host_.gone(*this);
}

}  // namespace pawl
