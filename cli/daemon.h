// What commands ask of a daemon. socket_daemon.cpp speaks to a real one through client.h; tests put a fake in its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"

namespace pawl::cli {

/// One thing that a followed stream had to tell.
struct FeedItem {
    enum class Kind : std::uint8_t {
        event,        ///< id, name, data
        ended,        ///< the daemon has ended the stream
        lost,         ///< the connection broke; it is being repaired
        failed,       ///< for good: `error`
    };
    Kind kind = Kind::event;
    int stream = 0;   ///< as given to follow()
    std::string id = {}, name = {}, data = {};
    std::optional<Error> error = {};
};

/// Several event streams (text/event-stream), read as one. A stream that breaks is asked for again behind its last event, so that nothing is
/// lost or doubled, while the daemon restarts. Destroying the feed ends its streams.
class Feed {
public:
    virtual ~Feed() = default;
    virtual void follow(int stream, std::string const& path) = 0;
    /// The next item; nothing when `wait` has passed without one.
    virtual std::optional<FeedItem> next(std::chrono::milliseconds wait) = 0;
};

class Daemon {
public:
    virtual ~Daemon() = default;
    /// The body of a 2xx answer. Changing requests carry an Idempotency-Key and are repeated when their answer was lost.
    virtual Result<Json> request(std::string_view method, std::string const& path, Json const& body) = 0;
    /// An answer as it is, for logs, `api` and other things that need not be JSON. `accept` empty: anything.
    virtual Result<std::string> request_text(std::string_view method, std::string const& path, std::string const& body, std::string_view accept) = 0;
    /// The bytes of an answer, piece by piece, however long it is. An error of `piece` ends it.
    virtual Status stream(std::string const& path, std::string_view accept, std::function<Status(std::string_view)> const& piece) {
        Result<std::string> const whole = request_text("GET", path, "", accept);
        return whole ? piece(*whole) : Status(whole.error());
    }
    virtual std::unique_ptr<Feed> feed() = 0;
    /// The problem+json of the last refusal; null when there was none.
    virtual Json const& last_problem() const = 0;
    virtual std::string const& socket() const = 0;

    Result<Json> get(std::string const& path) { return request("GET", path, Json()); }
    Result<Json> post(std::string const& path, Json const& body) { return request("POST", path, body); }
};

/// The daemon on that socket, connected. `timeout`: for the begin of an answer.
Result<std::unique_ptr<Daemon>> connect_to_daemon(std::string const& socket, Duration timeout);

}  // namespace pawl::cli
