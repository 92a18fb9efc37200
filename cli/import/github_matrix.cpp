// `strategy` of a job: each of its steps gets the matrix. What include and exclude make of it is computed here and becomes a list.
#include "cli/import/github_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "common/flow/expressions.h"
#include "common/flow/fan_out.h"

namespace pawl::cli {

using yaml::Member;
using yaml::Node;

namespace {

/// A combination; the axes stand before what `include` adds.
using Combination = JsonMap;

std::vector<Combination> product_of(JsonMap const& axes) {
    std::vector<Combination> all{Combination()};
    for (auto const& [name, values] : axes) {
        std::vector<Combination> longer;
        for (Combination const& one : all)
            for (Json const& value : values.as_list()) {
                longer.push_back(one);
                longer.back().append(name, value);
            }
        all = std::move(longer);
    }
    return axes.empty() ? std::vector<Combination>() : all;
}

bool holds_all(Combination const& whole, JsonMap const& part) {
    return std::ranges::all_of(part, [&](auto const& member) { return whole.find(member.first) != nullptr && *whole.find(member.first) == member.second; });
}

/// To every combination whose own values stay as they are; when there is none, it is a new one.
void include(std::vector<Combination>& all, std::size_t made, JsonMap const& axes, JsonMap const& extra) {
    bool added = false;
    for (std::size_t i = 0; i < made; ++i) {
        bool const fits = std::ranges::all_of(extra, [&](auto const& member) { return axes.find(member.first) == nullptr || *all[i].find(member.first) == member.second; });
        if (!fits) continue;
        for (auto const& [name, value] : extra) all[i].set(name, value);
        added = true;
    }
    if (!added) all.push_back(extra);
}

GithubType type_of(std::vector<Json> const& values) {
    if (std::ranges::all_of(values, [](Json const& value) { return value.is_bool(); })) return GithubType::boolean;
    if (std::ranges::all_of(values, [](Json const& value) { return value.is_number(); })) return GithubType::number;
    return GithubType::text;
}

}  // namespace

std::string GithubImport::matrix_name(Node const& key) {
    auto const ours = identifier_from(key.text, "value");
    if (ours != key.text) report_.add(key, Level::approximated, "matrix." + key.text + " is named " + ours);
    return ours;
}

std::optional<JsonMap> GithubImport::matrix_entry(Node const& map) {
    if (!map.is_map() || flow::holds_expression(map)) return {};
    JsonMap entry;
    for (Member const& member : map.members) entry.set(matrix_name(member.key), yaml::to_json(member.value));
    return entry;
}

/// The entries under include or exclude; nothing when one of them cannot be read.
std::optional<std::vector<JsonMap>> GithubImport::matrix_entries(Node const* list) {
    std::vector<JsonMap> entries;
    if (list == nullptr) return entries;
    if (!list->is_list()) return {};
    for (Node const& item : list->items) {
        auto entry = matrix_entry(item);
        if (!entry) return {};
        entries.push_back(std::move(*entry));
    }
    return entries;
}

bool GithubImport::read_axes(Node const& matrix, JsonMap& axes) {
    std::size_t product = 1;
    for (Member const& member : matrix.members) {
        if (member.key.text == "include" || member.key.text == "exclude") continue;
        if (!member.value.is_list() || member.value.items.empty() || flow::holds_expression(member.value)) return false;
        axes.set(matrix_name(member.key), yaml::to_json(member.value));
        product *= member.value.items.size();
        if (product > flow::items_max) return false;
    }
    return true;
}

/// What our steps run for, and what expressions call it. False: nothing of it can be translated.
bool GithubImport::read_combinations(GithubJob& job, Node const& matrix) {
    JsonMap axes;
    auto const added = matrix_entries(at(matrix, "include")), left_out = matrix_entries(at(matrix, "exclude"));
    if (!added || !left_out || !read_axes(matrix, axes)) return false;
    std::vector<Combination> all = product_of(axes);
    std::erase_if(all, [&](Combination const& one) { return std::ranges::any_of(*left_out, [&](JsonMap const& entry) { return holds_all(one, entry); }); });
    std::size_t const made = all.size();
    for (JsonMap const& entry : *added) include(all, made, axes, entry);
    if (all.empty() || all.size() > flow::items_max) return false;

    bool const plain = added->empty() && left_out->empty();
    if (plain) job.items.append("matrix", Json(axes));
    else job.items.append("foreach", dump_json(Json(JsonList(all.begin(), all.end()))));
    job.scope.items_word = plain ? "matrix" : "item";
    std::map<std::string, std::vector<Json>> values;
    for (Combination const& one : all)
        for (auto const& [name, value] : one) values[name].push_back(value);
    for (auto const& [name, known] : values) {
        bool const everywhere = known.size() == all.size();
        job.scope.matrix[name] = {job.scope.items_word + (everywhere ? "." + name : ".?" + name + ".orValue('')"), everywhere ? type_of(known) : GithubType::text};
    }
    return true;
}

void GithubImport::read_strategy(GithubJob& job) {
    auto const* member = job.node->find("strategy");
    if (member == nullptr) return;
    Node const* matrix = at(member->value, "matrix");
    if (matrix == nullptr || !matrix->is_map() || !read_combinations(job, *matrix)) {
        report_.add(member->key, Level::not_translated, "strategy of job " + job.id + ": its steps run once");
        return;
    }
    report_.add(member->key, Level::approximated, "matrix of job " + job.id + ": each of its steps runs once a combination, and a step begins when all combinations of the one before have ended");
    for (auto const& other : member->value.members) report_.add_other(other, {"matrix", "fail-fast", "max-parallel"}, " of the strategy of job " + job.id);
    auto const most = parse_json(text_at(member->value, "max-parallel"));
    if (most && most->is_int() && most->as_int() > 0) job.items.append("max_parallel", *most);
    else if (auto const* said = member->value.find("max-parallel")) report_.add(said->key, Level::not_translated, "max-parallel: " + said->value.text);
    auto const fail_fast = text_at(member->value, "fail-fast");
    if (fail_fast != "false") job.items.append("fail_fast", true);  // what GitHub does when nothing is said
    if (!fail_fast.empty() && fail_fast != "true" && fail_fast != "false") report_.add(member->value.find("fail-fast")->key, Level::not_translated, "fail-fast: " + fail_fast);
}

}  // namespace pawl::cli
