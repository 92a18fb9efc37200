// pawl_sim: runs seeds, prints what it saw, fails when a checker speaks. `--mutant NAME` (with PAWL_MUTANT=NAME in the environment) turns
// that round: it succeeds when a checker speaks.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "tests/sim/simulation.h"

namespace {

struct Arguments {
    std::uint64_t first = 1, seeds = 20'000;
    int steps = 120;
    std::string mutant;
    bool verbose = false;
};

Arguments parse(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        std::string const word = words[i];
        char const* value = i + 1 < count ? words[i + 1] : "";
        if (word == "--seed") arguments.first = std::strtoull(value, nullptr, 10), arguments.seeds = 1, arguments.verbose = true, ++i;
        else if (word == "--seeds") arguments.seeds = std::strtoull(value, nullptr, 10), ++i;
        else if (word == "--first") arguments.first = std::strtoull(value, nullptr, 10), ++i;
        else if (word == "--steps") arguments.steps = std::atoi(value), ++i;
        else if (word == "--mutant") arguments.mutant = value, ++i;
        else std::fprintf(stderr, "usage: pawl_sim [--seeds N] [--first N] [--seed N] [--steps N] [--mutant NAME]\n"), std::exit(2);
    }
    return arguments;
}

/// Mutants are switched on by the environment, which is read once: start again with it.
void become_mutant(std::string const& name, char** words) {
    char const* now = std::getenv("PAWL_MUTANT");
    if (name.empty() || (now != nullptr && name == now)) return;
    setenv("PAWL_MUTANT", name.c_str(), 1);
    execv("/proc/self/exe", words);
    std::perror("execv");
    std::exit(2);
}

}  // namespace

int main(int count, char** words) {
    Arguments const arguments = parse(count, words);
    become_mutant(arguments.mutant, words);
    std::map<std::string, std::uint64_t> caught;
    std::uint64_t turns = 0, crashes = 0, runs = 0, launches = 0, commits = 0, fenced = 0, bad_seeds = 0;
    for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
        pawl::sim::SimulationOptions options{.seed = seed, .steps = arguments.steps};
        options.attempts_max = 1 + static_cast<int>(seed % 5);
        pawl::sim::SimulationResult const result = pawl::sim::simulate(options);
        bool const again = seed % 100 == 0 || arguments.verbose;
        bool const differs = again && pawl::sim::simulate(options).journal_hash != result.journal_hash;
        if (differs) std::printf("seed %llu: two rounds differ\n", static_cast<unsigned long long>(seed)), ++caught["deterministic"];
        turns += result.turns, crashes += result.crashes, runs += result.runs, launches += result.launches, commits += result.commits;
        fenced += result.fenced;
        if (!result.violations.empty() || differs) ++bad_seeds;
        for (pawl::sim::Violation const& violation : result.violations) {
            ++caught[violation.checker];
            if (arguments.mutant.empty() && (arguments.verbose || bad_seeds <= 5))
                std::printf("seed %llu: %s: %s\n", static_cast<unsigned long long>(seed), violation.checker.c_str(), violation.what.c_str());
        }
        if (!arguments.mutant.empty() && bad_seeds >= 3) break;
    }
    std::printf("turns %llu, crashes %llu, commits %llu, runs %llu, launches %llu, writes of replaced daemons refused %llu\n",
                static_cast<unsigned long long>(turns), static_cast<unsigned long long>(crashes), static_cast<unsigned long long>(commits),
                static_cast<unsigned long long>(runs), static_cast<unsigned long long>(launches), static_cast<unsigned long long>(fenced));
    if (!arguments.mutant.empty()) {
        for (auto const& [checker, times] : caught)
            std::printf("mutant %s caught by %s (%llu)\n", arguments.mutant.c_str(), checker.c_str(), static_cast<unsigned long long>(times));
        std::printf("%d passed, %d failed\n", caught.empty() ? 0 : 1, caught.empty() ? 1 : 0);
        return caught.empty() ? 1 : 0;
    }
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(arguments.seeds - bad_seeds),
                static_cast<unsigned long long>(bad_seeds));
    return bad_seeds == 0 ? 0 : 1;
}
