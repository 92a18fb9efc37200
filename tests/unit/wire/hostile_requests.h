// The requests on which HTTP servers have disagreed, and the only answers that are right: tried on the parser and on a real socket.
#pragma once

#include <string>
#include <vector>

struct HostileRequest {
    std::string name, bytes;
    std::vector<int> statuses;  ///< of all answers, in order
    bool stays_open = false;
};

inline std::vector<HostileRequest> hostile_requests() {
    std::string const get = "GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n";
    std::string const post = "POST /v1/runs HTTP/1.1\r\nHost: a\r\n";
    std::string five;
    for (int i = 0; i < 5; ++i) five += get;
    return {
        {"length and chunked, a request behind", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get, {400}},
        {"chunked only, a request behind", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get, {411}},
        {"two lengths", post + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", {400}},
        {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", {400}},
        {"folded header", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", {400}},
        {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", {400}},
        {"control character", "GET / HTTP/1.1\r\nHost: a\r\nA: b\x01c\r\n\r\n", {400}},
        {"signed length", post + "Content-Length: +3\r\n\r\nabc", {400}},
        {"no host", "GET / HTTP/1.1\r\n\r\n", {400}},
        {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", {400}},
        {"a header of 100,000 bytes", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(100'000, 'x') + "\r\n\r\n", {431}},
        {"five requests in one write", five, {200, 200, 200, 200, 200}, true},
    };
}
