// The HTTP/1.1 server on the Unix socket: connections, limits, peer credentials. Knows nothing of what is asked.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/wire/http.h"
#include "daemon/core/event.h"

namespace pawl {

/// A whole request, and who sent it.
struct HttpRequest {
    std::string method;
    std::string path;                                ///< decoded, without the query
    std::map<std::string, std::string> query;        ///< decoded
    std::map<std::string, std::string> headers;      ///< names in lower case
    std::string body;
    Identity peer;
};

/// One request waiting for its answer. Shared by whoever will answer; outlives its connection harmlessly. Loop thread only.
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual void reply(int status, std::string_view content_type, std::string body) = 0;  ///< once; later calls are ignored
    /// A stream (SSE, NDJSON, log bytes) instead of a reply: head first, then chunks (chunked transfer), then end().
    virtual void start(int status, std::string_view content_type) = 0;
    /// False when the reader is more than 256 KiB behind: call again after `on_drain`. Nothing was queued then.
    virtual bool write(std::string_view chunk) = 0;
    virtual void end() = 0;
    virtual bool closed() const = 0;                 ///< the client has gone
    /// A further header of the coming reply() or start(): `Allow`, `Cache-Control`. No line ends.
    virtual void set_header(std::string_view name, std::string_view value) = 0;
    std::function<void()> on_drain, on_closed;       ///< set by the stream's owner; cleared after on_closed
};
using Handler = std::function<void(HttpRequest, std::shared_ptr<Exchange>)>;

struct ServerOptions {
    std::string path;                                ///< at most 107 bytes
    int mode = 0600;                                 ///< of the socket
    int activated_fd = -1;                           ///< listening socket handed over by systemd; then `path` is only a name
    std::size_t connections_max = 256, connections_per_uid_max = 64;
    std::uint64_t head_timeout_ms = 10'000, idle_timeout_ms = 60'000;
    std::int64_t group = -1;                         ///< gid of the socket; -1: left as it is
    /// How long a body may be; empty: 1 MiB for everybody. Asked when the head of a request is whole.
    std::function<std::uint64_t(Identity const&, std::string_view method, std::string_view target)> body_max = {};
};

/// Listens from construction to close(). Fails with code::io, or conflict when a daemon answers on that path.
class Server {
public:
    static Result<std::unique_ptr<Server>> listen(uv_loop_t& loop, ServerOptions options, Handler handler);
    virtual ~Server() = default;
    /// Accepts no more; ends idle connections, lets started answers finish (at most `grace_ms`), then calls `closed`.
    virtual void close(std::uint64_t grace_ms, std::function<void()> closed) = 0;
    virtual std::size_t connections() const = 0;
};

}  // namespace pawl
