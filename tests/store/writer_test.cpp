// The thread that commits: order, merging, and what it does when the disk refuses.
#include "daemon/store/writer.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "common/base/error_codes.h"
#include "tests/catch.h"
#include "tests/store/bench.h"
#include "tests/store/fault_vfs.h"

using namespace pawl;
using namespace pawl::test;

namespace {

using Kind = StoreReport::Kind;

/// Keeps all reports in order; tests wait for one.
class Ear {
public:
    std::function<void(StoreReport)> hears() {
        return [this](StoreReport report) {
            {
                std::lock_guard const lock(mutex_);
                reports_.push_back(std::move(report));
            }
            changed_.notify_all();
        };
    }
    bool wait_for(Kind kind, std::uint64_t through = 0) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] {
            for (StoreReport const& report : reports_)
                if (report.kind == kind && report.through >= through) return true;
            return false;
        });
    }
    std::vector<StoreReport> all() const {
        std::lock_guard const lock(mutex_);
        return reports_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<StoreReport> reports_;
};

/// Counts what reaches the store, and can hold the writer's thread at the gate so that a queue forms.
class WatchedStore final : public Store {
public:
    struct Log {
        std::mutex mutex;
        std::condition_variable changed;
        bool open = true;
        bool waits = false;
        bool closed = false;
        std::vector<std::vector<std::uint64_t>> transactions;
    };
    explicit WatchedStore(Log& log) : log_(log) {}
    void commit(std::vector<Batch> const& batches) override {
        std::unique_lock lock(log_.mutex);
        log_.waits = true;
        log_.changed.notify_all();
        log_.changed.wait(lock, [this] { return log_.open; });
        auto& numbers = log_.transactions.emplace_back();
        for (Batch const& batch : batches) numbers.push_back(batch.number);
    }
    StoredState load() override { return {}; }
    std::uint64_t committed_batch() override { return 0; }
    void checkpoint() override {}
    void close() override { log_.closed = true; }

private:
    Log& log_;
};

Batch rows(std::uint64_t number, std::size_t count) {
    Batch batch{.number = number, .rows = {}};
    for (std::size_t i = 0; i < count; ++i) batch.rows.push_back(MetaRow{"n", static_cast<std::int64_t>(i)});
    return batch;
}

constexpr WriterLimits quick{.retry_delay = 1ms, .fatal_after = 20ms, .last_wait = 10ms, .idle_before_checkpoint = 1ms, .reserve_bytes = 4096};

}  // namespace

TEST_CASE("what arrives during a commit forms the next, up to the limit of rows, and never splits a batch", "[store][writer]") {
    WatchedStore::Log log;
    log.open = false;
    Ear ear;
    {
        Writer writer(std::make_unique<WatchedStore>(log), "", ear.hears());
        writer.submit(rows(1, 1));
        {
            std::unique_lock lock(log.mutex);
            REQUIRE(log.changed.wait_for(lock, 20s, [&] { return log.waits; }));
        }
        writer.submit(rows(2, 1500));
        writer.submit(rows(3, 500));   // 2,000 together
        writer.submit(rows(4, 1));
        writer.submit(rows(5, 5000));  // too large for any, so alone
        writer.submit(rows(6, 1));
        CHECK(writer.waiting() == 6);
        {
            std::lock_guard const lock(log.mutex);
            log.open = true;
        }
        log.changed.notify_all();
        REQUIRE(ear.wait_for(Kind::committed, 6));
        CHECK(writer.waiting() == 0);
    }
    CHECK(log.transactions == std::vector<std::vector<std::uint64_t>>{{1}, {2, 3}, {4}, {5}, {6}});
    CHECK(log.closed);
    std::vector<std::uint64_t> through;
    for (StoreReport const& report : ear.all()) through.push_back(report.through);
    CHECK(through == std::vector<std::uint64_t>{1, 3, 4, 5, 6});
}

TEST_CASE("the end commits what waits and closes the store clean", "[store][writer]") {
    Folder folder;
    std::string const path = folder.path("pawl.db");
    Ear ear;
    {
        Writer writer(*Store::open({.path = path}), "", ear.hears());
        for (std::uint64_t n = 1; n <= 50; ++n) writer.submit(Batch{.number = n, .rows = {queued_run(static_cast<std::int64_t>(n))}});
    }
    auto store = *Store::open({.path = path});
    CHECK(store->load().was_clean);
    CHECK(store->committed_batch() == 50);
    CHECK(store->load().runs.size() == 50);
    CHECK(ear.all().back().through == 50);
}

TEST_CASE("on a full disk the reserve is given free, nothing is dropped, and room brings it back to normal", "[store][writer]") {
    Folder folder;
    std::string const reserve = folder.path("reserve.bin");
    FaultDisk disk;
    Ear ear;
    WriterLimits limits = quick;
    limits.idle_before_checkpoint = 1h;  // one in between would make room: the log is written from its beginning again
    {
        Writer writer(*Store::open({.path = "/a.db", .vfs = disk.name()}), reserve, ear.hears(), limits);
        writer.submit(Batch{.number = 1, .rows = {queued_run(1)}});
        REQUIRE(ear.wait_for(Kind::committed, 1));
        CHECK(std::filesystem::file_size(reserve) == quick.reserve_bytes);
        disk.limit(1);
        writer.submit(Batch{.number = 2, .rows = {queued_run(2)}});
        REQUIRE(ear.wait_for(Kind::degraded));
        writer.submit(Batch{.number = 3, .rows = {queued_run(3)}});
        CHECK_FALSE(std::filesystem::exists(reserve));
        CHECK(writer.waiting() == 2);
        CHECK(ear.all().back().reason.find("the disk is full") == 0);
        disk.limit(0);
        REQUIRE(ear.wait_for(Kind::committed, 3));
        REQUIRE(ear.wait_for(Kind::resumed));
        CHECK(std::filesystem::file_size(reserve) == quick.reserve_bytes);
    }
    auto store = *Store::open({.path = "/a.db", .vfs = disk.name()});
    CHECK(store->load().runs.size() == 3);
    CHECK(store->load().was_clean);
}

TEST_CASE("a disk that stays full is waited for, and the end does not hang on it", "[store][writer]") {
    FaultDisk disk;
    Ear ear;
    {
        Writer writer(*Store::open({.path = "/a.db", .vfs = disk.name()}), "", ear.hears(), quick);
        disk.limit(1);
        writer.submit(Batch{.number = 1, .rows = {queued_run(1)}});
        REQUIRE(ear.wait_for(Kind::degraded));
    }
    disk.limit(0);
    for (StoreReport const& report : ear.all()) CHECK((report.kind != Kind::fatal && report.kind != Kind::committed));
    CHECK((*Store::open({.path = "/a.db", .vfs = disk.name()}))->committed_batch() == 0);
}

TEST_CASE("one failed write is repeated after asking the file what it holds", "[store][writer]") {
    FaultDisk disk;
    Ear ear;
    Writer writer(*Store::open({.path = "/a.db", .vfs = disk.name()}), "", ear.hears(), quick);
    disk.plan({.at = 4});
    writer.submit(Batch{.number = 1, .rows = {queued_run(1)}});
    REQUIRE(ear.wait_for(Kind::committed, 1));
    REQUIRE(ear.wait_for(Kind::resumed));
    CHECK(disk.failed());
    CHECK(ear.all().front().kind == Kind::degraded);
}

TEST_CASE("input and output errors that do not end are fatal", "[store][writer]") {
    FaultDisk disk;
    Ear ear;
    Writer writer(*Store::open({.path = "/a.db", .vfs = disk.name()}), "", ear.hears(), quick);
    disk.plan({.at = 1, .sticky = true});
    writer.submit(Batch{.number = 1, .rows = {queued_run(1)}});
    REQUIRE(ear.wait_for(Kind::fatal));
    CHECK(ear.all().back().reason.find("the disk refuses") == 0);
    CHECK(writer.waiting() == 1);
}

TEST_CASE("a lost fence is fatal at once", "[store][writer]") {
    StoreBench bench;
    Ear ear;
    Writer writer(*Store::open({.path = ":memory:"}), "", ear.hears());
    writer.submit(Batch{.number = 1, .rows = {queued_run(1)}});
    writer.submit(Batch{.number = 2, .rows = {queued_run(1)}});
    REQUIRE(ear.wait_for(Kind::fatal));
    CHECK(ear.all().back().reason.find("another daemon has taken over") == 0);
}

TEST_CASE("without room for the reserve the writer starts degraded and still commits", "[store][writer]") {
    Folder folder;
    Ear ear;
    Writer writer(*Store::open({.path = ":memory:"}), folder.path("missing/reserve.bin"), ear.hears(), quick);
    REQUIRE(ear.wait_for(Kind::degraded));
    writer.submit(Batch{.number = 1, .rows = {queued_run(1)}});
    REQUIRE(ear.wait_for(Kind::committed, 1));
    std::filesystem::create_directory(folder.path("missing"));
    REQUIRE(ear.wait_for(Kind::resumed));
}
