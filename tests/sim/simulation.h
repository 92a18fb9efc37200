// One simulated life of pawld: the real engine, turn and store (SQLite in memory) in a fake world, with crashes, failed and unknown
// commits, lost and doubled messages, a second daemon. Everything follows from one seed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/engine.h"
#include "daemon/store/store.h"
#include "daemon/turn.h"
#include "tests/sim/random.h"
#include "tests/sim/record.h"
#include "tests/sim/world.h"

namespace pawl::sim {

struct SimulationOptions {
    std::uint64_t seed = 1;
    int steps = 120;          ///< actions with faults; then the world is kind until all has ended
    int attempts_max = 4;
};

struct SimulationResult {
    std::vector<Violation> violations;
    std::uint64_t turns = 0, crashes = 0, commits = 0, runs = 0, launches = 0, unknown_commits = 0, fenced = 0;
    std::string journal_hash;  ///< equal for equal seeds
};

SimulationResult simulate(SimulationOptions const& options);

}  // namespace pawl::sim
