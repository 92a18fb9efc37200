// One connection to the daemon and the patience around it. Every wait is a poll() with a deadline; signals only shorten it.
#include "cli/client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>

#include "common/base/error_codes.h"
#include "common/base/json.h"
#include "common/base/text.h"

namespace pawl {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t answer_max = 64u << 20;
constexpr auto stream_silence_max = std::chrono::seconds(60);  // the daemon pings every 15 s
constexpr auto connect_time_max = std::chrono::seconds(5);     // a full backlog

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    void reset(int fd = -1) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }
    int get() const { return fd_; }

private:
    int fd_ = -1;
};

/// The uid of the user `pawl`, if there is one. Read by hand: getpwnam() in a static program needs shared libraries at run time.
std::optional<uid_t> uid_of_pawl() {
    std::ifstream passwd("/etc/passwd");
    for (std::string line; std::getline(passwd, line);) {
        auto const fields = split(line, ':');
        if (fields.size() < 3 || fields[0] != "pawl") continue;
        std::string const number(fields[2]);
        return static_cast<uid_t>(std::strtoul(number.c_str(), nullptr, 10));
    }
    return std::nullopt;
}

bool may_be_the_daemon(uid_t uid) { return uid == 0 || uid == ::geteuid() || uid_of_pawl() == uid; }

int milliseconds_until(Clock::time_point deadline) {
    auto const left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

/// What stands between a request and its answer, with the two facts that decide about another try.
struct Trouble {
    Client::Failure failure = Client::Failure::other;
    Error error;
};

Trouble trouble(Client::Failure failure, ErrorCode code, std::string message, std::string hint = "") {
    return {failure, Error{code, std::move(message), std::nullopt, std::move(hint), Severity::error, {}, {}}};
}

ErrorCode code_named(std::string_view name) {
    for (ErrorCode known : code::all)
        if (known.name == name) return known;
    return code::protocol;
}

}  // namespace

struct Client::Core {
    std::string path;
    Descriptor socket;
    Failure failure = Failure::none;
    bool cut = false;
    bool met = false;  ///< this client has been connected before: the daemon exists, so it is worth waiting for

    Error fail(Trouble trouble) {
        failure = trouble.failure;
        socket.reset();
        return std::move(trouble.error);
    }

    std::optional<Trouble> open();
    std::optional<Trouble> check_peer() const;
    Trouble explain_connect(int error_number) const;
    bool is_stale() const;

    struct Exchange;
    std::optional<Trouble> run(Exchange& exchange);
    Result<ApiAnswer> run_patiently(ApiRequest const& request, StreamCalls const* calls);
};

Trouble Client::Core::explain_connect(int error_number) const {
    std::string const at = "'" + printable(path) + "'";
    switch (error_number) {
    case ENOENT:
    case ENOTDIR: return trouble(Failure::no_socket, code::unavailable, "there is no socket at " + at, "is pawld running? pawl daemon start");
    case ECONNREFUSED: return trouble(Failure::nothing_listens, code::unavailable, "nothing listens on " + at, "is pawld running? pawl daemon start");
    case EACCES:
    case EPERM: return trouble(Failure::not_permitted, code::unavailable, "not permitted to use " + at, "the socket belongs to another user");
    default: return trouble(Failure::other, code::unavailable, "cannot connect to " + at + ": " + std::strerror(error_number));
    }
}

/// Nothing is sent before this is known: another user may have put a socket in the daemon's place.
std::optional<Trouble> Client::Core::check_peer() const {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return explain_connect(errno);
    if (may_be_the_daemon(peer.uid)) return std::nullopt;
    return trouble(Failure::wrong_owner, code::unavailable,
                   "the daemon at '" + printable(path) + "' belongs to uid " + std::to_string(peer.uid) + ", neither to you, root nor pawl",
                   "somebody else may have made this socket; nothing was sent");
}

std::optional<Trouble> Client::Core::open() {
    if (socket.get() >= 0) return std::nullopt;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return trouble(Failure::path_too_long, code::unavailable, "the path of the socket is longer than 107 bytes: '" + printable(path) + "'");
    std::memcpy(address.sun_path, path.data(), path.size());
    auto const deadline = Clock::now() + connect_time_max;
    while (true) {
        socket.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (socket.get() < 0) return explain_connect(errno);
        if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) break;
        bool const backlog_full = errno == EAGAIN || errno == EINTR;
        if (!backlog_full || Clock::now() >= deadline) return explain_connect(errno);
        std::this_thread::sleep_for(milliseconds(5));
    }
    auto problem = check_peer();
    if (!problem) met = true;
    return problem;
}

/// A kept connection that the daemon has closed meanwhile, or on which it said something unasked.
bool Client::Core::is_stale() const {
    char byte = 0;
    auto const got = ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/// One try: a request going out and an answer coming in, possibly at the same time (a refusal may come before the body is sent).
struct Client::Core::Exchange {
    Exchange(ApiRequest const& request_, StreamCalls const* calls_, std::string text_)
        : request(request_), calls(calls_), text(std::move(text_)), parser([this](std::string_view bytes) { take_body(bytes); }) {}

    ApiRequest const& request;
    StreamCalls const* calls;   ///< null: the body is kept
    std::string text;           ///< the request as sent
    std::size_t sent = 0;
    wire::ResponseParser parser;
    std::string body;
    bool enough = false;        ///< a callback wants no more
    bool too_long = false;

    bool streams() const { return calls != nullptr && parser.has_head() && parser.head().status < 300; }
    void take_body(std::string_view bytes) {
        if (enough) return;
        if (streams()) {
            if (calls->bytes && !calls->bytes(bytes)) enough = true;
        } else if (body.size() + bytes.size() > answer_max) {
            too_long = true;
        } else {
            body += bytes;
        }
    }
    ApiAnswer answer() && { return {parser.head().status, parser.head().headers, std::move(body)}; }
    Duration silence_max() const { return streams() ? Duration(stream_silence_max) : request.timeout; }
    bool tick_says_stop() const { return calls != nullptr && calls->tick && !calls->tick(); }
};

std::optional<Trouble> Client::Core::run(Exchange& exchange) {
    auto lost = [&](std::string const& how) {
        cut = true;
        return trouble(Failure::lost, code::unavailable, "the connection to the daemon was lost: " + how, "the daemon goes on, or starts again: try once more");
    };
    auto last_heard = Clock::now();
    bool send_failed = false;
    while (!exchange.parser.complete() && !exchange.enough) {
        bool const sending = exchange.sent < exchange.text.size() && !send_failed;
        auto const silent_at = last_heard + exchange.silence_max();
        int wait_ms = milliseconds_until(silent_at);
        if (exchange.calls != nullptr && exchange.calls->tick)
            wait_ms = std::min<int>(wait_ms, static_cast<int>(std::chrono::ceil<milliseconds>(exchange.calls->tick_every).count()));
        pollfd poll_for{socket.get(), static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), 0};
        int const ready = ::poll(&poll_for, 1, wait_ms);
        if (ready <= 0 || exchange.streams()) {
            if (exchange.tick_says_stop()) {
                exchange.enough = true;
                break;
            }
        }
        if (ready <= 0) {
            if (Clock::now() < silent_at) continue;
            if (exchange.streams()) return lost("it said nothing for a minute");
            return trouble(Failure::timed_out, code::timed_out, "the daemon did not answer within " + format_duration(exchange.request.timeout));
        }
        if ((poll_for.revents & POLLOUT) != 0 && sending) {
            auto const wrote = ::send(socket.get(), exchange.text.data() + exchange.sent, exchange.text.size() - exchange.sent, MSG_NOSIGNAL);
            if (wrote > 0) {
                exchange.sent += static_cast<std::size_t>(wrote);
                last_heard = Clock::now();
            } else if (wrote < 0 && errno != EAGAIN && errno != EINTR) {
                send_failed = true;  // an answer that refuses the request may still lie there
            }
        }
        if ((poll_for.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
        char buffer[65536];
        auto const got = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) {
            if (exchange.parser.take_end()) break;
            return lost(got < 0 ? std::strerror(errno) : "it was closed before the answer was whole");
        }
        last_heard = Clock::now();
        if (!exchange.parser.take({buffer, static_cast<std::size_t>(got)}))
            return trouble(Failure::protocol, code::protocol, "what answers at '" + printable(path) + "' speaks no HTTP: " + exchange.parser.error());
        if (exchange.too_long) return trouble(Failure::protocol, code::protocol, "the answer is longer than 64 MiB");
    }
    bool const reusable = exchange.parser.complete() && exchange.sent == exchange.text.size() && exchange.parser.head().keep_alive && !exchange.enough;
    if (!reusable) socket.reset();
    return std::nullopt;
}

Result<ApiAnswer> Client::Core::run_patiently(ApiRequest const& request, StreamCalls const* calls) {
    wire::Headers headers = request.headers;
    if (!request.idempotency_key.empty()) headers.emplace_back("Idempotency-Key", request.idempotency_key);
    if (!request.body.empty()) headers.emplace_back("Content-Type", "application/json");
    bool const repeatable = request.method == "GET" || !request.idempotency_key.empty();
    auto const give_up_at = Clock::now() + request.repeat_for;
    bool const met_before = met;
    failure = Failure::none;
    cut = false;
    for (auto pause = milliseconds(20);; pause = std::min(pause * 2, milliseconds(500))) {
        if (socket.get() >= 0 && is_stale()) socket.reset();
        auto problem = open();
        bool delivered = false;  // a part of a stream was: only its owner knows how to go on
        if (!problem) {
            Exchange exchange(request, calls, wire::format_request(request.method, request.target, headers, request.body));
            problem = run(exchange);
            delivered = exchange.streams();
            if (!problem || delivered) {
                if (problem) fail(std::move(*problem));
                return std::move(exchange).answer();
            }
        }
        bool const comes_back = problem->failure == Failure::lost ||
                                (met && (problem->failure == Failure::no_socket || problem->failure == Failure::nothing_listens));
        bool const worth_it = repeatable && comes_back && (met_before || met);
        if (!worth_it || Clock::now() + pause >= give_up_at) return fail(std::move(*problem));
        socket.reset();
        auto const go_on_at = Clock::now() + pause;
        while (Clock::now() < go_on_at) {
            if (calls != nullptr && calls->tick && !calls->tick()) return fail(std::move(*problem));
            ::poll(nullptr, 0, std::min(milliseconds_until(go_on_at), 100));
        }
    }
}

Client::Client(std::string socket_path) : core_(std::make_unique<Core>()) { core_->path = std::move(socket_path); }
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

bool Client::cut() const { return core_->cut; }
Client::Failure Client::failure() const { return core_->failure; }
std::string const& Client::path() const { return core_->path; }

Status Client::connect() {
    core_->failure = Failure::none;
    if (auto problem = core_->open()) return core_->fail(std::move(*problem));
    return Done{};
}

Result<ApiAnswer> Client::call(ApiRequest const& request) { return core_->run_patiently(request, nullptr); }

Result<ApiAnswer> Client::get(std::string target) {
    ApiRequest request;
    request.target = std::move(target);
    return call(request);
}

Result<ApiAnswer> Client::stream(ApiRequest const& request, StreamCalls const& calls) { return core_->run_patiently(request, &calls); }

Result<ApiAnswer> Client::events(ApiRequest const& request, std::function<bool(wire::SseEvent const&)> on_event, std::function<bool()> tick) {
    wire::SseParser parser;
    bool enough = false;
    StreamCalls calls;
    calls.bytes = [&](std::string_view bytes) {
        enough = !parser.take(bytes, on_event);
        return !enough;
    };
    calls.tick = [&] {
        enough = enough || (tick && !tick());
        return !enough;
    };
    ApiRequest asked = request;
    auto give_up_at = Clock::time_point::max();
    while (true) {
        auto answer = core_->run_patiently(asked, &calls);
        bool const again = answer ? (cut() || (answer->status == 503 && give_up_at != Clock::time_point::max())) : false;
        if (!again || enough) return answer;
        bool const was_a_stream = answer->ok();
        if (was_a_stream) give_up_at = Clock::now() + request.repeat_for;
        if (Clock::now() >= give_up_at) return answer;
        if (!was_a_stream) std::this_thread::sleep_for(milliseconds(100));  // started, but not yet ready
        parser.restart();
        asked = request;
        if (!parser.last_id().empty()) {
            std::erase_if(asked.headers, [](auto const& header) { return header.first == "last-event-id"; });
            asked.headers.emplace_back("last-event-id", parser.last_id());
        }
    }
}

std::string new_idempotency_key() {
    unsigned char random[16];
    while (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    }
    static constexpr char digits[] = "0123456789abcdef";
    std::string key;
    for (unsigned char byte : random) {
        key += digits[byte >> 4];
        key += digits[byte & 15];
    }
    return key;
}

Error error_of(ApiAnswer const& answer) {
    auto const problem = parse_json(answer.body, {.bytes_max = answer_max});
    if (!problem || !problem->is_map() || !answer.content_type().starts_with("application/problem+json"))
        return {code::protocol, "the daemon answered with status " + std::to_string(answer.status), std::nullopt, "", Severity::error, {}, {}};
    std::string message = problem->text("title");
    if (std::string const detail = problem->text("detail"); !detail.empty()) message += ": " + detail;
    return {code_named(problem->text("code")), std::move(message), std::nullopt, problem->text("hint"), Severity::error, {}, {}};
}

}  // namespace pawl
