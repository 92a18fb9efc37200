// The server on a real socket: hostile, slow, greedy and half-closed clients.
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "common/base/error_codes.h"
#include "common/wire/http.h"
#include "daemon/io/loop.h"
#include "daemon/io/server.h"
#include "daemon/io/unique_fd.h"
#include "tests/catch.h"
#include "tests/unit/wire/hostile_requests.h"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/pawl-server-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

/// A server and its clients, on one thread: the loop turns while a client waits.
struct ServerBench {
    explicit ServerBench(ServerOptions options = {}, Handler handler = {}) {
        options.path = folder.path + "/s";
        if (!handler)
            handler = [this](HttpRequest request, std::shared_ptr<Exchange> exchange) {
                ++requests;
                exchange->reply(200, "text/plain", request.path);
            };
        auto made = Server::listen(loop.raw(), options, std::move(handler));
        REQUIRE(made);
        server = std::move(*made);
    }
    UniqueFd connect() {
        UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, (folder.path + "/s").c_str());
        REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        return client;
    }
    void turn() { loop.run_once(false); }
    /// Enough turns for whatever is under way: an accept, a read, a write, a close.
    void settle() {
        for (int i = 0; i < 8; ++i) turn();
    }
    void send(UniqueFd const& client, std::string_view bytes, std::size_t piece) {
        for (std::size_t at = 0; at < bytes.size();) {
            auto const sent = ::send(client.get(), bytes.data() + at, std::min(piece, bytes.size() - at), MSG_NOSIGNAL);
            turn();
            if (sent > 0) at += static_cast<std::size_t>(sent);
            else if (errno != EAGAIN) return;  // the server has had enough
        }
    }
    /// Reads until the end, or until `enough` bytes have come, or nothing comes any more.
    std::string read(UniqueFd const& client, bool& closed, std::size_t enough = SIZE_MAX, std::chrono::milliseconds patience = 1500ms) {
        std::string text;
        closed = false;
        auto const until = std::chrono::steady_clock::now() + patience;
        while (text.size() < enough && std::chrono::steady_clock::now() < until) {
            turn();
            char buffer[65536];
            auto const got = ::recv(client.get(), buffer, sizeof buffer, 0);
            if (got == 0 || (got < 0 && errno != EAGAIN)) {
                closed = true;
                break;
            }
            if (got > 0) {
                text.append(buffer, static_cast<std::size_t>(got));
                continue;
            }
            pollfd wait[] = {{client.get(), POLLIN, 0}, {uv_backend_fd(&loop.raw()), POLLIN, 0}};
            ::poll(wait, 2, 5);
        }
        return text;
    }
    Folder folder;
    Loop loop;
    std::unique_ptr<Server> server;
    int requests = 0;
};

std::vector<int> statuses_in(std::string_view text) {
    std::vector<int> out;
    for (std::size_t at = text.find("HTTP/1.1 "); at != std::string_view::npos; at = text.find("HTTP/1.1 ", at + 1))
        out.push_back(std::stoi(std::string(text.substr(at + 9, 3))));
    return out;
}

std::string const get = "GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("hostile requests get one answer and an end, whole and byte by byte", "[io][server]") {
    for (auto const& request : hostile_requests())
        for (std::size_t const piece : {request.bytes.size(), std::size_t{1}}) {
            INFO(request.name << ", " << piece << " bytes at a time");
            ServerBench bench;
            auto const client = bench.connect();
            bench.send(client, request.bytes, piece);
            bool closed = false;
            std::string const text = bench.read(client, closed, SIZE_MAX, request.stays_open ? 200ms : 1500ms);
            CHECK(statuses_in(text) == request.statuses);
            CHECK(closed == !request.stays_open);
            if (!request.stays_open) CHECK(bench.requests == 0);
        }
}

TEST_CASE("a slow head and a silent client are let go", "[io][server]") {
    ServerOptions options;
    options.head_timeout_ms = 60;
    options.idle_timeout_ms = 60;
    ServerBench bench(options);
    bool closed = false;
    auto const slow = bench.connect();
    bench.send(slow, "GET / HTTP/1.1\r\nHo", 100);
    CHECK(statuses_in(bench.read(slow, closed)) == std::vector<int>{408});
    CHECK(closed);
    auto const silent = bench.connect();
    CHECK(bench.read(silent, closed).empty());
    CHECK(closed);
}

TEST_CASE("one user has a limited number of connections, and gets them back", "[io][server]") {
    ServerOptions options;
    options.connections_per_uid_max = 3;
    ServerBench bench(options);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(bench.connect());
        bench.turn();
    }
    bool closed = false;
    auto const one_more = bench.connect();
    CHECK(statuses_in(bench.read(one_more, closed)) == std::vector<int>{503});
    CHECK(closed);
    CHECK(bench.server->connections() == 3);
    clients.clear();
    for (int i = 0; i < 10 && bench.server->connections() > 0; ++i) bench.turn();
    CHECK(bench.server->connections() == 0);
    auto const again = bench.connect();
    bench.send(again, get, 1000);
    CHECK(statuses_in(bench.read(again, closed, 1)) == std::vector<int>{200});
}

TEST_CASE("a client that only stops sending still gets its answer", "[io][server]") {
    std::shared_ptr<Exchange> waiting;
    ServerBench bench({}, [&](HttpRequest, std::shared_ptr<Exchange> exchange) { waiting = std::move(exchange); });
    auto const client = bench.connect();
    bench.send(client, get, 1000);
    ::shutdown(client.get(), SHUT_WR);
    bench.settle();
    REQUIRE(waiting);
    CHECK_FALSE(waiting->closed());
    waiting->reply(200, "text/plain", "late");
    bool closed = false;
    CHECK(statuses_in(bench.read(client, closed)) == std::vector<int>{200});
    CHECK(closed);
}

TEST_CASE("a stream hears that its client has gone", "[io][server]") {
    std::shared_ptr<Exchange> stream;
    bool told = false;
    ServerBench bench({}, [&](HttpRequest, std::shared_ptr<Exchange> exchange) {
        exchange->on_closed = [&] { told = true; };
        exchange->start(200, "text/event-stream");
        stream = std::move(exchange);
    });
    auto client = bench.connect();
    bench.send(client, get, 1000);
    bench.settle();
    REQUIRE(stream);
    client.reset();
    bench.settle();
    CHECK(told);
    CHECK(stream->closed());
    CHECK(bench.server->connections() == 0);
}

TEST_CASE("a reader that falls behind holds the stream up, and drops nothing", "[io][server]") {
    std::shared_ptr<Exchange> stream;
    bool drained = false;
    ServerBench bench({}, [&](HttpRequest, std::shared_ptr<Exchange> exchange) {
        exchange->on_drain = [&] { drained = true; };
        exchange->start(200, "text/plain");
        stream = std::move(exchange);
    });
    auto const client = bench.connect();
    bench.send(client, get, 1000);
    bench.settle();
    REQUIRE(stream);
    std::string const chunk(16u << 10, 'x');
    int written = 0;
    while (written < 1000 && stream->write(chunk)) ++written;
    CHECK(written < 100);
    std::string body;
    wire::ResponseParser parser([&](std::string_view bytes) { body += bytes; });
    bool closed = false;
    while (!drained) REQUIRE(parser.take(bench.read(client, closed, 1)));
    stream->end();
    while (!parser.complete()) REQUIRE(parser.take(bench.read(client, closed, 1)));
    CHECK(body.size() == static_cast<std::size_t>(written) * chunk.size());
}

TEST_CASE("an exchange that is dropped answers 500", "[io][server]") {
    ServerBench bench({}, [](HttpRequest, std::shared_ptr<Exchange>) {});
    auto const client = bench.connect();
    bench.send(client, get, 1000);
    bool closed = false;
    CHECK(statuses_in(bench.read(client, closed, 1)) == std::vector<int>{500});
}

TEST_CASE("the socket is private, its path short, and a living daemon is not pushed aside", "[io][server]") {
    ServerBench bench;
    struct stat made {};
    REQUIRE(::lstat((bench.folder.path + "/s").c_str(), &made) == 0);
    CHECK((made.st_mode & 0777) == 0600);
    auto const second = Server::listen(bench.loop.raw(), {.path = bench.folder.path + "/s"}, {});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == code::conflict);
    auto const long_path = Server::listen(bench.loop.raw(), {.path = "/tmp/" + std::string(103, 'x')}, {});
    REQUIRE_FALSE(long_path);
    CHECK(long_path.error().code == code::io);
}

TEST_CASE("a dead daemon's socket is replaced, a file in its place is not", "[io][server]") {
    Folder const folder;
    std::string const path = folder.path + "/s";
    {
        UniqueFd const dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    Loop loop;
    CHECK(Server::listen(loop.raw(), {.path = path}, {}));
    CHECK_FALSE(std::filesystem::exists(path));  // and it goes with its server
    UniqueFd const file(::open(path.c_str(), O_CREAT | O_WRONLY, 0600));
    auto const refused = Server::listen(loop.raw(), {.path = path}, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == code::io);
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("a closing server lets the answer under way finish", "[io][server]") {
    std::shared_ptr<Exchange> waiting;
    ServerBench bench({}, [&](HttpRequest, std::shared_ptr<Exchange> exchange) { waiting = std::move(exchange); });
    auto busy = bench.connect();
    bench.send(busy, get, 1000);
    bench.settle();
    REQUIRE(waiting);
    bool ended = false;
    bench.server->close(10'000, [&] { ended = true; });
    waiting->reply(200, "text/plain", "done");
    bool closed = false;
    CHECK(statuses_in(bench.read(busy, closed)) == std::vector<int>{200});
    CHECK(closed);
    busy.reset();
    bench.settle();
    CHECK(ended);
}
