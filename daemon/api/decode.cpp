#include "daemon/api/decode.h"

#include <algorithm>
#include <charconv>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::api {
namespace {

std::string quotation(std::string_view text) { return "'" + printable(text.substr(0, 100)) + "'"; }

std::string did_you_mean(std::string_view word, std::vector<std::string_view> const& candidates) {
    std::string_view const near = word.size() <= 64 ? nearest(word, candidates) : std::string_view();
    return near.empty() ? "" : "did you mean " + quotation(near) + "?";
}

}  // namespace

Error bad_request(std::string message, std::string hint) {
    return {code::invalid_request, std::move(message), std::nullopt, std::move(hint), Severity::error, {}, {}};
}

Fields::Fields(Json const& value, std::string where) : where_(std::move(where)) {
    if (value.is_map()) map_ = &value;
    else fail(bad_request(where_ + " is no JSON object"));
}

void Fields::fail(Error error) {
    if (!problem_) problem_ = std::move(error);
}

Json const* Fields::take(std::string_view name) {
    taken_.push_back(name);
    return map_ == nullptr ? nullptr : map_->find(name);
}

Json const* Fields::typed(std::string_view name, bool fits, Json const* value, std::string_view wanted) {
    if (value == nullptr || fits) return value;
    fail(bad_request(quotation(name) + " in " + where_ + " is no " + std::string(wanted)));
    return nullptr;
}

std::optional<std::string> Fields::text(std::string_view name) {
    Json const* value = take(name);
    value = typed(name, value != nullptr && value->is_string(), value, "text");
    if (value == nullptr) return std::nullopt;
    return value->as_string();
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    Json const* value = take(name);
    value = typed(name, value != nullptr && value->is_int(), value, "integer");
    if (value == nullptr) return std::nullopt;
    if (value->as_int() < min || value->as_int() > max)
        fail(bad_request(quotation(name) + " lies between " + std::to_string(min) + " and " + std::to_string(max)));
    return value->as_int();
}

std::optional<bool> Fields::boolean(std::string_view name) {
    Json const* value = take(name);
    value = typed(name, value != nullptr && value->is_bool(), value, "true or false");
    if (value == nullptr) return std::nullopt;
    return value->as_bool();
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name) {
    Json const* value = list(name);
    if (value == nullptr) return std::nullopt;
    std::vector<std::string> out;
    for (Json const& item : value->as_list()) {
        if (item.is_string()) out.push_back(item.as_string());
        else fail(bad_request(quotation(name) + " in " + where_ + " is no list of texts"));
    }
    return out;
}

Json const* Fields::map(std::string_view name) {
    Json const* value = take(name);
    return typed(name, value != nullptr && value->is_map(), value, "object");
}

Json const* Fields::list(std::string_view name) {
    Json const* value = take(name);
    return typed(name, value != nullptr && value->is_list(), value, "list");
}

std::string Fields::required_text(std::string_view name) {
    auto value = text(name);
    if (!value || value->empty()) {
        fail(bad_request(where_ + " lacks " + quotation(name)));
        return {};
    }
    return std::move(*value);
}

Status Fields::finish() const {
    if (problem_) return *problem_;
    for (auto const& [name, value] : map_->as_map()) {
        if (std::ranges::find(taken_, name) != taken_.end()) continue;
        return bad_request("unknown member " + quotation(name) + " in " + where_, did_you_mean(name, taken_));
    }
    return Done{};
}

Result<Json> parse_body(std::string_view body, std::size_t bytes_max) {
    if (body.empty()) return Json(JsonMap{});
    auto parsed = parse_json(body, {.bytes_max = bytes_max});
    if (parsed) return parsed;
    Error error = parsed.error();
    error.code = code::invalid_request;
    error.message = "the body is no JSON: " + error.message;
    if (error.where) error.message += " at line " + std::to_string(error.where->line) + ", column " + std::to_string(error.where->column);
    return error;
}

Status check_query(Query const& query, std::string_view allowed) {
    auto const names = split(allowed, ' ');
    for (auto const& [name, value] : query)
        if (std::ranges::find(names, name) == names.end()) return bad_request("unknown query parameter " + quotation(name), did_you_mean(name, names));
    return Done{};
}

Result<bool> decode_flag(Query const& query, std::string const& name) {
    auto const found = query.find(name);
    if (found == query.end() || found->second == "false") return false;
    if (found->second == "true") return true;
    return bad_request(quotation(name) + " is true or false");
}

Result<std::int64_t> decode_number(Query const& query, std::string const& name, std::int64_t fallback, std::int64_t max) {
    auto const found = query.find(name);
    if (found == query.end()) return fallback;
    std::string const& text = found->second;
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || number < 0 || number > max) return bad_request(quotation(name) + " is an integer between 0 and " + std::to_string(max));
    return number;
}

Result<ListQuery> decode_list_query(Query const& query) {
    ListQuery out;
    auto const text = [&](char const* name) {
        auto const found = query.find(name);
        return found == query.end() ? std::string() : found->second;
    };
    out.filter = text("filter");
    out.after = text("after");
    out.workflow = text("workflow");
    auto const limit = decode_number(query, "limit", 100, 1000);
    if (!limit) return limit.error();
    if (*limit == 0) return bad_request("'limit' is an integer between 1 and 1000");
    out.limit = static_cast<int>(*limit);
    auto const live = decode_flag(query, "live");
    if (!live) return live.error();
    out.live = *live;
    std::string const order = text("order");
    if (!order.empty() && order != "oldest" && order != "newest") return bad_request("'order' is oldest or newest");
    out.oldest_first = order == "oldest";
    return out;
}

std::optional<std::int64_t> parse_id(std::string_view text) {
    std::int64_t id = 0;
    if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return id;
}

Result<RunId> decode_run_id(std::string const& text) {
    if (auto const id = parse_id(text)) return RunId{*id};
    return bad_request(quotation(text) + " is no id of a run");
}

}  // namespace pawl::api
