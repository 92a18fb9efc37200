// Reads requests, judges answers.
#include "daemon/work/http_request.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/flow/url.h"

namespace pawl {
namespace {

constexpr std::size_t shown_body_max = 2048;           ///< of a failure, in the log
constexpr std::size_t json_depth_max = 60;             ///< the report around it has some of its own

bool same_word(std::string_view a, std::string_view b) {
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

std::string server_of(std::string const& url) {
    Result<flow::Url> const parsed = flow::parse_url(url);
    if (!parsed) return "the server";  // cannot be: it was checked when the request was frozen
    return parsed->host + ":" + (parsed->port.empty() ? (parsed->scheme == "https" ? "443" : "80") : parsed->port);
}

/// libcurl takes "Name:" for "do not send it", and "Name;" for an empty value.
std::string header_line(std::string const& name, std::string const& value) { return value.empty() ? name + ";" : name + ": " + value; }

bool is_expected(int status, std::vector<std::pair<int, int>> const& expect) {
    if (expect.empty()) return status < 400;
    return std::ranges::any_of(expect, [&](auto const& range) { return status >= range.first && status <= range.second; });
}

/// Fields that came more than once are joined, as RFC 9110 5.3 allows.
JsonMap headers_of(HttpAnswer const& answer) {
    JsonMap headers;
    for (auto const& [name, value] : answer.headers) {
        Json* const earlier = headers.find(name);
        if (earlier != nullptr) *earlier = Json(earlier->as_string() + ", " + value);
        else headers.append(name, value);
    }
    return headers;
}

/// "application/json", without parameters.
std::string_view media_type(JsonMap const& headers) {
    Json const* const field = headers.find("content-type");
    if (field == nullptr) return {};
    std::string_view const text = field->as_string();
    return trim(text.substr(0, text.find(';')));
}

bool is_json(std::string_view type) { return same_word(type, "application/json") || (type.size() > 5 && same_word(type.substr(type.size() - 5), "+json")); }

std::string shown_status(HttpAnswer const& answer) {
    return std::to_string(answer.status) + (answer.phrase.empty() ? "" : " " + printable(take_characters(answer.phrase, 60)));
}

Json json_of(HttpAnswer const& answer, std::string_view type, WorkLog& log) {
    if (!is_json(type) || answer.body.empty() || answer.is_cut) return Json();
    Result<Json> parsed = parse_json(answer.body, {.depth_max = json_depth_max});
    if (parsed) return std::move(*parsed);
    log.complain("the body is called " + std::string(type) + " and is none: " + parsed.error().message);
    return Json();
}

void tell_connection(HttpAnswer const& answer, WorkLog& log) {
    if (answer.reused) log.say("used the connection to " + answer.peer + " again");
    else if (!answer.peer.empty()) log.say("connected to " + answer.peer + " after " + shown_ms(answer.connected));
    if (answer.sent > 0) log.say("sent a body of " + shown_size(answer.sent));
}

void tell_answer(HttpAnswer const& answer, JsonMap const& headers, WorkLog& log) {
    std::string_view const type = media_type(headers);
    std::string line = "answered " + shown_status(answer) + " after " + shown_ms(answer.total) + ": " +
                       counted(static_cast<std::int64_t>(headers.size()), "header field") + ", " + (answer.is_cut ? "more than " : "") + shown_size(answer.body.size());
    if (!type.empty()) line += " of " + printable(take_characters(type, 80));
    log.say(line);
    if (Json const* to = headers.find("location"); to != nullptr && answer.status >= 300 && answer.status < 400)
        log.say("a redirect to " + flow::shown_url(to->as_string()) + ", which is not followed");
    if (find_invalid_utf8(answer.body) != std::string_view::npos) log.complain("the body is not UTF-8: each wrong byte becomes U+FFFD in outputs.body");
}

}  // namespace

HttpOrder read_http_order(Json const& request) {
    HttpOrder order;
    order.call.method = request.text("method");
    order.call.url = request.text("url");
    order.call.server = server_of(order.call.url);
    order.call.private_networks = request.flag("private");
    order.file = request.text("file");
    if (Json const* body = request.find("body"); body != nullptr && body->is_string()) order.call.body = body->as_string();
    bool has_type = false;
    if (Json const* headers = request.find("headers"); headers != nullptr && headers->is_list())
        for (Json const& header : headers->as_list()) {
            std::string const& name = header.as_list().at(0).as_string();
            has_type = has_type || same_word(name, "content-type");
            order.call.headers.push_back(header_line(name, header.as_list().at(1).as_string()));
        }
    if (!has_type) order.call.headers.push_back("Content-Type:" + (request.text("type").empty() ? "" : " " + request.text("type")));
    if (Json const* expect = request.find("expect"); expect != nullptr && expect->is_list())
        for (Json const& range : expect->as_list())
            order.expect.emplace_back(static_cast<int>(range.as_list().at(0).as_int()), static_cast<int>(range.as_list().at(1).as_int()));
    return order;
}

WorkReport judge_answer(HttpAnswer const& answer, HttpOrder const& order, WorkLog& log) {
    tell_connection(answer, log);
    if (!answer.error.empty()) {
        log.complain(answer.error);
        return failed_report("http", answer.error);
    }
    JsonMap headers = headers_of(answer);
    tell_answer(answer, headers, log);
    bool const expected = is_expected(answer.status, order.expect);
    std::string const type(media_type(headers));
    WorkReport report;
    report.outputs.append("status", answer.status);
    report.outputs.append("headers", Json(std::move(headers)));
    report.outputs.append("body", answer.body);
    report.outputs.append("json", json_of(answer, type, log));
    if (!expected) {
        report.reason = "http";
        report.message = "the server answered " + shown_status(answer);
        if (!answer.body.empty()) log.complain(answer.body.substr(0, shown_body_max));
    } else if (answer.is_cut) {
        report.reason = "bad_output";
        report.message = "the body of the answer is larger than 64 KiB: fetch large answers with a program, such as curl, in a step with run";
        log.complain(report.message);
    }
    return report;
}

}  // namespace pawl
