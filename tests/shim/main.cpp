// shim_harness SCENARIO [--count N]: real shims and processes under fire. Prints "N passed, N failed"; exit 0 only when none failed.
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/shim/scenarios.h"
#include "tests/shim/world.h"

namespace {

struct Scenario {
    std::string_view name;
    void (*run)(int);
    int count;  ///< without --count
};

using namespace pawl::harness;
constexpr Scenario scenarios[] = {
    {"double", double_launches, 1000}, {"exec-errors", exec_errors, 5},   {"clean", clean_child, 1},
    {"void", revocation, 200},         {"damage", damaged_slots, 100},    {"full-disk", full_disk, 5},
    {"statuses", statuses_recovered, 2000}, {"away", away, 5},            {"shim-crashes", shim_crashes, 3},
    {"daemon-crashes", daemon_crashes, 3},  {"killed", shims_killed, 200}, {"frozen", shims_frozen, 2},
    {"trees", trees, 200},             {"reap-order", reap_order, 5},     {"flood", flood, 64},
    {"protocol", protocol_abuse, 1},   {"mutants", mutants, 1},
};

int usage() {
    std::fprintf(stderr, "usage: shim_harness SCENARIO [--count N]\n");
    for (Scenario const& scenario : scenarios)
        std::fprintf(stderr, "  %-16s %d\n", std::string(scenario.name).c_str(), scenario.count);
    return 64;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (arguments.empty()) return usage();
    if (arguments[0] == "--child") return act_as_child({arguments.begin() + 1, arguments.end()});
    if (arguments[0] == "--daemon") return act_as_daemon({arguments.begin() + 1, arguments.end()});
    for (Scenario const& scenario : scenarios) {
        if (arguments[0] != scenario.name) continue;
        bool const counted = arguments.size() == 3 && arguments[1] == "--count";
        if (!counted && arguments.size() != 1) return usage();
        try {
            scenario.run(counted ? std::atoi(arguments[2].c_str()) : scenario.count);
        } catch (Skipped const& skipped) {
            std::printf("skipped: %s\n", skipped.reason.c_str());
            return 77;
        }
        print_checks();
        return checks_failed() == 0 ? 0 : 1;
    }
    return usage();
}
