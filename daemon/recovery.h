// Start-up between the store and the engine: the lease, the plans of live runs, and what became of the attempts.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/base/error.h"
#include "daemon/core/attempts.h"
#include "daemon/core/engine.h"
#include "daemon/store/reader.h"
#include "daemon/store/store.h"

namespace pawl {

/// Raises the fencing token, durably, and returns it: from here on an older daemon's writes are refused.
std::int64_t take_over(Store& store, StoredState& state);

/// Reads a stored version, as Reader::source does.
using SourceOf = std::function<Result<StoredSource>(VersionId)>;
/// Gives the engine every live run with its plan. A version that no longer loads leaves its runs alone: they are returned, and counted by
/// the engine.
std::vector<RunId> restore_runs(Engine& engine, std::vector<StoredRun> runs, SourceOf const& source_of);

/// Asks of every attempt that was live what became of it, and lets the engine go on.
void recover_attempts(Engine& engine, Attempts& attempts, UtcTime now);

}  // namespace pawl
