// Requests and queries are checked as far as their texts go: urls, header fields, statuses, and the parameters of a query.
#include "common/flow/step_work.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/sql_text.h"
#include "common/flow/url.h"

namespace pawl::flow {
namespace {

using yaml::Node;
using Kind = cel::Type::Kind;

constexpr std::size_t entries_max = 100;  ///< of headers and params

/// Fields that the transfer decides itself.
bool is_set_by_transfer(std::string_view name) {
    static constexpr std::string_view taken[] = {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"};
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return std::ranges::find(taken, lower) != std::ranges::end(taken);
}

std::optional<HttpAction::Statuses> read_status(Node const& item) {
    std::string_view const text = item.is_scalar() ? std::string_view(item.text) : std::string_view();
    if (text.size() != 3 || text[0] < '1' || text[0] > '5') return {};
    int const hundreds = (text[0] - '0') * 100;
    if (text.substr(1) == "xx") return HttpAction::Statuses{hundreds, hundreds + 99};
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return {};
    int const status = hundreds + (text[1] - '0') * 10 + (text[2] - '0');
    return HttpAction::Statuses{status, status};
}

void read_expect(Reader& reader, Node const& list, HttpAction& http) {
    if (list.items.empty()) reader.error(code::invalid_value, list.where, "'expect' names no status", "expect: [2xx]");
    for (Node const& item : list.items) {
        if (item.is_scalar() && reader.refuse_expression(item, "expect")) continue;
        if (auto const statuses = read_status(item)) http.expect.push_back(*statuses);
        else reader.error(code::invalid_value, item.where, (item.is_scalar() ? quotation(item.text) : describe_kind(item)) + " is no status",
                          "a number such as 404, or 2xx for 200 to 299");
    }
}

/// At most one of body, json and file, and none for a method that has no body.
void check_content(Reader& reader, Fields const& with, HttpAction const& http) {
    yaml::Member const* first = nullptr;
    for (std::string_view const key : {"body", "json", "file"}) {
        yaml::Member const* member = with.member(key);
        if (!member) continue;
        if (first) reader.error(code::conflicting_keys, member->key.where, "a request sends '" + first->key.text + "' or '" + member->key.text + "', not both");
        else first = member;
    }
    if (first && (http.method == "GET" || http.method == "HEAD"))
        reader.error(code::conflicting_keys, first->key.where, "a " + http.method + " sends no '" + first->key.text + "'", "method: POST");
}

bool is_text(Reader& reader, yaml::Member const& member) {
    if (!is_nothing(member.value) && member.value.is_scalar()) return true;
    reader.error(code::wrong_type, member.value.where, "'" + printable(member.key.text) + "' is text, not " + describe_kind(member.value));
    return false;
}

std::vector<NamedTemplate> compile_texts(Reader& reader, Expressions& expressions, Node const& map, Sight& sight, std::string_view key) {
    std::vector<NamedTemplate> texts;
    if (!reader.within(map.members.size(), entries_max, map, key)) return texts;
    for (yaml::Member const& member : map.members) {
        if (reader.refuse_expression(member.key, "a key") || !is_text(reader, member)) continue;
        texts.push_back({member.key.text, expressions.pasted(member.value, sight)});
    }
    return texts;
}

std::vector<NamedTemplate> compile_headers(Reader& reader, Expressions& expressions, Node const& map, Sight& sight) {
    std::vector<NamedTemplate> headers = compile_texts(reader, expressions, map, sight, "headers");
    for (NamedTemplate const& header : headers) {
        yaml::Member const& member = *map.find(header.name);
        if (!is_header_name(header.name))
            reader.error(code::invalid_name, member.key.where, quotation(header.name) + " is no name for a header field", "names have letters, digits and '-'");
        else if (is_set_by_transfer(header.name))
            reader.error(code::invalid_name, member.key.where, "'" + header.name + "' is set by pawl", "remove it");
        if (member.value.text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            reader.error(code::invalid_value, member.value.where, "a header field is one line");
    }
    return headers;
}

void compile_url(Reader& reader, Expressions& expressions, Node const& node, Sight& sight, HttpAction& http) {
    http.url = expressions.pasted(node, sight);
    std::string_view const start = std::string_view(node.text).substr(0, node.text.find("${{"));
    if (http.url.is_literal() && !holds_expression(node)) {
        if (Result<Url> const url = parse_url(node.text); !url) reader.error(code::invalid_value, node.where, url.error().message, url.error().hint);
        return;
    }
    http.host_from_outside = !names_whole_host(start) && http.url.tainted();
    bool const has_scheme = start.find("://") != std::string_view::npos;
    if (has_scheme && !start.starts_with("http://") && !start.starts_with("https://"))
        reader.error(code::invalid_value, node.where, "the url does not begin with http:// or https://");
}

/// Each :name in the query has a value, each value a :name.
void check_parameters(Reader& reader, Fields const& with, Node const& query) {
    Node const* params = with.find("params");
    std::vector<SqlParameter> const used = sql_parameters(query.text);
    std::vector<std::string_view> told;
    for (SqlParameter const& parameter : used) {
        if (std::ranges::find(told, parameter.name) != told.end()) continue;
        told.push_back(parameter.name);
        SourcePos const where = reader.place_in(query, parameter.offset, parameter.length);
        if (parameter.name.empty()) {
            reader.error(code::invalid_value, where, "a value in a query has a name", "write :name, and params: {name: value}");
        } else if (!params || !params->find(parameter.name)) {
            std::string const name = printable(take_characters(parameter.name, 40));
            reader.error(code::missing_key, where, "the query's :" + name + " has no value", "params: {" + name + ": value}");
        }
    }
    if (!params) return;
    for (yaml::Member const& member : params->members)
        if (std::ranges::find(used, std::string_view(member.key.text), &SqlParameter::name) == used.end() && !reader.is_full())
            reader.error(code::unknown_name, member.key.where, "the query has no :" + printable(take_characters(member.key.text, 40)), "write it into the query, or remove it");
}

}  // namespace

void read_http(Reader& reader, StepDraft& draft, Node const& with, StepPlan& step) {
    static constexpr std::string_view methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    auto& http = step.action.emplace<HttpAction>();
    draft.with = reader.read_map(with, Place::http);
    if (auto const method = draft.with->choice("method")) http.method = methods[*method];
    if (Node const* expect = draft.with->find("expect")) read_expect(reader, *expect, http);
    check_content(reader, *draft.with, http);
    step.idempotent = http.method == "GET" || http.method == "HEAD";
}

void read_sql(Reader& reader, StepDraft& draft, Node const& with, StepPlan& step) {
    auto& sql = step.action.emplace<SqlAction>();
    draft.with = reader.read_map(with, Place::sql);
    Node const* query = draft.with->find("query");
    if (!query) return;
    sql.query = query->text;
    step.idempotent = only_reads(sql.query);
    if (trim(sql.query).empty()) reader.error(code::invalid_value, query->where, "'query' is empty");
    if (std::size_t const at = query->text.find("${{"); at != std::string::npos) {
        reader.error(code::expression_in_run, reader.place_in(*query, at, 3), "a value cannot be pasted into 'query', where it would be executed",
                     "write :name in the query, and params: {name: \"${{ … }}\"}");
        return;
    }
    check_parameters(reader, *draft.with, *query);
}

void compile_http(Reader& reader, Expressions& expressions, Fields const& with, Sight& sight, HttpAction& http) {
    if (Node const* url = with.find("url")) compile_url(reader, expressions, *url, sight, http);
    if (Node const* params = with.find("params")) http.params = compile_texts(reader, expressions, *params, sight, "params");
    if (Node const* headers = with.find("headers")) http.headers = compile_headers(reader, expressions, *headers, sight);
    if (Node const* body = with.find("body")) http.body = expressions.pasted(*body, sight);
    if (Node const* json = with.find("json")) http.json = expressions.value(*json, sight);
    if (Node const* file = with.find("file")) http.file = expressions.pasted(*file, sight);
}

void compile_sql(Reader& reader, Expressions& expressions, Fields const& with, Sight& sight, SqlAction& sql) {
    if (Node const* db = with.find("db")) {
        sql.db = expressions.pasted(*db, sight);
        if (trim(db->text).empty()) reader.error(code::invalid_value, db->where, "'db' names no file");
    }
    Node const* params = with.find("params");
    if (!params || !reader.within(params->members.size(), entries_max, *params, "params")) return;
    for (yaml::Member const& member : params->members) sql.params.push_back({member.key.text, expressions.value(member.value, sight)});
}

std::vector<cel::Type::Field> http_outputs() {
    return {{"status", Kind::integer}, {"headers", cel::Type::map(Kind::string, Kind::string)}, {"body", Kind::string}, {"json", Kind::dyn}};
}

std::vector<cel::Type::Field> sql_outputs() {
    return {{"rows", cel::Type::list(cel::Type::map(Kind::string, Kind::dyn))}, {"count", Kind::integer}};
}

}  // namespace pawl::flow
