// Every planted fault must be caught by its scenario: a checker that never failed is no checker.
#include <sys/wait.h>

#include <cstdio>

#include "tests/shim/scenarios.h"
#include "tests/shim/world.h"

namespace pawl::harness {
namespace {

struct Mutant {
    char const* name;
    char const* scenario;
    char const* count;
};
constexpr Mutant planted[] = {
    {"no_lock_check", "double", "40"},    {"orphan_unrecorded", "statuses", "40"}, {"reap_before_kill", "reap-order", "2"},
    {"no_cap", "flood", "8"},             {"no_sweep", "killed", "4"},             {"no_descendants", "trees", "4"},
};

}  // namespace

void mutants(int /*count*/) {
#ifndef PAWL_CRASH_POINTS
    throw Skipped{"built without mutants"};
#endif
    for (Mutant const& mutant : planted) {
        std::printf("--- mutant %s in %s: failures are expected\n", mutant.name, mutant.scenario);
        std::fflush(stdout);
        int const broken = await_exit(start_self({mutant.scenario, "--count", mutant.count}, {std::string("PAWL_MUTANT=") + mutant.name}));
        check(WIFEXITED(broken) && WEXITSTATUS(broken) == 1, std::string(mutant.name) + " was not caught");
        int const sound = await_exit(start_self({mutant.scenario, "--count", mutant.count}));
        check(WIFEXITED(sound) && WEXITSTATUS(sound) == 0, std::string(mutant.scenario) + " fails without a mutant");
    }
    std::printf("---\n");
}

}  // namespace pawl::harness
