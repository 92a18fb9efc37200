// HTTP messages: what is read, what is refused, whole and byte by byte.
#include "common/wire/http.h"

#include <random>

#include "tests/catch.h"
#include "tests/unit/wire/hostile_requests.h"

using namespace pawl::wire;

namespace {

/// The statuses a server would answer, when the bytes come in pieces of this size.
std::vector<int> statuses(std::string_view bytes, std::size_t piece) {
    RequestParser parser;
    std::vector<int> out;
    for (std::size_t at = 0; at < bytes.size();) {
        std::string_view const part = bytes.substr(at, piece);
        std::size_t const taken = parser.take(part);
        at += taken;
        if (parser.state() == RequestParser::State::refused) {
            out.push_back(parser.refusal().status);
            return out;
        }
        if (parser.state() == RequestParser::State::complete) {
            out.push_back(200);
            parser.reset();
        }
        REQUIRE((taken > 0 || parser.state() == RequestParser::State::head));
    }
    return out;
}

}  // namespace

TEST_CASE("hostile requests are refused alike, whole and byte by byte", "[wire][http]") {
    for (auto const& request : hostile_requests()) {
        INFO(request.name);
        CHECK(statuses(request.bytes, request.bytes.size()) == request.statuses);
        CHECK(statuses(request.bytes, 1) == request.statuses);
        CHECK(statuses(request.bytes, 7) == request.statuses);
    }
}

TEST_CASE("a request comes out as it was sent", "[wire][http]") {
    RequestParser parser;
    std::string const text = "POST /v1/runs?x=1 HTTP/1.1\r\nHost: pawl\r\nX-Odd: a:b\r\nContent-Length: 5\r\n\r\nhelloGET";
    CHECK(parser.take(text) == text.size() - 3);
    REQUIRE(parser.state() == RequestParser::State::complete);
    CHECK(parser.request().method == "POST");
    CHECK(parser.request().target == "/v1/runs?x=1");
    CHECK(find_header(parser.request().headers, "x-odd") == "a:b");
    CHECK(parser.request().body == "hello");
    CHECK(parser.request().keep_alive);
}

TEST_CASE("a body over the limit of its route is refused before it is read", "[wire][http]") {
    RequestParser parser([](std::string_view, std::string_view target) { return target == "/big" ? 100u : 10u; });
    parser.take("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    CHECK(parser.refusal().status == 413);
    parser.reset();
    parser.take("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
    CHECK(parser.state() == RequestParser::State::body);
}

TEST_CASE("a head may have 16 KiB and not a byte more", "[wire][http]") {
    std::string const begin = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
    std::string const fits = begin + std::string(request_head_max - begin.size() - 4, 'x') + "\r\n\r\n";
    CHECK(statuses(fits, fits.size()) == std::vector<int>{200});
    std::string const long_by_one = begin + std::string(request_head_max - begin.size() - 3, 'x') + "\r\n\r\n";
    CHECK(statuses(long_by_one, 1) == std::vector<int>{431});
    CHECK(statuses(long_by_one, long_by_one.size()) == std::vector<int>{431});
}

TEST_CASE("mutated requests are understood alike however they are cut", "[wire][http]") {
    std::mt19937 random(4711);
    auto const seeds = hostile_requests();
    for (int i = 0; i < 500; ++i) {
        std::string bytes = seeds[random() % seeds.size()].bytes.substr(0, 400);
        for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
        INFO(i);
        CHECK(statuses(bytes, bytes.size()) == statuses(bytes, 1));
    }
}

TEST_CASE("a response is read by length, in chunks, and to the end", "[wire][http]") {
    auto const read = [](std::string_view text, std::size_t piece, bool ends) {
        std::string body;
        ResponseParser parser([&](std::string_view bytes) { body += bytes; });
        for (std::size_t at = 0; at < text.size(); at += piece) REQUIRE(parser.take(text.substr(at, piece)));
        if (ends) CHECK(parser.take_end());
        CHECK(parser.complete());
        return body;
    };
    std::string chunked;
    append_response_head(chunked, 200, "text/plain", std::nullopt, {}, true);
    append_chunk(chunked, "hello ");
    append_chunk(chunked, "world");
    append_last_chunk(chunked);
    std::string plain;
    append_response_head(plain, 200, "text/plain", 11, {}, true);
    plain += "hello world";
    for (std::size_t const piece : {1u, 3u, 1000u}) {
        CHECK(read(chunked, piece, false) == "hello world");
        CHECK(read(plain, piece, false) == "hello world");
        CHECK(read("HTTP/1.1 200 OK\r\n\r\nhello world", piece, true) == "hello world");
    }
}

TEST_CASE("a response that breaks off is not whole", "[wire][http]") {
    ResponseParser parser([](std::string_view) {});
    REQUIRE(parser.take("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
    CHECK_FALSE(parser.take_end());
}
