// Asks the daemon over its Unix socket: blocking, plain POSIX, one connection that is opened when it is needed and reopened when it was lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/wire/http.h"
#include "common/wire/sse.h"

namespace pawl {

/// What is asked. The content type of a body is application/json.
struct ApiRequest {
    std::string method = "GET";
    std::string target;                  ///< "/v1/runs?limit=5", percent-encoded (wire/url.h)
    wire::Headers headers;               ///< beyond Host, Content-*; for example {"accept", "application/x-ndjson"}
    std::string body;                    ///< JSON text; empty: none
    std::string idempotency_key;         ///< new_idempotency_key() for whatever changes something
    Duration timeout = std::chrono::seconds(10);  ///< longest silence before the answer begins, and within a body that is no stream
    /// How long a connection that broke before the answer was whole is opened anew and the request repeated, with back-off (20 ms … 500 ms).
    /// Only for GET and for requests with an idempotency_key. 0: not at all.
    Duration repeat_for = std::chrono::seconds(30);
};

struct ApiAnswer {
    int status = 0;
    wire::Headers headers;
    std::string body;                    ///< empty after stream()
    std::string_view content_type() const { return wire::find_header(headers, "content-type"); }
    bool ok() const { return status >= 200 && status < 300; }
};

/// Called while a stream or a long answer is awaited.
struct StreamCalls {
    std::function<bool(std::string_view)> bytes;  ///< a piece of a body with status 2xx; false: enough
    std::function<bool()> tick;                   ///< at least every `tick_every`, and when a signal interrupted the wait; false: enough
    Duration tick_every = std::chrono::milliseconds(100);
};

/// 128 random bits in hexadecimal.
std::string new_idempotency_key();

/// One client, one thread. Errors:
/// - code::unavailable, before anything was sent: "there is no socket at '…'", "nothing listens on '…'", "not permitted to use '…'",
///   "the daemon at '…' belongs to uid 1000, neither to you, root nor pawl"; failure() tells them apart for the three next commands.
/// - code::unavailable, later: the connection was lost and not regained within `repeat_for`.
/// - code::timed_out: no answer within `timeout`. code::protocol: what came is no HTTP response.
/// A status ≥ 400 is an answer, not an error: see error_of().
class Client {
public:
    enum class Failure : std::uint8_t { none, no_socket, nothing_listens, not_permitted, wrong_owner, path_too_long, lost, timed_out, protocol, other };

    explicit Client(std::string socket_path);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// Opens the connection and checks the daemon's uid; the other calls do so themselves.
    Status connect();
    /// The whole answer, at most 64 MiB of it.
    Result<ApiAnswer> call(ApiRequest const& request);
    Result<ApiAnswer> get(std::string target);
    /// The body goes to `calls.bytes` piece by piece. A stream that was cut is not resumed here: the caller asks anew behind what it has (see
    /// cut()). A status ≥ 300 is returned with its body, as by call().
    Result<ApiAnswer> stream(ApiRequest const& request, StreamCalls const& calls);
    /// The same for text/event-stream. `on_event` false: enough. The connection is repaired within `request.repeat_for` after each loss: asked
    /// anew with Last-Event-ID of the last event, so that nothing is lost or doubled. Ends when the daemon ends the stream.
    Result<ApiAnswer> events(ApiRequest const& request, std::function<bool(wire::SseEvent const&)> on_event, std::function<bool()> tick = {});

    /// The last stream() ended because the connection was lost, not because the daemon or a callback ended it.
    bool cut() const;
    Failure failure() const;             ///< of the last error
    std::string const& path() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

/// The problem of an answer with status ≥ 400 as an Error (code, message, hint; code::protocol when the body is no problem+json). The
/// diagnostics of a problem stay in the body: `diagnostics`, each in the shape of yaml::to_json.
Error error_of(ApiAnswer const& answer);

}  // namespace pawl
