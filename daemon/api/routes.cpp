#include "daemon/api/routes.h"

#include <algorithm>

#include "common/base/text.h"

namespace pawl::api {
namespace {

using enum Permission;

constexpr Route table[] = {
    {"GET", "/v1/ping", view, "daemon.ping", "", ping, "Tells that the daemon answers, and its version."},
    {"GET", "/v1/status", view, "daemon.status", "", daemon_status, "Health and load of the daemon, from memory."},
    {"GET", "/v1/openapi.yaml", view, "daemon.openapi", "", openapi, "This description of the API."},
    {"POST", "/v1/deploy", Permission::deploy, "deploy", "", api::deploy, "Stores and activates new versions of what changed, all or nothing."},
    {"GET", "/v1/workflows", view, "workflow.list", "filter limit after", list_workflows, "The active workflows."},
    {"GET", "/v1/workflows/{name}", view, "workflow.show", "version", show_workflow, "One version of a workflow with its model and source; the active one by default."},
    {"DELETE", "/v1/workflows/{name}", Permission::deploy, "workflow.rm", "", remove_workflow, "Deactivates a workflow; its history stays and live runs go on to their end."},
    {"POST", "/v1/workflows/{name}/rollback", Permission::deploy, "workflow.rollback", "", roll_back, "Makes an older version active; runs that are under way stay on theirs."},
    {"GET", "/v1/workflows/{name}/versions", view, "workflow.versions", "filter limit after", list_versions, "The versions of a workflow."},
    {"GET", "/v1/runs", view, "run.list", "filter limit after live workflow order", list_runs, "Runs, newest first."},
    {"POST", "/v1/runs", operate, "run.start", "", start_run, "Starts a run of a stored workflow, or of a file that comes with the request."},
    {"POST", "/v1/exec", operate, "run.exec", "", exec, "Runs one command as a supervised run."},
    {"GET", "/v1/runs/last", view, "run.show", "", show_last_run, "The newest run, step by step."},
    {"GET", "/v1/runs/{id}", view, "run.show", "", show_run, "One run, step by step, with all attempts."},
    {"POST", "/v1/runs/{id}/cancel", operate, "run.cancel", "", cancel_run, "Stops a run."},
    {"POST", "/v1/runs/{id}/retry", operate, "run.retry", "", retry_run, "Makes a new run that carries over the steps that succeeded."},
    {"POST", "/v1/runs/{id}/steps/{step}/resolve", operate, "run.resolve", "", resolve_step, "Settles a lost step by hand and goes on in a new run."},
    {"POST", "/v1/runs/{id}/approve", operate, "run.approve", "", approve_run, "Answers a step that waits for approval: yes."},
    {"POST", "/v1/runs/{id}/reject", operate, "run.reject", "", reject_run, "Answers a step that waits for approval: no."},
    {"GET", "/v1/runs/{id}/events", view, "run.events", "after follow", run_events, "The journal of a run as server-sent events."},
    {"GET", "/v1/runs/{id}/logs", view, "run.logs", "step attempt offset tail follow", run_logs, "The logs of a run as server-sent events, or the raw bytes of one attempt."},
    {"GET", "/v1/runs/{id}/artifacts", view, "artifacts.list", "step attempt all", list_artifacts, "The files that steps of a run left behind, by default those of the newest attempt of each."},
    {"GET", "/v1/runs/{id}/artifacts/file", view, "artifacts.get", "step attempt path", get_artifact, "The bytes of one of these files."},
    {"GET", "/v1/cache", view, "cache.list", "workflow step key", list_cache, "Results of steps that need not run again."},
    {"DELETE", "/v1/cache", operate, "cache.rm", "workflow step key all", remove_cache, "Forgets results, so that these steps run again."},
    {"GET", "/v1/audit", view, "audit.list", "filter limit after", list_audit, "Who did what."},
    {"POST", "/v1/daemon/drain", administer, "daemon.drain", "", drain, "Starts nothing new; or goes on."},
    {"POST", "/v1/daemon/stop", administer, "daemon.stop", "", stop_daemon, "Ends the daemon; running steps go on."},
};

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

/// The values of the parameters, when the pattern fits. `fixed`: how many segments were equal.
bool fits(std::string_view pattern, std::vector<std::string_view> const& path, std::vector<std::string>& parts, std::size_t& fixed) {
    auto const wanted = split(pattern, '/');
    if (wanted.size() != path.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (is_parameter(wanted[i]) && !path[i].empty()) {
            parts.emplace_back(path[i]);
            continue;
        }
        if (wanted[i] != path[i]) return false;
        ++fixed;
    }
    return true;
}

}  // namespace

std::span<Route const> routes() { return table; }

Match find_route(std::string_view method, std::string_view path) {
    auto const segments = split(path, '/');
    Match best;
    std::size_t best_fixed = 0;
    for (Route const& route : table) {
        std::vector<std::string> parts;
        std::size_t fixed = 0;
        if (!fits(route.pattern, segments, parts, fixed)) continue;
        if (best.allow.find(route.method) == std::string::npos) best.allow += (best.allow.empty() ? "" : ", ") + std::string(route.method);
        if (route.method != method || (best.route != nullptr && fixed <= best_fixed)) continue;
        best.route = &route;
        best.parts = std::move(parts);
        best_fixed = fixed;
    }
    return best;
}

std::string Asked::header(std::string const& name) const {
    auto const found = http.headers.find(name);
    return found == http.headers.end() ? std::string() : found->second;
}

std::string Asked::query(std::string const& name) const {
    auto const found = http.query.find(name);
    return found == http.query.end() ? std::string() : found->second;
}

bool Asked::accepts(std::string_view type) const { return header("accept").find(type) != std::string::npos; }

}  // namespace pawl::api
