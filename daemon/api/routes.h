// The route table: what can be asked, who may ask it, and the function that decodes the question. One row a route; openapi.yaml has the same rows.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/core.h"

namespace pawl::api {

/// What a request does, for authorisation. Each route names one; there is no default.
enum class Permission : std::uint8_t { view, operate, deploy, administer };

/// A request on its way to its route.
struct Asked : std::enable_shared_from_this<Asked> {
    HttpRequest http;
    std::vector<std::string> parts;     ///< the values of {…} in the pattern, in order
    std::string action;                 ///< the route's
    /// A header; empty when it did not come.
    std::string header(std::string const& name) const;
    std::string query(std::string const& name) const;
    /// The Accept header names this type.
    bool accepts(std::string_view type) const;
};

/// What was understood. Authorisation is decided between decoding and acting, on `object`.
struct Decoded {
    std::string object;                 ///< "workflow/nightly", "run/812": for authorisation and audit
    std::function<void(Core&, Ticket)> act;
    std::string_view action = {};       ///< when it is not the route's: names as the engine audits them
};
using Decode = Result<Decoded> (*)(Asked const&);

struct Route {
    std::string_view method;
    std::string_view pattern;           ///< "/v1/runs/{id}/steps/{step}/resolve"
    Permission permission;
    std::string_view action;            ///< in the audit: "run.start"
    std::string_view query;             ///< names of query parameters, separated by spaces
    Decode decode;
    std::string_view doc;               ///< one sentence, as in openapi.yaml
};
std::span<Route const> routes();

struct Match {
    Route const* route = nullptr;       ///< null: nothing fits
    std::vector<std::string> parts;
    std::string allow;                  ///< the path exists with these methods: "GET, DELETE"
};
/// A fixed segment wins over {…}: /v1/runs/last is no id.
Match find_route(std::string_view method, std::string_view path);

// The decoding functions, by file.
Result<Decoded> ping(Asked const&);             // status.cpp
Result<Decoded> daemon_status(Asked const&);
Result<Decoded> openapi(Asked const&);
Result<Decoded> list_workflows(Asked const&);   // lists.cpp
Result<Decoded> list_versions(Asked const&);
Result<Decoded> list_runs(Asked const&);
Result<Decoded> list_audit(Asked const&);
Result<Decoded> show_workflow(Asked const&);
Result<Decoded> show_run(Asked const&);
Result<Decoded> show_last_run(Asked const&);
Result<Decoded> deploy(Asked const&);           // deploy.cpp
Result<Decoded> roll_back(Asked const&);
Result<Decoded> remove_workflow(Asked const&);
Result<Decoded> start_run(Asked const&);        // start.cpp
Result<Decoded> exec(Asked const&);
Result<Decoded> cancel_run(Asked const&);       // run_commands.cpp
Result<Decoded> retry_run(Asked const&);
Result<Decoded> resolve_step(Asked const&);
Result<Decoded> drain(Asked const&);
Result<Decoded> approve_run(Asked const&);
Result<Decoded> reject_run(Asked const&);
Result<Decoded> stop_daemon(Asked const&);
Result<Decoded> run_events(Asked const&);       // run_stream.cpp
Result<Decoded> run_logs(Asked const&);         // log_stream.cpp
Result<Decoded> list_artifacts(Asked const&);   // artifacts.cpp
Result<Decoded> get_artifact(Asked const&);
Result<Decoded> list_cache(Asked const&);       // cache.cpp
Result<Decoded> remove_cache(Asked const&);

}  // namespace pawl::api
