// A keep-alive HTTP/1.1 client on a Unix socket for the benchmarks: as little as will do, so that the server is what is measured.
#pragma once

#include <string>
#include <string_view>

namespace bench {

struct Answer {
    int status = 0;
    std::string body;
};

/// One connection. Ends the program with a message on any failure: a benchmark that goes on after one measures nothing.
class Connection {
public:
    explicit Connection(std::string path);
    ~Connection();
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    Answer get(std::string_view target);
    Answer post(std::string_view target, std::string_view body);
    /// Reads a chunked stream to its end; returns all of it.
    Answer follow(std::string_view target);

private:
    void send(std::string_view request);
    Answer receive();
    bool fill();  ///< false at the end of the stream
    std::string take_line();
    std::string take(std::size_t bytes);

    int fd_;
    std::string buffer_;
};

/// A connected socket, or -1 when nobody listens yet.
int connect_to(std::string const& path);
[[noreturn]] void fail(std::string const& what);

}  // namespace bench
