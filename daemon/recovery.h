// Start-up between the store and the engine: the lease, the plans of live runs, and what became of the attempts.
#pragma once

#include <cstdint>

#include "common/base/error.h"
#include "daemon/core/attempts.h"
#include "daemon/core/engine.h"
#include "daemon/store/reader.h"
#include "daemon/store/store.h"

namespace pawl {

/// Raises the fencing token, durably, and returns it: from here on an older daemon's writes are refused.
std::int64_t take_over(Store& store, StoredState& state);

/// Gives the engine every live run with its plan. A version that no longer loads leaves its runs alone (they are counted and logged).
void restore_runs(Engine& engine, std::vector<StoredRun> runs, Reader& reader);

/// Asks of every attempt that was live what became of it, and lets the engine go on.
void recover_attempts(Engine& engine, Attempts& attempts, UtcTime now);

}  // namespace pawl
