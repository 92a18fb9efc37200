// Named places at which a test may kill the process, and planted faults (mutants) that the tests must catch. Test builds only
// (-DPAWL_CRASH_POINTS): elsewhere both cost nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace pawl {

/// Every crash point there is. A name that is not here does not compile; the crash test visits all of them and fails when one is never reached.
/// Those of `shim.*` are passed by pawl-shim (daemon/shim/crash.h).
inline constexpr auto crash_points = std::to_array<std::string_view>({
    "turn.taken", "turn.decided", "turn.prepared",
    "store.begin", "store.rows", "store.before_commit", "store.after_commit", "store.checkpoint",
    "outbox.before.launch", "outbox.before.stop", "outbox.before.notify", "outbox.before.http", "outbox.before.emit",
    "outbox.after.launch", "outbox.after.stop", "outbox.after.notify", "outbox.after.http", "outbox.after.emit",
    "outbox.mark.launch", "outbox.mark.stop", "outbox.mark.notify", "outbox.mark.http", "outbox.mark.emit",
    "reply.before", "reply.half",
    "attempts.spawned", "attempts.spec_sealed", "attempts.sent", "attempts.done_read", "attempts.adopting",
    "attempts.void_locked", "attempts.void_written",
    "table.allocated", "table.renamed", "table.rotated", "table.deleted",
    "recover.opened", "recover.fenced", "recover.classified", "recover.committed", "recover.replayed",
    "shim.spec_read", "shim.locked", "shim.claimed", "shim.forked", "shim.started", "shim.child_ended", "shim.group_killed",
    "shim.reaped", "shim.before_exit", "shim.after_exit", "shim.unlocked",
    "deploy.checked", "deploy.stored",
    "trigger.due", "trigger.fired", "trigger.watermark",
    "backup.half", "backup.verified", "backup.renamed",
    "migrate.before", "migrate.inside", "migrate.after",
    "retention.files", "disk.resumed",
    "artifacts.begun", "artifacts.copied", "artifacts.kept", "cache.looked", "cache.remembered", "keep.told",
});

/// Its place in the table, or the table's size for an unknown name.
consteval std::size_t crash_point_index(std::string_view name) {
    for (std::size_t i = 0; i < crash_points.size(); ++i)
        if (crash_points[i] == name) return i;
    return crash_points.size();
}

/// PAWL_CRASH_AT=name[:n] in the environment: the process sends itself SIGKILL at the n-th passage (the first without n).
/// PAWL_CRASH_TRACE=file: the name is appended to that file at its first passage. Safe on every thread.
void pass_crash_point(std::size_t index) noexcept;
/// Whether the next passage is the one that dies: for points that leave something half done.
bool crash_point_is_next(std::size_t index) noexcept;
/// True when PAWL_MUTANT in the environment is this name.
bool mutant_active(std::string_view name) noexcept;

}  // namespace pawl

#ifdef PAWL_CRASH_POINTS
#define PAWL_CRASH_POINT(name)                                                                                              \
    do {                                                                                                                    \
        static_assert(::pawl::crash_point_index(name) < ::pawl::crash_points.size(), "add the name to crash_points");       \
        ::pawl::pass_crash_point(::pawl::crash_point_index(name));                                                          \
    } while (false)
#define PAWL_CRASH_IS_NEXT(name) (::pawl::crash_point_is_next(::pawl::crash_point_index(name)))
#define PAWL_MUTANT(name) (::pawl::mutant_active(name))
#else
#define PAWL_CRASH_POINT(name) \
    static_assert(::pawl::crash_point_index(name) < ::pawl::crash_points.size(), "add the name to crash_points")
#define PAWL_CRASH_IS_NEXT(name) (false)
#define PAWL_MUTANT(name) (false)
#endif
