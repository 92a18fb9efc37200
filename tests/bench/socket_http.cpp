#include "tests/bench/socket_http.h"

#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

void fail(std::string const& what) {
    std::fprintf(stderr, "bench: %s\n", what.c_str());
    std::exit(1);
}

int connect_to(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) fail("the socket's path is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail(std::strerror(errno));
    if (::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
}

Connection::Connection(std::string path) : fd_(connect_to(path)) {
    if (fd_ < 0) fail("nobody listens on " + path);
}
Connection::~Connection() { ::close(fd_); }

Answer Connection::get(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: pawl\r\n\r\n");
    return receive();
}

Answer Connection::post(std::string_view target, std::string_view body) {
    send("POST " + std::string(target) + " HTTP/1.1\r\nHost: pawl\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    return receive();
}

Answer Connection::follow(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: pawl\r\nAccept: text/event-stream\r\n\r\n");
    return receive();
}

void Connection::send(std::string_view request) {
    while (!request.empty()) {
        ssize_t const sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) fail("the daemon closed the connection");
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool Connection::fill() {
    char chunk[65536];
    ssize_t got = 0;
    do got = ::recv(fd_, chunk, sizeof chunk, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return true;
}

std::string Connection::take_line() {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill()) fail("the answer ends too early");
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
}

std::string Connection::take(std::size_t bytes) {
    while (buffer_.size() < bytes) {
        if (!fill()) fail("the answer ends too early");
    }
    std::string part = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return part;
}

Answer Connection::receive() {
    Answer answer;
    std::string const first = take_line();  // HTTP/1.1 200 OK
    answer.status = std::atoi(first.c_str() + (first.size() > 9 ? 9 : 0));
    std::size_t length = 0;
    bool chunked = false;
    for (std::string line = take_line(); !line.empty(); line = take_line()) {
        if (::strncasecmp(line.c_str(), "content-length:", 15) == 0) length = std::strtoul(line.c_str() + 15, nullptr, 10);
        if (::strncasecmp(line.c_str(), "transfer-encoding: chunked", 26) == 0) chunked = true;
    }
    if (!chunked) {
        answer.body = take(length);
        return answer;
    }
    for (;;) {
        std::size_t const size = std::strtoul(take_line().c_str(), nullptr, 16);
        answer.body += take(size);
        take_line();  // behind each chunk, and behind the last (empty) one
        if (size == 0) return answer;
    }
}

}  // namespace bench
