// HTTP requests, many at once on one thread. The only file that knows libcurl, which is loaded when the first request is made.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

struct HttpCall {
    std::string method, url;
    std::string server;             ///< host and port, for messages
    std::vector<std::string> headers;  ///< "Name: value"
    std::optional<std::string> body;
    UniqueFd file;                  ///< sent instead of `body`
    std::uint64_t file_bytes = 0;
    bool private_networks = false;  ///< may be connected to
};

/// What came of a call: an error, or an answer.
struct HttpAnswer {
    std::string error;              ///< no answer came: one sentence
    int status = 0;
    std::string phrase;             ///< "Not Found"; HTTP/2 has none
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, in the order of the answer
    std::string body;               ///< at most http_body_max bytes
    bool is_cut = false;            ///< there was more: reading was given up
    std::string peer;               ///< "127.0.0.1 port 80"; empty: never connected
    bool reused = false;            ///< the connection of an earlier request
    std::chrono::microseconds connected{}, total{};
    std::uint64_t sent = 0;         ///< bytes of the request's body
};
inline constexpr std::size_t http_body_max = 64u << 10;
inline constexpr std::size_t http_headers_max = 32u << 10;

class HttpClient {
public:
    /// Fails when there is no libcurl on this machine.
    static Result<std::unique_ptr<HttpClient>> open();
    ~HttpClient();  ///< gives up what is under way
    HttpClient(HttpClient&&) = delete;  // libcurl holds addresses of ours

    void start(std::int64_t id, HttpCall call);
    void cancel(std::int64_t id);
    /// Moves everything on as far as it goes, and returns what has ended.
    std::vector<std::pair<std::int64_t, HttpAnswer>> work();
    /// Until there is something to do, at most so long.
    void wait(std::chrono::milliseconds time);
    /// Any thread: ends wait(), or the next one.
    void wake();

    struct Transfer;  ///< of one request; for the callbacks in http_client.cpp

private:
    explicit HttpClient(void* multi);

    void* multi_;
    std::map<std::int64_t, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace pawl
