// A project as a whole: workflows that are gone from its files, plans that are out of date, and the way back to an older version.
#include <algorithm>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/core/engine.h"

namespace pawl {
namespace {

constexpr std::size_t told_max = 5;  ///< so many reasons are told; nobody reads more

std::string version_text(int number) { return number == 0 ? "none" : "version " + std::to_string(number); }

std::set<std::string> names_in(Deploy const& deploy) {
    std::set<std::string> names;
    for (flow::LoadedFile const& file : deploy.files)
        for (flow::LoadedWorkflow const& workflow : file.workflows) names.insert(workflow.name);
    return names;
}

}  // namespace

std::vector<std::string> Engine::gone_from(Deploy const& deploy) const {
    std::vector<std::string> gone;
    if (!deploy.whole_project) return gone;
    auto const kept = names_in(deploy);
    for (auto const& [name, entry] : workflows_)
        if (entry.row.active && entry.active.root == deploy.root && !kept.contains(name)) gone.push_back(name);
    return gone;
}

/// What the plan was made for is compared with what is: of all workflows it names, and of all that this deploy would touch.
std::optional<Error> Engine::staleness(Deploy const& deploy) const {
    if (!deploy.expected) return std::nullopt;
    auto touched = names_in(deploy);
    for (auto const& [name, number] : *deploy.expected) touched.insert(name);
    for (std::string const& name : gone_from(deploy)) touched.insert(name);
    std::vector<std::string> reasons;
    std::size_t count = 0;
    for (std::string const& name : touched) {
        auto const active = active_version(name);
        int const is = active ? active->number : 0;
        auto const planned = deploy.expected->find(name);
        int const was = planned == deploy.expected->end() ? 0 : planned->second;
        if (planned != deploy.expected->end() && is == was) continue;
        if (++count > told_max) continue;
        std::string reason = version_text(is) + " of '" + name + "' is active";
        if (active) reason += ", deployed " + format_utc(active->created_at) + " by uid " + std::to_string(active->uid);
        reasons.push_back(reason + (planned == deploy.expected->end() ? ", and the plan does not know it" : ", the plan was made for " + version_text(was)));
    }
    if (count == 0) return std::nullopt;
    if (count > told_max) reasons.push_back("and " + std::to_string(count - told_max) + " more");
    return Error{.code = code::plan_stale, .message = "the plan is out of date: " + join(reasons, "; "), .where = {}, .hint = "pawl plan -o FILE makes a new one"};
}

/// Would a workflow be retired that another one uses?
std::optional<Error> Engine::still_needed(Deploy const& deploy) const {
    std::vector<std::string> const gone = gone_from(deploy);
    if (gone.empty()) return std::nullopt;
    std::map<std::string, std::string> uses;
    for (flow::LoadedFile const& file : deploy.files)
        for (flow::LoadedWorkflow const& workflow : file.workflows)
            if (!workflow.model.empty()) uses[workflow.name] = join(workflow.uses, " ");  // those whose file is known are as they were
    auto const left = first_left_alone({gone.begin(), gone.end()}, uses);
    if (!left) return std::nullopt;
    return Error{.code = code::conflict, .message = "workflow '" + left->first + "' uses '" + left->second + "', which none of the files has any more", .where = {},
                 .hint = "keep '" + left->second + "', or remove '" + left->first + "' first"};
}

JsonMap Engine::retire(std::string const& name, bool dry_run) {
    Catalogued& entry = workflows_.find(name)->second;
    JsonMap change;
    change.append("kind", "workflow");
    change.append("name", name);
    change.append("action", "retired");
    change.append("version", entry.active.number);
    change.append("was", entry.active.number);
    change.append("hash", entry.active.hash);
    change.append("file", "");
    change.append("details", JsonList{});
    if (dry_run) return change;
    entry.row.active = VersionId{};
    entry.row.updated_at = now_;
    entry.active = {};
    rows_.emplace_back(entry.row);
    return change;
}

Engine::Outcome Engine::perform(RollBack const& back, Identity const&) {
    std::string object = "workflow/" + back.workflow;
    auto const refuse = [&](ErrorCode why, std::string message, std::string hint) {
        return Outcome{.body = {}, .object = object, .refused = Error{.code = why, .message = std::move(message), .where = {}, .hint = std::move(hint)}, .diagnostics = {}};
    };
    auto const found = workflows_.find(back.workflow);
    if (found == workflows_.end() || !found->second.row.active)
        return refuse(code::not_found, "there is no workflow '" + back.workflow + "'", "pawl workflow ls lists them");
    Catalogued& entry = found->second;
    int const was = entry.active.number;
    if (entry.active.id == back.version.id)
        return refuse(code::conflict, "version " + std::to_string(was) + " of '" + back.workflow + "' is active already", "pawl workflow versions " + back.workflow);
    entry.active = back.version;
    entry.active.model.clear();  // the store has it
    entry.row.active = back.version.id;
    entry.row.updated_at = now_;
    rows_.emplace_back(entry.row);
    JsonMap body;
    body.append("name", back.workflow);
    body.append("version", back.version.number);
    body.append("was", was);
    body.append("hash", back.version.hash);
    return {.status = 200, .body = std::move(body), .object = object + "@" + std::to_string(back.version.number), .refused = {}, .diagnostics = {}};
}

}  // namespace pawl
