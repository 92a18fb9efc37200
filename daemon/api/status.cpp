// Ping, status and the description of the API: answered from memory, without the read worker.
#include <dirent.h>
#include <unistd.h>

#include <fstream>

#include "common/base/time.h"
#include "daemon/api/openapi.h"
#include "daemon/api/routes.h"
#include "daemon/io/timer.h"

namespace pawl::api {
namespace {

std::int64_t resident_kib() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t all_pages = 0, resident_pages = 0;
    statm >> all_pages >> resident_pages;
    return resident_pages * (::sysconf(_SC_PAGESIZE) / 1024);
}

int open_descriptors() {
    DIR* const folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return 0;
    int count = 0;
    while (dirent const* entry = ::readdir(folder)) count += entry->d_name[0] == '.' ? 0 : 1;
    ::closedir(folder);
    return count - 1;  // not the one of this listing
}

Json status_json(DaemonStatus const& status, std::string const& version) {
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
        {"memory_kib", resident_kib()},
        {"fds", open_descriptors()},
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
    return Decoded{"daemon", [](Core& core, Ticket ticket) { core.answer(ticket, 200, status_json(core.context.status(), core.context.version)); }};
}

Result<Decoded> openapi(Asked const&) {
    return Decoded{"daemon", [](Core& core, Ticket ticket) { core.answer_text(ticket, 200, "application/yaml", std::string(openapi_yaml)); }};
}

}  // namespace pawl::api
