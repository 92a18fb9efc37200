// The texts that go out: heads, chunks, requests.
#include <array>
#include <charconv>

#include "common/base/assert.h"
#include "common/wire/http.h"

namespace pawl::wire {
namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
    std::array<char, 24> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    ASSERT(value.find_first_of("\r\n") == std::string_view::npos);  // would split the response
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

}  // namespace

std::string_view find_header(Headers const& headers, std::string_view name) {
    for (auto const& header : headers)
        if (header.first == name) return header.second;
    return {};
}

std::string_view reason_phrase(int status) {
    switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
    }
}

void append_response_head(std::string& out, int status, std::string_view content_type, std::optional<std::uint64_t> length, Headers const& more,
                          bool keep_alive) {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += reason_phrase(status);
    out += "\r\n";
    if (!content_type.empty()) append_header(out, "Content-Type", content_type);
    if (length) {
        out += "Content-Length: ";
        append_number(out, *length);
        out += "\r\n";
    } else {
        out += "Transfer-Encoding: chunked\r\n";
    }
    for (auto const& header : more) append_header(out, header.first, header.second);
    if (!keep_alive) out += "Connection: close\r\n";
    out += "\r\n";
}

void append_chunk(std::string& out, std::string_view bytes) {
    if (bytes.empty()) return;
    append_number(out, bytes.size(), 16);
    out += "\r\n";
    out += bytes;
    out += "\r\n";
}

void append_last_chunk(std::string& out) { out += "0\r\n\r\n"; }

std::string format_request(std::string_view method, std::string_view target, Headers const& headers, std::string_view body) {
    std::string out;
    out.reserve(256 + body.size());
    out += method;
    out += ' ';
    out += target;
    out += " HTTP/1.1\r\nHost: pawl\r\n";
    for (auto const& header : headers) append_header(out, header.first, header.second);
    if (!body.empty() || (method != "GET" && method != "HEAD")) {
        out += "Content-Length: ";
        append_number(out, body.size());
        out += "\r\n";
    }
    out += "\r\n";
    out += body;
    return out;
}

}  // namespace pawl::wire
