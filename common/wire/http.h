// HTTP/1.1 messages as they lie on the wire: strict requests for the server, responses for the client. Boost.Beast is hidden in http.cpp.
// Does no input or output itself: bytes come in by take(), texts go out by append_…().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::wire {

/// Names in lower case, in the order they came; a name may come twice.
using Headers = std::vector<std::pair<std::string, std::string>>;
/// The first value under a lower-case name; empty when there is none.
std::string_view find_header(Headers const& headers, std::string_view name);

inline constexpr std::size_t request_head_max = 16u << 10;
inline constexpr std::uint64_t request_body_max = 1u << 20;

struct Request {
    std::string method;
    std::string target;                 ///< as sent: begins with '/', visible ASCII only
    Headers headers;
    std::string body;
    bool keep_alive = true;
    bool expects_continue = false;      ///< Expect: 100-continue
};

/// Why a request is not answered by what it asks for. The connection must be closed after this answer.
struct Refusal {
    int status = 400;
    std::string message;                ///< one sentence, lower case, no full stop
};

/// Reads one request after the other. Refuses whatever two readers could understand differently: a missing or second Host, folded lines, bare
/// LF, control characters, any Transfer-Encoding, a second or signed Content-Length (RFC 9112 sections 2.2, 5.2, 6.1, 6.3).
class RequestParser {
public:
    enum class State : std::uint8_t { head, body, complete, refused };
    /// How long the body may be that comes with this head; asked once its head is whole. Empty: request_body_max.
    using BodyMax = std::function<std::uint64_t(std::string_view method, std::string_view target)>;

    explicit RequestParser(BodyMax body_max = {});
    /// Takes from the front of `bytes` what belongs to this request; returns how much. Takes nothing once complete or refused.
    std::size_t take(std::string_view bytes);
    State state() const { return state_; }
    bool started() const { return state_ != State::head || !head_.empty(); }  ///< part of a request has come
    Request& request() { return request_; }                  ///< whole when complete; its head when in the body
    Refusal const& refusal() const { return refusal_; }
    /// Forgets the request; ready for the next one.
    void reset();

private:
    std::size_t take_head(std::string_view bytes);
    bool scan(char byte);
    void end_head();
    void refuse(int status, std::string message);

    BodyMax body_max_;
    State state_ = State::head;
    std::string head_;
    bool first_line_ = true, line_start_ = true, after_cr_ = false;
    std::uint64_t body_length_ = 0;
    Request request_;
    Refusal refusal_;
};

struct ResponseHead {
    int status = 0;
    Headers headers;
    bool keep_alive = true;
};

/// Reads one response; bodies by length, in chunks, or until the end of the connection.
class ResponseParser {
public:
    /// `body` is called for each piece of the body, after the head is whole. It may not destroy the parser.
    explicit ResponseParser(std::function<void(std::string_view)> body);
    ~ResponseParser();
    ResponseParser(ResponseParser&&) noexcept;

    /// Takes all of `bytes`; what follows a complete response is dropped. False: this is no HTTP response; error() tells why.
    bool take(std::string_view bytes);
    /// The connection has ended. False when the response is not whole.
    bool take_end();
    bool has_head() const;
    bool complete() const;
    ResponseHead const& head() const;
    std::string const& error() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

/// "OK", "Not Found"; "Unknown" for a number we never send.
std::string_view reason_phrase(int status);
/// Status line and headers, with the blank line. `length`: of the body; empty: chunks follow.
void append_response_head(std::string& out, int status, std::string_view content_type, std::optional<std::uint64_t> length, Headers const& more,
                          bool keep_alive);
void append_chunk(std::string& out, std::string_view bytes);  ///< an empty chunk would be the end: nothing is appended for it
void append_last_chunk(std::string& out);
/// Request line, Host, Content-Length where a body is sent, and `headers`.
std::string format_request(std::string_view method, std::string_view target, Headers const& headers, std::string_view body);

}  // namespace pawl::wire
