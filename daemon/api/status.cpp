// Ping, status and the description of the API: answered from memory, without the read worker.
#include <unistd.h>

#include "common/base/time.h"
#include "daemon/api/openapi.h"
#include "daemon/api/routes.h"
#include "daemon/io/timer.h"

namespace pawl::api {
namespace {

Json status_json(DaemonStatus const& status, ProcessFigures const& process, std::string const& version) {
    return JsonMap{
        {"version", version},
        {"pid", ::getpid()},
        {"started_at", format_utc(status.started_at)},
        {"uptime_ms", (wall_clock_now() - status.started_at).count() / 1000},
        {"state", status.state},
        {"reason", status.reason},
        {"socket", status.socket},
        {"state_dir", status.state_dir},
        {"instance_id", status.instance_id},
        {"boot_id", status.boot_id},
        {"runs", JsonMap{{"live", status.runs_live}, {"queued", status.runs_queued}, {"running", status.runs_running}, {"waiting", status.runs_waiting}}},
        {"attempts", JsonMap{{"live", status.attempts_live}, {"max", status.attempts_max}, {"queued", status.attempts_queued}}},
        {"workflows", status.workflows},
        {"memory_kib", process.resident_kib},
        {"fds", process.descriptors},
        {"store", JsonMap{{"waiting_batches", status.batches_waiting}}},
        {"shims", JsonMap{{"idle", status.shims_idle}, {"busy", status.shims_busy}}},
        {"connections", status.connections},
    };
}

}  // namespace

Result<Decoded> ping(Asked const&) {
    return Decoded{"daemon", [](Core& core, Ticket ticket) {
        core.answer(ticket, 200, JsonMap{{"version", core.context.version}, {"pid", ::getpid()}, {"api", 1}});
    }};
}

Result<Decoded> daemon_status(Asked const&) {
    return Decoded{"daemon", [](Core& core, Ticket ticket) {
        ProcessFigures const& process = core.meter.at(uv_now(&core.context.loop.raw()));
        core.answer(ticket, 200, status_json(core.context.status(), process, core.context.version));
    }};
}

Result<Decoded> openapi(Asked const&) {
    return Decoded{"daemon", [](Core& core, Ticket ticket) { core.answer_text(ticket, 200, "application/yaml", std::string(openapi_yaml)); }};
}

}  // namespace pawl::api
