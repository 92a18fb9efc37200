// store_harness io|full|power: drives the store over a disk that fails, and checks after each fault what is left.
//   io, full  the n-th call of the disk fails, once and for good, for n = 1 … count; a failing write is torn every other time
//   power     the power goes at a random call; unsynced sectors are lost, kept or torn
//   --count N, --seed S, --no-sync (power: the control without full synchronisation), --expect-loss: succeed when faults are found
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "daemon/store/writer.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/harness/workload.h"

namespace pawl::test {
namespace {

using Problem = std::optional<std::string>;
constexpr char path[] = "/store.db";

/// What the writer has said, for a test that waits for it.
class Listener {
public:
    void hear(StoreReport const& report) {
        {
            std::lock_guard const lock(mutex_);
            if (report.kind == StoreReport::Kind::committed) through_ = report.through;
            if (report.kind == StoreReport::Kind::degraded) degraded_ = true;
            if (report.kind == StoreReport::Kind::fatal) fatal_ = report.reason;
        }
        changed_.notify_all();
    }
    /// False: the writer neither got there, nor failed, in time.
    bool wait(std::uint64_t through, bool failing_suffices) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
            return through_ >= through || !fatal_.empty() || (failing_suffices && degraded_);
        });
    }
    std::uint64_t through() const {
        std::lock_guard const lock(mutex_);
        return through_;
    }
    std::string fatal() const {
        std::lock_guard const lock(mutex_);
        return fatal_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t through_ = 0;
    bool degraded_ = false;
    std::string fatal_;
};

constexpr WriterLimits quick{.retry_delay = std::chrono::milliseconds(1), .fatal_after = std::chrono::seconds(15),
                             .last_wait = std::chrono::milliseconds(0), .idle_before_checkpoint = std::chrono::milliseconds(1),
                             .rows_max = 12, .reserve_bytes = 0};

/// The disk works again: everything acknowledged is there, and the stream goes on where it stopped. `stored`: its number afterwards.
Problem go_on(FaultDisk& disk, std::uint64_t acknowledged, std::uint64_t submitted, std::uint64_t more, std::uint64_t& stored) {
    {
        auto const store = Store::open({.path = path, .vfs = disk.name()});
        if (!store) return "cannot be opened again: " + store.error().message;
    }
    if (Problem problem = mistake_in(path, disk.name(), acknowledged, submitted)) return problem;
    auto store = Store::open({.path = path, .vfs = disk.name()});
    if (!store) return "cannot be opened a third time: " + store.error().message;
    stored = (*store)->committed_batch();
    for (std::uint64_t i = 0; i < more; ++i) (*store)->commit({batch_of_stream(++stored)});
    (*store)->close();
    return mistake_in(path, disk.name(), stored, stored);
}

/// `calls`: how many the scenario has made.
Problem fail_one_call(FaultDisk::Fault fault, std::uint64_t& calls) {
    constexpr std::uint64_t batches = 60;
    FaultDisk disk;
    disk.plan(fault);
    Listener listener;
    if (auto store = Store::open({.path = path, .vfs = disk.name()})) {
        Writer writer(*std::move(store), "", [&](StoreReport const& report) { listener.hear(report); }, quick);
        for (std::uint64_t number = 1; number <= batches; ++number) writer.submit(batch_of_stream(number));
        if (!listener.wait(batches, fault.sticky)) return "the writer never came back";
        if (!fault.sticky && !listener.fatal().empty()) return "the writer gave up: " + listener.fatal();
    } else if (!disk.failed()) {
        return "refused without a fault: " + store.error().message;
    }
    calls = disk.calls();
    disk.plan({});
    std::uint64_t stored = 0;
    return go_on(disk, listener.through(), batches, 8, stored);
}

/// Several losses of power in the life of one store, each at a random call.
Problem lose_power(std::uint64_t seed, bool full_sync) {
    std::mt19937_64 random(seed);
    auto const below = [&](std::uint64_t limit) { return random() % limit; };
    FaultDisk disk;
    std::uint64_t acknowledged = 0;  // by a commit that promised to survive this
    std::uint64_t submitted = 0;
    std::uint64_t const losses = 1 + below(3);
    for (std::uint64_t loss = 0; loss < losses; ++loss) {
        disk.plan({.at = 1 + below(400), .sticky = true, .failure = FaultDisk::Failure::io, .torn = below(2) == 0});
        try {
            auto store = Store::open({.path = path, .vfs = disk.name(), .full_sync = full_sync});
            std::uint64_t number = store ? (*store)->committed_batch() : 0;
            while (store && !disk.failed()) {
                std::vector<Batch> group;
                bool full = false;
                for (std::uint64_t i = 0, size = 1 + below(4); i < size; ++i) {
                    auto const durability = below(4) == 0 ? flow::Durability::normal : flow::Durability::full;
                    full = full || durability == flow::Durability::full;
                    group.push_back(batch_of_stream(++number, durability));
                }
                submitted = std::max(submitted, number);
                (*store)->commit(group);
                if (full) acknowledged = number;
                if (below(8) == 0) (*store)->checkpoint();
            }
            disk.lose_power(random());
        } catch (StoreFailure const&) {
            disk.lose_power(random());
        }
        disk.plan({});
        if (Problem problem = go_on(disk, acknowledged, submitted, below(6), submitted)) return problem;
        acknowledged = submitted;
    }
    return std::nullopt;
}

struct Options {
    std::string mode;
    std::uint64_t count = 0;
    std::uint64_t seed = 1;
    bool full_sync = true;
    bool expect_loss = false;
};

/// Anything a round throws is a fault of the store, too.
template <class Round>
Problem guarded(Round round) {
    try {
        return round();
    } catch (std::exception const& error) {
        return std::string("thrown: ") + error.what();
    }
}

class Score {
public:
    void count(std::string const& round, Problem const& problem) {
        if (!problem) {
            ++passed_;
            return;
        }
        if (++failed_ <= 10) std::printf("%s: %s\n", round.c_str(), problem->c_str());
    }
    int verdict(bool expect_loss) const {
        std::printf("%d passed, %d failed\n", passed_, failed_);
        return (failed_ > 0) == expect_loss ? 0 : 1;
    }

private:
    int passed_ = 0, failed_ = 0;
};

void run_failures(Options const& options, FaultDisk::Failure failure, Score& score) {
    std::uint64_t calls = 1;
    for (std::uint64_t n = 1; n <= options.count && n <= calls; ++n) {
        for (bool const sticky : {false, true}) {
            FaultDisk::Fault const fault{.at = n, .sticky = sticky, .failure = failure, .torn = n % 2 == 0};
            std::string const round = "call " + std::to_string(n) + (sticky ? " and all behind it" : "");
            std::uint64_t made = 0;
            score.count(round, guarded([&] { return fail_one_call(fault, made); }));
            if (!sticky) calls = std::max(made, n + 1);
        }
    }
}

void run_power(Options const& options, Score& score) {
    for (std::uint64_t i = 0; i < options.count; ++i) {
        std::uint64_t const seed = options.seed + i;
        score.count("seed " + std::to_string(seed), guarded([&] { return lose_power(seed, options.full_sync); }));
    }
}

int run(Options const& options) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    Score score;
    if (options.mode == "io") run_failures(options, FaultDisk::Failure::io, score);
    else if (options.mode == "full") run_failures(options, FaultDisk::Failure::full, score);
    else if (options.mode == "power") run_power(options, score);
    else return std::fprintf(stderr, "usage: store_harness io|full|power [--count N] [--seed S] [--no-sync] [--expect-loss]\n"), 2;
    return score.verdict(options.expect_loss);
}

}  // namespace
}  // namespace pawl::test

int main(int argc, char** argv) {
    pawl::test::Options options{.mode = argc > 1 ? argv[1] : ""};
    options.count = options.mode == "power" ? 300 : 1000;
    for (int i = 2; i < argc; ++i) {
        std::string_view const word = argv[i];
        if (word == "--count" && i + 1 < argc) options.count = std::strtoull(argv[++i], nullptr, 10);
        else if (word == "--seed" && i + 1 < argc) options.seed = std::strtoull(argv[++i], nullptr, 10);
        else if (word == "--no-sync") options.full_sync = false;
        else if (word == "--expect-loss") options.expect_loss = true;
        else options.mode.clear();
    }
    return pawl::test::run(options);
}
