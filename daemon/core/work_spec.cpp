#include "daemon/core/work_spec.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/url.h"
#include "daemon/core/context.h"

namespace pawl {
namespace {

constexpr std::size_t request_max = 4u << 20;

Error wrong(std::string message, std::string hint = {}) {
    return {.code = code::expression_error, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

/// Below the project's folder unless it is absolute. A value may name a file, but not lead out of the folder that the author wrote before it.
Result<std::string> path_of(cel::Template const& value, std::string_view what, Run const& run, RunValues const& values) {
    Result<std::string> path = value.eval_text(values);
    if (!path) return path;
    if (path->empty()) return wrong("'" + std::string(what) + "' names no file");
    if (path->find('\0') != std::string::npos) return wrong("'" + std::string(what) + "' contains a NUL character");
    bool const is_absolute = path->front() == '/', goes_up = ("/" + *path + "/").find("/../") != std::string::npos;
    if (goes_up && !is_absolute) return wrong("'" + std::string(what) + "' leads out of the project's folder", "write an absolute path");
    if (goes_up && !value.is_literal()) return wrong("'" + std::string(what) + "' has '..' in a path that is made of values", "pass the whole path without '..'");
    return is_absolute ? *path : run.root + "/" + *path;
}

/// "..", written in one of its ways.
bool is_way_up(std::string_view segment) {
    std::size_t dots = 0;
    while (!segment.empty()) {
        bool const is_dot = segment.front() == '.', is_encoded = segment.starts_with("%2e") || segment.starts_with("%2E");
        if (!is_dot && !is_encoded) return false;
        segment.remove_prefix(is_dot ? 1 : 3);
        ++dots;
    }
    return dots == 2;
}

bool leads_up(std::string_view url) {
    std::string_view const path = url.substr(0, std::min(url.find_first_of("?#"), url.size()));
    for (std::string_view const segment : split(path, '/'))
        if (is_way_up(segment)) return true;
    return false;
}

/// A value may fill a place of the url, or be its beginning, but not change what follows.
Result<std::string> filled_url(cel::Template const& url, RunValues const& values) {
    std::string text;
    for (cel::Template::Part const& part : url.parts) {
        cel::Template one;
        one.parts.push_back(part);
        Result<std::string> const piece = one.eval_text(values);
        if (!piece) return piece;
        bool const is_value = part.program && !text.empty(), in_query = text.find('?') != std::string::npos;
        std::size_t const at = is_value ? piece->find_first_of(in_query ? "&#" : "?#\\") : std::string::npos;
        if (at != std::string::npos)
            return wrong("a value in 'url' has '" + std::string(1, (*piece)[at]) + "', which would change what the url means", "give it by params, which encodes it");
        text += *piece;
    }
    if (!url.is_literal() && leads_up(text)) return wrong("'url' has '..' in a path that is made of values", "pass the whole path without '..'");
    return text;
}

Result<std::string> url_of(flow::HttpAction const& http, RunValues const& values) {
    Result<std::string> url = filled_url(http.url, values);
    if (!url) return url;
    if (!http.params.empty()) url->resize(std::min(url->find('#'), url->size()));
    for (flow::NamedTemplate const& entry : http.params) {
        Result<std::string> const value = entry.value.eval_text(values);
        if (!value) return value.error();
        flow::append_query(*url, entry.name, *value);
    }
    if (Result<flow::Url> const parsed = flow::parse_url(*url); !parsed) return wrong(parsed.error().message, parsed.error().hint);
    return url;
}

Result<Json> headers_of(flow::HttpAction const& http, RunValues const& values) {
    JsonList headers;
    for (flow::NamedTemplate const& entry : http.headers) {
        Result<std::string> value = entry.value.eval_text(values);
        if (!value) return value.error();
        if (value->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            return wrong("the value of header field '" + entry.name + "' is more than one line");
        headers.emplace_back(JsonList{Json(entry.name), Json(std::move(*value))});
    }
    return Json(std::move(headers));
}

Status add_content(JsonMap& request, flow::HttpAction const& http, Run const& run, RunValues const& values) {
    if (http.body) {
        Result<std::string> body = http.body->eval_text(values);
        if (!body) return body.error();
        request.append("body", std::move(*body));
        request.append("type", "text/plain; charset=utf-8");
    } else if (http.json) {
        Result<Json> const json = http.json->eval(values);
        if (!json) return json.error();
        request.append("body", dump_json(*json));
        request.append("type", "application/json");
    } else if (http.file) {
        Result<std::string> path = path_of(*http.file, "file", run, values);
        if (!path) return path.error();
        request.append("file", std::move(*path));
        request.append("type", "application/octet-stream");
    }
    return Done{};
}

Result<Json> http_request(flow::HttpAction const& http, Run const& run, RunValues const& values) {
    JsonMap request;
    request.append("method", http.method);
    Result<std::string> url = url_of(http, values);
    if (!url) return url.error();
    request.append("url", std::move(*url));
    request.append("private", !http.host_from_outside);
    Result<Json> headers = headers_of(http, values);
    if (!headers) return headers.error();
    request.append("headers", std::move(*headers));
    if (Status added = add_content(request, http, run, values); !added) return added.error();
    JsonList expect;
    for (flow::HttpAction::Statuses const& statuses : http.expect) expect.emplace_back(JsonList{Json(statuses.first), Json(statuses.last)});
    request.append("expect", std::move(expect));
    return Json(JsonMap{{"http", Json(std::move(request))}});
}

Result<Json> sql_request(flow::SqlAction const& sql, Run const& run, RunValues const& values) {
    Result<std::string> db = path_of(sql.db, "db", run, values);
    if (!db) return db.error();
    JsonMap params;
    for (flow::NamedTemplate const& entry : sql.params) {
        Result<Json> value = entry.value.eval(values);
        if (!value) return value.error();
        params.append(entry.name, std::move(*value));
    }
    return Json(JsonMap{{"sql", Json(JsonMap{{"db", std::move(*db)}, {"query", sql.query}, {"params", Json(std::move(params))}})}});
}

}  // namespace

Result<LaunchSpec> freeze_work(Run& run, flow::StepIndex index, Surroundings const& surroundings, UtcTime now) {
    flow::StepPlan const& plan = plan_of(run, index);
    RunValues const values(run, now, index);
    auto const* const http = std::get_if<flow::HttpAction>(&plan.action);
    Result<Json> const request = http != nullptr ? http_request(*http, run, values) : sql_request(std::get<flow::SqlAction>(plan.action), run, values);
    if (!request) return request.error();
    LaunchSpec spec;
    spec.step = index;
    spec.work = dump_json(*request);
    if (spec.work.size() > request_max) return wrong("the request is larger than 4 MiB", "send a file");
    spec.dir = run.root;
    spec.timeout = plan.timeout;
    spec.log_head_max = surroundings.log_head_max;
    spec.log_tail_max = surroundings.log_tail_max;
    return spec;
}

Judgement judge_work(AttemptEnd const& end) {
    Judgement judgement;
    Result<Json> const report = parse_json(end.outputs);
    Json const* const outputs = report ? report->find("outputs") : nullptr;
    judgement.outputs = outputs != nullptr ? *outputs : Json(JsonMap{});
    std::string const reason = report ? report->text("reason") : "bad_output";
    judgement.succeeded = reason.empty();
    if (judgement.succeeded) return judgement;
    judgement.message = report ? report->text("message") : "the report of the worker cannot be read";
    judgement.reason = reason == "http" ? Reason::http : reason == "sql" ? Reason::sql : reason == "start_failed" ? Reason::start_failed : Reason::bad_output;
    judgement.may_retry = judgement.reason != Reason::start_failed;
    return judgement;
}

}  // namespace pawl
