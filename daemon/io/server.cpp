// The listening socket: its path, its mode, who may connect, and how many.
#include "daemon/io/server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/io/connection.h"
#include "daemon/io/timer.h"
#include "daemon/io/unique_fd.h"
#include "daemon/io/uv_handle.h"

namespace pawl {
namespace {

Error refusal(ErrorCode code, std::string message, std::string hint = "") {
    return {code, std::move(message), std::nullopt, std::move(hint), Severity::error, {}, {}};
}

Error os_error(std::string const& what, std::string const& path) {
    return refusal(code::io, what + " '" + printable(path) + "': " + std::strerror(errno));
}

sockaddr_un address_of(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    return address;
}

/// umask is the only way to make a socket with narrow rights from its first moment on. It belongs to the whole process: bind before other
/// threads create files.
bool bind_privately(int socket, std::string const& path) {
    sockaddr_un const address = address_of(path);
    mode_t const before = ::umask(0177);
    int const failed = ::bind(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address);
    int const error_number = errno;
    ::umask(before);
    errno = error_number;
    return failed == 0;
}

/// Makes way for a new socket where a dead daemon left its own. The caller holds the lock of the state folder, so nobody else does the same.
Status remove_stale(std::string const& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return os_error("cannot look at", path);
    if (!S_ISSOCK(found.st_mode)) return refusal(code::io, "'" + printable(path) + "' is in the way and no socket", "remove it, or choose another --socket");
    UniqueFd const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un const address = address_of(path);
    int const failed = ::connect(probe.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address);
    if (failed == 0 || errno == EAGAIN)
        return refusal(code::conflict, "a daemon answers on '" + printable(path) + "' already", "pawl status tells which");
    if (errno != ECONNREFUSED) return os_error("cannot probe", path);
    if (::unlink(path.c_str()) != 0) return os_error("cannot remove the dead socket", path);
    return Done{};
}

/// The mode is set after bind only to be widened, and read back: what the file system made of it counts.
Status set_rights(ServerOptions const& options) {
    if (options.group >= 0 && ::lchown(options.path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(options.group)) != 0)
        return os_error("cannot give the group of", options.path);
    auto const wanted = static_cast<mode_t>(options.mode);
    if (wanted != 0600 && ::chmod(options.path.c_str(), wanted) != 0) return os_error("cannot set the mode of", options.path);
    struct stat made {};
    if (::lstat(options.path.c_str(), &made) != 0) return os_error("cannot look at", options.path);
    if (!S_ISSOCK(made.st_mode) || (made.st_mode & 0777) != wanted || made.st_uid != ::geteuid())
        return refusal(code::io, "the socket '" + printable(options.path) + "' did not get the mode and owner it was made with");
    return Done{};
}

Result<UniqueFd> open_listener(ServerOptions const& options) {
    if (options.activated_fd >= 0) return UniqueFd(options.activated_fd);
    if (options.path.empty() || options.path.size() >= sizeof(sockaddr_un::sun_path))
        return refusal(code::io, "the path of a socket has 1 to 107 bytes, '" + printable(options.path) + "' has " + std::to_string(options.path.size()));
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return os_error("cannot make the socket", options.path);
    bool bound = bind_privately(socket.get(), options.path);
    if (!bound && errno == EADDRINUSE) {
        if (auto removed = remove_stale(options.path); !removed) return removed.error();
        bound = bind_privately(socket.get(), options.path);
    }
    if (!bound) return os_error("cannot bind", options.path);
    if (auto set = set_rights(options); !set) {
        ::unlink(options.path.c_str());
        return set.error();
    }
    return socket;
}

class UnixServer final : public Server {
public:
    UnixServer(uv_loop_t& loop, ServerOptions options, Handler handler)
        : loop_(loop), options_(std::move(options)), handler_(std::move(handler)),
          host_{options_, handler_, [this](Connection& connection) { forget(connection); }, std::string(64u << 10, '\0')},
          clock_(loop, clock_ms(options_), [this] { check_deadlines(); }) {}

    ~UnixServer() override {
        stop_listening();
        drop_all();
    }

    Status open() {
        auto socket = open_listener(options_);
        if (!socket) return socket.error();
        auto* pipe = new uv_pipe_t;
        uv_pipe_init(&loop_, pipe, 0);
        listener_.reset(pipe);
        listener_->data = this;
        int failed = uv_pipe_open(pipe, socket->get());
        if (failed == 0) {
            (*socket).release();  // libuv owns it now
            failed = uv_listen(reinterpret_cast<uv_stream_t*>(pipe), 128, on_connection);
        }
        if (failed != 0) return refusal(code::io, "cannot listen on '" + printable(options_.path) + "': " + uv_strerror(failed));
        return Done{};
    }

    void close(std::uint64_t grace_ms, std::function<void()> closed) override {
        stop_listening();
        closed_ = std::move(closed);
        for (auto const& connection : snapshot()) connection->finish();
        if (connections_.empty()) grace_ms = 0;
        // The grace timer also tells `closed`, so that it is never called from inside this call.
        auto* timer = new uv_timer_t;
        uv_timer_init(&loop_, timer);
        timer->data = this;
        grace_.reset(timer);
        uv_timer_start(
            timer,
            [](uv_timer_t* handle) {
                if (auto* server = static_cast<UnixServer*>(handle->data)) server->end_grace();
            },
            grace_ms, 0);
    }

    std::size_t connections() const override { return connections_.size(); }

private:
    /// Deadlines are looked at this often; fine enough for the shortest of them.
    static std::uint64_t clock_ms(ServerOptions const& options) {
        return std::clamp<std::uint64_t>(std::min(options.head_timeout_ms, options.idle_timeout_ms) / 8, 5, 1'000);
    }

    /// Out of descriptors, libuv gives up its spare one, accepts, closes, and takes the spare back: the client sees an end, we do not spin.
    static void on_connection(uv_stream_t* listener, int status) {
        auto* server = static_cast<UnixServer*>(listener->data);
        if (server != nullptr && status == 0) server->accept();
    }

    void accept() {
        UvHandle<uv_pipe_t> pipe;
        {
            auto* made = new uv_pipe_t;
            uv_pipe_init(&loop_, made, 0);
            pipe.reset(made);
        }
        if (uv_accept(reinterpret_cast<uv_stream_t*>(listener_.get()), reinterpret_cast<uv_stream_t*>(pipe.get())) != 0) return;
        auto const peer = peer_of(*pipe);
        if (!peer) return;  // no credentials, no service
        // Whoever has no say here must not keep those out who have: a user's worth of places is theirs alone.
        bool const stranger = peer->uid != 0 && peer->uid != ::geteuid();
        std::size_t const kept = stranger ? std::min(options_.connections_per_uid_max, options_.connections_max) : 0;
        if (connections_.size() >= options_.connections_max - kept) return turn_away(*pipe, "the daemon has as many connections as it takes");
        if (of_uid(peer->uid) >= options_.connections_per_uid_max) return turn_away(*pipe, "you have as many connections as one user may have");
        auto const connection = std::make_shared<Connection>(host_, std::move(pipe), *peer);
        connections_.insert(connection);
        ++per_uid_[peer->uid];
        connection->start();
    }

    static std::optional<Identity> peer_of(uv_pipe_t const& pipe) {
        uv_os_fd_t fd = -1;
        ucred credentials{};
        socklen_t size = sizeof credentials;
        if (uv_fileno(reinterpret_cast<uv_handle_t const*>(&pipe), &fd) != 0) return std::nullopt;
        if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials) return std::nullopt;
        return Identity{credentials.uid, credentials.gid, credentials.pid};
    }

    /// Says why, as far as the socket takes it at once, and closes.
    static void turn_away(uv_pipe_t& pipe, std::string_view why) {
        std::string body = "{\"type\":\"about:blank\",\"title\":\"" + std::string(why) + "\",\"status\":503,\"code\":\"unavailable\"}";
        std::string text;
        wire::append_response_head(text, 503, "application/problem+json", body.size(), {}, false);
        text += body;
        uv_buf_t const buffer = uv_buf_init(text.data(), static_cast<unsigned>(text.size()));
        uv_try_write(reinterpret_cast<uv_stream_t*>(&pipe), &buffer, 1);
    }

    std::size_t of_uid(std::uint32_t uid) const {
        auto const found = per_uid_.find(uid);
        return found == per_uid_.end() ? 0 : found->second;
    }

    void forget(Connection& connection) {
        auto const found = connections_.find(connection.shared_from_this());
        if (found == connections_.end()) return;
        connections_.erase(found);
        if (auto const count = per_uid_.find(connection.peer().uid); --count->second == 0) per_uid_.erase(count);
        if (closed_ && connections_.empty() && grace_) uv_timer_start(grace_.get(), grace_->timer_cb, 0, 0);
    }

    /// Closing one changes the set, so walks go over a copy.
    std::vector<std::shared_ptr<Connection>> snapshot() const { return {connections_.begin(), connections_.end()}; }
    void check_deadlines() {
        for (auto const& connection : snapshot()) connection->check_deadline(uv_now(&loop_));
    }
    void drop_all() {
        for (auto const& connection : snapshot()) connection->close();
    }

    /// The name goes first, so that nobody finds a socket that no one listens to. A socket of systemd's stays.
    void stop_listening() {
        if (!listener_) return;
        if (options_.activated_fd < 0) ::unlink(options_.path.c_str());
        listener_.reset();
    }

    void end_grace() {
        drop_all();
        auto const told = std::exchange(closed_, {});
        if (told) told();
    }

    uv_loop_t& loop_;
    ServerOptions options_;
    Handler handler_;
    Connection::Host host_;
    std::set<std::shared_ptr<Connection>> connections_;
    std::map<std::uint32_t, std::size_t> per_uid_;
    UvHandle<uv_pipe_t> listener_;
    UvHandle<uv_timer_t> grace_;
    std::function<void()> closed_;
    RepeatingTimer clock_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(uv_loop_t& loop, ServerOptions options, Handler handler) {
    auto server = std::make_unique<UnixServer>(loop, std::move(options), std::move(handler));
    if (auto opened = server->open(); !opened) return opened.error();
    return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace pawl
