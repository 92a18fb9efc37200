// One client on the socket: reads requests, hands over one at a time, writes its answer. Its limits are in ServerOptions; it never blocks.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/wire/http.h"
#include "daemon/io/server.h"
#include "daemon/io/uv_handle.h"

namespace pawl {

inline constexpr std::size_t write_queue_max = 256u << 10;

/// Pipelined requests wait: the next one is looked at when the answer before it has left. After a refusal nothing more is answered; what
/// still comes is read and thrown away for a second, because closing with unread bytes would turn the answer into a reset.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// What the connection needs of its server; both outlive it.
    struct Host {
        ServerOptions const& options;
        Handler const& handler;
        std::function<void(Connection&)> gone;  ///< called once, when it is closed; the server then forgets it
        std::string read_buffer;                ///< shared: what is read is used up before the next read
    };

    Connection(Host& host, UvHandle<uv_pipe_t> pipe, Identity peer);
    ~Connection();
    Connection(Connection&&) = delete;

    void start();
    Identity const& peer() const { return peer_; }
    /// Closes when its time is up. `now_ms`: uv_now().
    void check_deadline(std::uint64_t now_ms);
    /// The server ends: closes at once when idle, else after the answer under way.
    void finish();
    void close();

private:
    friend class ConnectionExchange;
    enum class Phase : std::uint8_t { reading, waiting, lingering, closed };

    static void on_allocate(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
    static void on_read(uv_stream_t* stream, ssize_t size, uv_buf_t const* buffer);
    void take_bytes(std::string_view bytes);
    void take_end();
    void pump();
    void dispatch();
    void answer(int status, std::string_view content_type, std::string_view body, wire::Headers const& more);
    void refuse(int status, std::string_view message);
    void answered();
    void pass_half_of_acknowledgement();
    void flush();
    void wrote(int status);
    void linger();
    void update_reading();
    void set_deadline();
    std::size_t queued() const;
    bool client_has_gone() const;
    std::uint64_t now() const { return uv_now(pipe_->loop); }
    uv_stream_t* stream() const { return reinterpret_cast<uv_stream_t*>(pipe_.get()); }

    Host& host_;
    UvHandle<uv_pipe_t> pipe_;
    Identity peer_;
    wire::RequestParser parser_;
    Phase phase_ = Phase::reading;
    std::string unread_;                              ///< came in, not yet looked at
    std::string unsent_;                              ///< to be written by the next flush()
    std::weak_ptr<class ConnectionExchange> exchange_;  ///< of the request that waits for its answer
    std::uint64_t deadline_ms_ = 0;                   ///< 0: none
    std::uint64_t head_since_ms_ = 0;                 ///< 0: no part of a request has come
    std::size_t queued_before_ = 0;                   ///< at the last look: less means that the client reads
    bool pumping_ = false, is_reading_ = false, at_end_ = false, continue_sent_ = false;
    bool acknowledges_ = false;  ///< what is to be written says that something was accepted
    bool close_after_ = false;                        ///< no further request: the client or the server wants to end
    bool had_request_ = false;
};

}  // namespace pawl
