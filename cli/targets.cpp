// Targets, parsed strictly; unknown names are answered with the nearest known one.
#include "cli/targets.h"

#include <algorithm>
#include <charconv>

#include "cli/output.h"
#include "cli/render/run_summary.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> run_segment(std::string_view target) {
    if (target.starts_with("run/")) target.remove_prefix(4);
    if (target == "last") return "last";
    auto const id = number_in<std::int64_t>(target);
    return id ? std::optional(std::to_string(*id)) : std::nullopt;
}

Result<VersionedName> parse_workflow(std::string_view target) {
    if (target.starts_with("workflow/")) target.remove_prefix(9);
    auto const at = target.find('@');
    VersionedName found{.name = std::string(target.substr(0, at))};
    if (at != std::string_view::npos) {
        auto const version = number_in<std::int64_t>(target.substr(at + 1));
        if (!version) return make_error(code::usage, "'" + std::string(target) + "' has no version number behind '@'", "for example nightly-backup@12");
        found.version = *version;
    }
    if (!is_object_name(found.name)) {
        return make_error(code::usage, "'" + found.name + "' is no name of a workflow", "names are made of a-z, 0-9 and '-'");
    }
    return found;
}

Result<StepTarget> parse_step(std::string_view target) {
    auto const brackets = target.rfind(']');  // an item, which may have a '#' in its name
    auto const hash = target.find('#', brackets == std::string_view::npos ? 0 : brackets);
    StepTarget found{.step = std::string(target.substr(0, hash))};
    if (hash == std::string_view::npos) return found;
    auto const attempt = number_in<int>(target.substr(hash + 1));
    if (!attempt) return make_error(code::usage, "'" + std::string(target) + "' has no attempt number behind '#'", "for example compress#2");
    found.attempt = *attempt;
    return found;
}

Status check_run(std::string_view target) {
    if (run_segment(target)) return Done{};
    return make_error(code::usage, "'" + std::string(target) + "' is no run", "a number, or 'last'");
}

Result<Json> find_run(Daemon& daemon, std::string_view target) {
    auto const segment = run_segment(target);
    if (!segment) return check_run(target).error();
    auto run = daemon.get("/v1/runs/" + *segment);
    if (!run && run.error().code == code::not_found) {
        auto error = run.error();
        if (error.hint.empty()) error.hint = "see pawl run ls";
        return error;
    }
    return run;
}

Result<std::string> run_number(Daemon& daemon, std::string_view target) {
    auto const segment = run_segment(target);
    if (!segment) return check_run(target).error();
    if (*segment != "last") return *segment;
    auto const newest = find_run(daemon, target);
    if (!newest) return newest.error();
    return std::to_string(newest->number("id"));
}

Error with_workflow_suggestion(Daemon& daemon, Error error, std::string_view name) {
    if (error.code != code::not_found || !error.hint.empty()) return error;
    auto const list = daemon.get("/v1/workflows?limit=1000");
    auto const* items = list ? list->find("items") : nullptr;
    if (items == nullptr || !items->is_list()) return error;
    std::vector<std::string> names;
    for (auto const& item : items->as_list()) names.push_back(item.text("name"));
    std::vector<std::string_view> const views(names.begin(), names.end());
    if (auto const near = nearest(name, views); !near.empty()) error.hint = "did you mean '" + std::string(near) + "'?";
    else error.hint = names.empty() ? "nothing is deployed yet: pawl deploy FILE" : "see pawl workflow ls";
    return error;
}

Error no_such_step(Json const& run, std::string_view step) {
    std::vector<std::string> names;
    if (auto const* steps = run.find("steps"); steps != nullptr && steps->is_list()) {
        for (auto const& item : steps->as_list()) names.push_back(item.text("id"));
    }
    std::vector<std::string_view> const views(names.begin(), names.end());
    auto const near = nearest(step, views);
    auto hint = near.empty() ? "it has: " + join(names, ", ") : "did you mean '" + std::string(near) + "'?";
    return make_error(code::not_found, "run " + std::to_string(run.number("id")) + " has no step '" + std::string(step) + "'", std::move(hint));
}

}  // namespace pawl::cli
