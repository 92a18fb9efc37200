// The API of packaging/schema/openapi.yaml on top of the HTTP server: decodes requests, authorises them, turns them into commands or reads,
// and answers. Loop thread only; what is slow (database reads, loading files, reading logs) runs on the read worker.
//
// Wiring, in main.cpp:
//   Api api(context);                                   // context: what is below; everything in it must outlive the Api
//   options.body_max = [&](auto&... a) { return api.body_max(a...); };
//   Server::listen(loop.raw(), options, [&](HttpRequest request, std::shared_ptr<Exchange> exchange) { api.handle(…); });
// In the turn, after a commit: api.perform(reply) for each Reply effect, api.run_changed(changed) for each RunChanged effect.
// Commands reach the engine through context.inbox as Event{Command}; refusals of foreign users as Event{Refused}.
// At the end: api.close() ends all streams (before Server::close), then the ReadWorker is destroyed, then the Api, then the Loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "daemon/core/effect.h"
#include "daemon/core/event.h"
#include "daemon/io/inbox.h"
#include "daemon/io/loop.h"
#include "daemon/io/run_files.h"
#include "daemon/io/server.h"
#include "daemon/store/reader.h"

namespace pawl {

class Artifacts;
class StepCache;

namespace api {
struct Core;
}

/// What GET /v1/status tells; from memory, so that it answers when the disk or the read worker does not.
struct DaemonStatus {
    UtcTime started_at{};
    std::string state = "ready";  ///< ready | degraded | draining
    std::string reason;           ///< of degraded
    std::string socket, state_dir, instance_id, boot_id;
    std::size_t runs_live = 0, runs_queued = 0, runs_running = 0, runs_waiting = 0;
    std::size_t attempts_live = 0, attempts_max = 64, attempts_queued = 0;
    std::size_t workflows = 0;
    std::size_t batches_waiting = 0;
    std::size_t shims_idle = 0, shims_busy = 0;
    std::size_t connections = 0;
};

struct ApiContext {
    Loop& loop;
    Inbox& inbox;
    ReadWorker& reads;
    /// A stored version by the name of its workflow. number 0: the active one (it must be answered when there is one). Other numbers may be
    /// answered where they are known; else they are looked up in the store.
    std::function<std::optional<VersionRow>(std::string_view name, int number)> version_of;
    std::function<DaemonStatus()> status;
    std::function<void()> stop;                 ///< POST /v1/daemon/stop was accepted: end, steps go on. Called after the answer was queued
    RunFiles const& files;                      ///< where the logs of attempts lie
    std::uint32_t daemon_uid = 65534;
    std::string version = "0.1.0";
    std::uint64_t ping_ms = 15'000;             ///< a silent stream gets a comment this often
    Artifacts const* artifacts = nullptr;       ///< none: there are none
    StepCache const* cache = nullptr;
};

class Api {
public:
    explicit Api(ApiContext context);
    ~Api();
    Api(Api&&) = delete;

    void handle(HttpRequest request, std::shared_ptr<Exchange> exchange);
    /// Effects of the engine, after their commit.
    void perform(Reply const& reply);
    void run_changed(RunChanged const& changed);
    /// Ends in a PlanLoaded in the inbox.
    void load_plan(LoadPlan const& wanted);
    /// How long a body this user may send with this request.
    std::uint64_t body_max(Identity const& who, std::string_view method, std::string_view target) const;
    /// Ends all streams and answers 503 to all who wait; whatever is asked later too.
    void close();
    std::size_t waiting() const;                ///< requests without their answer yet, streams included

private:
    std::shared_ptr<api::Core> core_;           // shared with work under way, which holds it weakly
};

}  // namespace pawl
