// Requests against a real server: what is sent, what is refused, and that nothing is sent twice.
#include <chrono>

#include "common/base/json.h"
#include "daemon/work/http_client.h"
#include "daemon/work/http_request.h"
#include "tests/unit/work/work_bench.h"

using namespace pawl;
using namespace pawl::test;

namespace {

std::string answer(std::string const& status, std::string const& body, std::string const& fields = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
}

Json request(std::string const& method, std::string const& url, bool may_be_private = true, JsonList headers = {}) {
    return JsonMap{{"method", method}, {"url", url}, {"private", may_be_private}, {"headers", Json(std::move(headers))}, {"expect", JsonList{}}};
}

HttpAnswer sent(HttpClient& client, Json const& what) {
    client.start(1, read_http_order(what).call);
    for (;;) {
        auto ended = client.work();
        if (!ended.empty()) return std::move(ended.front().second);
        client.wait(std::chrono::seconds(10));
    }
}

std::unique_ptr<HttpClient> opened() {
    auto client = HttpClient::open();
    REQUIRE(client);
    return std::move(*client);
}

WorkReport judged(HttpAnswer const& what, std::string& said, std::vector<std::pair<int, int>> expect = {}) {
    LogBench bench;
    HttpOrder order;
    order.expect = std::move(expect);
    WorkReport report = judge_answer(what, order, bench.log);
    said = bench.said();
    return report;
}

}  // namespace

TEST_CASE("an answer is read with its fields, in lower case", "[work][http]") {
    auto const client = opened();
    Server const server({answer("201 Created", "hello", "X-A: b\r\nX-Empty:\r\n")});
    HttpAnswer const found = sent(*client, request("POST", server.url("/x?y=z"), true, {Json(JsonList{"X-Sent", "v"}), Json(JsonList{"X-Nothing", ""})}));
    CHECK(found.error == "");
    CHECK(found.status == 201);
    CHECK(found.phrase == "Created");
    CHECK(found.body == "hello");
    CHECK(found.headers == std::vector<std::pair<std::string, std::string>>{{"content-length", "5"}, {"x-a", "b"}, {"x-empty", ""}});
    REQUIRE(server.seen().size() == 1);
    std::string const header = server.seen().at(0);
    CHECK(header.starts_with("POST /x?y=z HTTP/1.1\r\n"));
    for (char const* line : {"\r\nX-Sent: v\r\n", "\r\nX-Nothing:\r\n", "\r\nContent-Length: 0\r\n", "\r\nUser-Agent: pawl/"}) CHECK(header.find(line) != std::string::npos);
    for (char const* line : {"Content-Type", "Expect", "Accept-Encoding"}) CHECK(header.find(line) == std::string::npos);
}

TEST_CASE("what came before the answer is no part of it", "[work][http]") {
    auto const client = opened();
    Server const server({"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + answer("200 OK", "x")});
    HttpAnswer const found = sent(*client, request("GET", server.url()));
    CHECK(found.status == 200);
    CHECK(found.headers == std::vector<std::pair<std::string, std::string>>{{"content-length", "1"}});
}

TEST_CASE("a connection is used again for what may be done twice, and only there", "[work][http]") {
    auto const client = opened();
    Server const server({answer("200 OK", "1"), answer("200 OK", "2"), answer("200 OK", "3")});
    sent(*client, request("GET", server.url()));
    CHECK(sent(*client, request("GET", server.url())).reused);
    SECTION("a POST goes its own way: a server that closes meanwhile would get it twice") { CHECK_FALSE(sent(*client, request("POST", server.url())).reused); }
    SECTION("and so does one that may not reach everything") {
        HttpAnswer const refused = sent(*client, request("GET", server.url(), false));
        CHECK(refused.error == "127.0.0.1 belongs to a private network: where a value decides about the host, such an address is refused");
        CHECK(server.seen().size() == 2);
    }
}

TEST_CASE("a request that got no answer is not sent again", "[work][http]") {
    auto const client = opened();
    std::string const method = GENERATE("GET", "POST");
    Server const server({"", answer("200 OK", "never")});
    HttpAnswer const found = sent(*client, request(method, server.url()));
    CHECK(found.error == server.place() + " closed the connection without an answer");
    CHECK(server.seen().size() == 1);
}

TEST_CASE("what is no answer is an error that says so", "[work][http]") {
    auto const client = opened();
    SECTION("a header without end") {
        std::string fields;
        for (int i = 0; i < 1000; ++i) fields += "X-" + std::to_string(i) + ": " + std::string(60, 'x') + "\r\n";
        Server const server({answer("200 OK", "", fields)});
        CHECK(sent(*client, request("GET", server.url())).error == "the header of the answer is larger than 32 KiB");
    }
    SECTION("another protocol") {
        Server const server({"SSH-2.0-nothing\r\n\r\n"});
        CHECK(sent(*client, request("GET", server.url())).error.starts_with("no answer from " + server.place()));
    }
}

TEST_CASE("a body is read up to its limit", "[work][http]") {
    auto const client = opened();
    std::size_t const size = GENERATE(std::size_t{http_body_max}, http_body_max + 1, http_body_max * 20);
    Server const server({answer("200 OK", std::string(size, 'x'))});
    HttpAnswer const found = sent(*client, request("GET", server.url()));
    CHECK(found.error == "");
    CHECK(found.body.size() == http_body_max);
    CHECK(found.is_cut == (size > http_body_max));
    std::string said;
    CHECK(judged(found, said).reason == (size > http_body_max ? "bad_output" : ""));
}

TEST_CASE("an answer is judged by its status", "[work][http]") {
    std::string said;
    HttpAnswer found;
    found.status = 302;
    found.phrase = "Found";
    found.headers = {{"location", "http://elsewhere/x?token=y"}, {"set-cookie", "a"}, {"set-cookie", "b"}};
    WorkReport const report = judged(found, said);
    CHECK(report.reason == "");
    CHECK(report.outputs.find("headers")->text("set-cookie") == "a, b");
    CHECK(said.find("a redirect to http://elsewhere/x?…, which is not followed\n") != std::string::npos);
    CHECK(judged(found, said, {{200, 299}}).message == "the server answered 302 Found");
    found.status = 404;
    CHECK(judged(found, said).reason == "http");
    CHECK(judged(found, said, {{404, 404}}).reason == "");
}

TEST_CASE("a body of JSON is a value too, and one that is none is not", "[work][http]") {
    std::string said;
    HttpAnswer found;
    found.status = 200;
    auto const value = [&](std::string const& type, std::string const& body) {
        found.headers = {{"content-type", type}};
        found.body = body;
        return *judged(found, said).outputs.find("json");
    };
    CHECK(value("application/json; charset=utf-8", "[1]") == Json(JsonList{1}));
    CHECK(value("application/problem+JSON", "{}") == Json(JsonMap{}));
    CHECK(value("text/plain", "[1]").is_null());
    CHECK(value("application/json", "[1").is_null());
    CHECK(said.find("the body is called application/json and is none") != std::string::npos);
    CHECK(value("application/json", std::string(62, '[') + std::string(62, ']')).is_null());
    CHECK(value("application/json", "").is_null());
    value("text/plain", "\xff");
    CHECK(said.find("is not UTF-8") != std::string::npos);
}

TEST_CASE("a cancelled request is heard of no more", "[work][http]") {
    auto const client = opened();
    Server const server({answer("200 OK", "x")});
    client->start(1, read_http_order(request("GET", server.url())).call);
    client->cancel(1);
    CHECK(client->work().empty());
    client->cancel(1);
    CHECK(sent(*client, request("GET", server.url())).status == 200);
}
