// Server-sent events and URLs: written, and read back in any pieces.
#include "common/wire/sse.h"
#include "common/wire/url.h"
#include "tests/catch.h"

#include <vector>

using namespace pawl::wire;

TEST_CASE("an event stream is read back however it is cut", "[wire][sse]") {
    std::string text;
    append_sse_event(text, "7", "run.started", "{\"a\":1}");
    append_sse_comment(text, "ping");
    append_sse_event(text, "8", "log", "one\ntwo\r\nthree\rfour");
    std::vector<SseEvent> const expected{{"7", "run.started", "{\"a\":1}"}, {"8", "log", "one\ntwo\nthree\nfour"}};
    for (std::size_t const piece : {1u, 2u, 5u, 1000u}) {
        SseParser parser;
        std::vector<SseEvent> seen;
        for (std::size_t at = 0; at < text.size(); at += piece)
            parser.take(std::string_view(text).substr(at, piece), [&](SseEvent const& event) { return seen.push_back(event), true; });
        CHECK(seen == expected);
        CHECK(parser.last_id() == "8");
    }
}

TEST_CASE("a half-read event does not move the last id", "[wire][sse]") {
    SseParser parser;
    auto const ignore = [](SseEvent const&) { return true; };
    parser.take("id: 1\nevent: a\ndata: x\n\nid: 2\nevent: b\ndata: y\n", ignore);
    CHECK(parser.last_id() == "1");
    parser.restart();
    CHECK(parser.last_id() == "1");
}

TEST_CASE("targets are decoded strictly", "[wire][url]") {
    auto const target = parse_target("/v1/runs?filter=a%3D%27b%27+%26&limit=5");
    REQUIRE(target);
    CHECK(target->path == "/v1/runs");
    CHECK(target->query.at("filter") == "a='b' &");
    CHECK(target->query.at("limit") == "5");
    for (char const* bad : {"v1", "/a%2Fb", "/a%00", "/a%", "/a%4", "/a%zz", "/a?x=1&x=2", "/a%ff"}) {
        INFO(bad);
        CHECK_FALSE(parse_target(bad));
    }
    CHECK(percent_decode(percent_encode("ä/ +%&=?")) == "ä/ +%&=?");
}
