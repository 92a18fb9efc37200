// Group commit on a thread of its own, and what to do when the disk refuses.
#include "daemon/store/writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/crash_point.h"
#include "daemon/store/database.h"
#include "daemon/store/reserve.h"

namespace pawl {
namespace {

using Clock = std::chrono::steady_clock;

std::string explain(StoreFailure const& failure) {
    std::string const what = failure.what();
    switch (trouble_of(failure.code)) {
    case Trouble::disk_full: return "the disk is full: " + what;
    case Trouble::io: return "the disk refuses: " + what;
    case Trouble::damaged: return "the database is damaged: " + what;
    case Trouble::bug: return "the database refuses a row: " + what;
    }
    return what;
}

}  // namespace

/// The queue is shared with those who submit; all else belongs to the thread.
struct Writer::Core {
    Core(std::unique_ptr<Store> store, std::string reserve, std::function<void(StoreReport)> report, WriterLimits limits)
        : store_(std::move(store)), report_(std::move(report)), limits_(limits), reserve_(std::move(reserve), limits.reserve_bytes) {
        thread_ = std::thread([this] { work(); });
    }

    void submit(Batch batch);
    std::size_t waiting() const;
    void end();

private:
    void work();
    bool take();                  ///< false: nothing waits and the end is near
    void commit();
    void settle_unknown();
    void report_stored(std::uint64_t through);
    void fail(StoreFailure const& failure);
    void degrade(std::string reason);
    void die(std::string reason);
    void recover();
    void wait_for_retry();
    void checkpoint();
    void close();

    std::unique_ptr<Store> store_;
    std::function<void(StoreReport)> report_;
    WriterLimits const limits_;
    Reserve const reserve_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> queue_;
    std::size_t in_hand_ = 0;     ///< batches of `group_`, for waiting()
    std::optional<Clock::time_point> end_by_;  ///< set once the end was asked for

    std::vector<Batch> group_;    ///< what is being committed; never dropped
    bool outcome_unknown_ = false;  ///< the last commit failed: the file knows whether it happened
    bool degraded_ = false;
    bool needs_checkpoint_ = false;
    bool dead_ = false;
    Clock::time_point next_recovery_;
    std::optional<Clock::time_point> failing_since_;  ///< the first of the I/O errors in a row
    std::thread thread_;
};

void Writer::Core::submit(Batch batch) {
    {
        std::lock_guard const lock(mutex_);
        queue_.push_back(std::move(batch));
    }
    changed_.notify_one();
}

std::size_t Writer::Core::waiting() const {
    std::lock_guard const lock(mutex_);
    return queue_.size() + in_hand_;
}

void Writer::Core::end() {
    {
        std::lock_guard const lock(mutex_);
        end_by_ = Clock::now() + limits_.last_wait;
    }
    changed_.notify_one();
    thread_.join();
}

void Writer::Core::work() {
    if (!reserve_.make()) degrade("no room for the reserve file");
    while (!dead_ && take()) commit();
    if (!dead_) close();
}

/// Waits for batches and moves a group of them out of the queue. While it waits: a checkpoint, and attempts to leave degraded mode.
bool Writer::Core::take() {
    std::unique_lock lock(mutex_);
    while (group_.empty() && queue_.empty()) {
        if (end_by_) return false;
        auto const something = [this] { return !queue_.empty() || end_by_.has_value(); };
        if (degraded_) {
            changed_.wait_for(lock, limits_.retry_delay, something);
            lock.unlock();
            recover();
            lock.lock();
        } else if (!needs_checkpoint_) {
            changed_.wait(lock, something);
        } else if (!changed_.wait_for(lock, limits_.idle_before_checkpoint, something)) {
            lock.unlock();
            checkpoint();
            lock.lock();
        }
    }
    std::size_t rows = 0;
    for (Batch const& batch : group_) rows += batch.rows.size();
    while (!queue_.empty() && (group_.empty() || rows + queue_.front().rows.size() <= limits_.rows_max)) {
        rows += queue_.front().rows.size();
        group_.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    in_hand_ = group_.size();
    return true;
}

void Writer::Core::commit() {
    try {
        if (outcome_unknown_) settle_unknown();
        if (!group_.empty()) store_->commit(group_);
        if (!group_.empty()) report_stored(group_.back().number);
        failing_since_.reset();
        recover();
    } catch (StoreFailure const& failure) {
        outcome_unknown_ = true;
        fail(failure);
    } catch (FenceLost const& lost) {
        die(std::string("another daemon has taken over: ") + lost.what());
    }
}

/// A failed COMMIT may have happened all the same.
void Writer::Core::settle_unknown() {
    std::uint64_t const stored = store_->committed_batch();
    outcome_unknown_ = false;
    if (stored >= group_.front().number) report_stored(std::min(stored, group_.back().number));
}

void Writer::Core::report_stored(std::uint64_t through) {
    std::erase_if(group_, [&](Batch const& batch) { return batch.number <= through; });
    needs_checkpoint_ = true;
    {
        std::lock_guard const lock(mutex_);
        in_hand_ = group_.size();
    }
    report_({.kind = StoreReport::Kind::committed, .through = through, .reason = {}});
}

void Writer::Core::fail(StoreFailure const& failure) {
    Trouble const trouble = trouble_of(failure.code);
    if (trouble == Trouble::damaged || trouble == Trouble::bug) return die(explain(failure));
    if (trouble == Trouble::disk_full) {
        failing_since_.reset();
        reserve_.give_free();
    } else {
        if (!failing_since_) failing_since_ = Clock::now();
        if (Clock::now() - *failing_since_ >= limits_.fatal_after) return die(explain(failure));
    }
    degrade(explain(failure));
    wait_for_retry();
}

void Writer::Core::degrade(std::string reason) {
    if (std::exchange(degraded_, true)) return;
    next_recovery_ = Clock::now();
    report_({.kind = StoreReport::Kind::degraded, .through = 0, .reason = std::move(reason)});
}

void Writer::Core::die(std::string reason) {
    dead_ = true;
    report_({.kind = StoreReport::Kind::fatal, .through = 0, .reason = std::move(reason)});
}

/// Back to normal when nothing fails and the reserve lies there again.
void Writer::Core::recover() {
    if (!degraded_ || failing_since_ || !group_.empty() || Clock::now() < next_recovery_) return;
    next_recovery_ = Clock::now() + limits_.retry_delay;
    if (!reserve_.has_room() || !reserve_.make()) return;
    PAWL_CRASH_POINT("disk.resumed");
    degraded_ = false;
    report_({.kind = StoreReport::Kind::resumed, .through = 0, .reason = {}});
}

/// Another batch ends the wait early: it may be a stop that frees room. Past the last moment the thread gives up.
void Writer::Core::wait_for_retry() {
    std::unique_lock lock(mutex_);
    std::size_t const before = queue_.size();
    bool const had_end = end_by_.has_value();
    changed_.wait_for(lock, limits_.retry_delay, [&] { return queue_.size() > before || end_by_.has_value() != had_end; });
    if (end_by_ && Clock::now() >= *end_by_) dead_ = true;
}

/// Failing is no harm: the rows are durable in the log, and the next one tries again.
void Writer::Core::checkpoint() {
    needs_checkpoint_ = false;
    try {
        store_->checkpoint();
    } catch (StoreFailure const&) {
    }
}

void Writer::Core::close() {
    try {
        store_->close();
    } catch (StoreFailure const&) {  // the next start finds the store unclean and checks it
    }
}

Writer::Writer(std::unique_ptr<Store> store, std::string reserve, std::function<void(StoreReport)> report, WriterLimits limits)
    : core_(std::make_unique<Core>(std::move(store), std::move(reserve), std::move(report), limits)) {}

Writer::~Writer() { core_->end(); }

void Writer::submit(Batch batch) { core_->submit(std::move(batch)); }

std::size_t Writer::waiting() const { return core_->waiting(); }

}  // namespace pawl
