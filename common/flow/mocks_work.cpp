// Outputs of requests and queries have the names and types that real ones have.
#include "common/flow/mocks_work.h"

#include <algorithm>
#include <span>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

constexpr std::string_view http_names[] = {"status", "headers", "body", "json"};
constexpr std::string_view sql_names[] = {"rows", "count"};

/// What an output of this name is; empty when the value fits.
std::string_view wanted(std::string_view name, Json const& value) {
    if (name == "status") return value.is_int() && value.as_int() >= 100 && value.as_int() <= 599 ? "" : "a number from 100 to 599";
    if (name == "count") return value.is_int() && value.as_int() >= 0 ? "" : "a number";
    if (name == "body") return value.is_string() ? "" : "text";
    if (name == "rows")
        return value.is_list() && std::ranges::all_of(value.as_list(), [](Json const& row) { return row.is_map(); }) ? "" : "a list of maps";
    if (name == "headers")
        return value.is_map() && std::ranges::all_of(value.as_map(), [](auto const& header) { return header.second.is_string(); }) ? "" : "a map of texts";
    return "";
}

}  // namespace

bool is_expected_status(HttpAction const& http, std::int64_t status) {
    if (http.expect.empty()) return status < 400;
    return std::ranges::any_of(http.expect, [&](HttpAction::Statuses const& one) { return status >= one.first && status <= one.last; });
}

Json read_work_outputs(Reader& reader, yaml::Node const* map, StepPlan const& step, std::string const& title) {
    auto const* const http = std::get_if<HttpAction>(&step.action);
    std::span<std::string_view const> const names = http ? std::span<std::string_view const>(http_names) : sql_names;
    JsonMap outputs;
    for (std::size_t i = 0; map && i < map->members.size(); ++i) {
        yaml::Member const& member = map->members[i];
        std::string const& name = member.key.text;
        Json value = yaml::to_json(member.value);
        if (std::ranges::find(names, name) == names.end())
            reader.error(code::unknown_name, member.key.where, title + " has no output " + quotation(name), "it has: " + join(std::vector<std::string>(names.begin(), names.end()), ", "));
        else if (std::string_view const type = wanted(name, value); !type.empty())
            reader.error(code::wrong_type, member.value.where, "output '" + name + "' is " + std::string(type), http ? "outputs: {status: 200, json: {}}" : "outputs: {rows: [{n: 1}]}");
        else outputs.append(name, std::move(value));
    }
    auto const fill = [&](std::string_view name, Json value) {
        if (outputs.find(name) == nullptr) outputs.append(std::string(name), std::move(value));
    };
    if (http) {
        fill("status", http->expect.empty() ? 200 : http->expect.front().first);
        fill("headers", JsonMap{});
        fill("body", outputs.find("json") != nullptr ? dump_json(*outputs.find("json")) : "");
        fill("json", Json());
    } else {
        fill("rows", JsonList{});
        fill("count", outputs.find("rows")->is_list() ? static_cast<std::int64_t>(outputs.find("rows")->as_list().size()) : 0);
    }
    return Json(std::move(outputs));
}

}  // namespace pawl::flow
