// A queue of orders and up to four threads, each begun when an order finds the others busy.
#include "daemon/work/sql_worker.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/work/sql_query.h"

namespace pawl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t threads_max = 4;
constexpr auto lock_look = std::chrono::milliseconds(20);  ///< between two looks at a lock of another program

}  // namespace

struct SqlWorker::Core {
    struct Order {
        WorkOrder work;
        Json request;
        Clock::time_point begun = Clock::now();
        std::optional<WorkEnd::Kind> given_up{};  ///< guarded by mutex; why it is to end early
    };

    Core(OpenFiles& files_, WorkDone done_) : files(files_), done(std::move(done_)) {}
    ~Core();
    void serve();
    void perform(Order& order);
    bool gives_up(Order& order, bool waits);
    void end(Order& order);

    OpenFiles& files;
    WorkDone done;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::shared_ptr<Order>> waiting;           // guarded by mutex
    std::map<AttemptId, std::shared_ptr<Order>> begun;    // guarded by mutex
    std::size_t idle = 0;                                 // guarded by mutex
    bool ending = false;                                  // guarded by mutex
    std::vector<std::thread> threads;                     // of the owner's thread alone
};

SqlWorker::Core::~Core() {
    {
        std::lock_guard const lock(mutex);
        ending = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
}

void SqlWorker::Core::serve() {
    std::unique_lock lock(mutex);
    for (;;) {
        ++idle;
        changed.wait(lock, [this] { return ending || !waiting.empty(); });
        --idle;
        if (ending) return;
        std::shared_ptr<Order> const order = std::move(waiting.front());
        waiting.pop_front();
        lock.unlock();
        perform(*order);
        end(*order);
        lock.lock();
    }
}

/// While a lock of another program is in the way, it waits here, and hears a cancel at once.
bool SqlWorker::Core::gives_up(Order& order, bool waits) {
    std::unique_lock lock(mutex);
    auto const is_over = [&] { return ending || order.given_up.has_value(); };
    if (waits) changed.wait_for(lock, lock_look, is_over);
    bool const is_late = order.work.timeout && Clock::now() >= order.begun + *order.work.timeout;
    if (is_late && !order.given_up) order.given_up = WorkEnd::Kind::timed_out;
    return is_over();
}

void SqlWorker::Core::perform(Order& order) {
    order.begun = Clock::now();
    WorkLog log(std::move(order.work.log), std::move(order.work.index));
    SqlOrder const sql = read_sql_order(order.request);
    OpenFiles::Taken const taken = files.take(sql.db, OpenFiles::Use::query);
    if (!taken.failure.empty()) {
        log.complain(taken.failure);
        (void)write_report(order.work.report, failed_report("sql", taken.failure));
        return;
    }
    bool told = false;
    WorkReport const report = run_query(sql, [&](bool waits) {
        if (waits && !std::exchange(told, true)) log.say("waits: another program has locked the file");
        return gives_up(order, waits);
    }, log);
    (void)write_report(order.work.report, report);  // without it the attempt is lost, which is what it is then
    std::lock_guard const lock(mutex);
    if (report.reason.empty()) order.given_up.reset();  // it was faster
    if (order.given_up == WorkEnd::Kind::timed_out) log.complain("did not end within " + format_duration(*order.work.timeout));
    if (order.given_up == WorkEnd::Kind::stopped) log.complain("cancelled");
}

void SqlWorker::Core::end(Order& order) {
    WorkEnd how{.ran = std::chrono::duration_cast<Duration>(Clock::now() - order.begun)};
    {
        std::lock_guard const lock(mutex);
        if (ending) return;
        how.kind = order.given_up.value_or(WorkEnd::Kind::ended);
        begun.erase(order.work.attempt);
    }
    done(order.work.attempt, how);
}

SqlWorker::SqlWorker(OpenFiles& files, WorkDone done) : core_(std::make_unique<Core>(files, std::move(done))) {}
SqlWorker::~SqlWorker() = default;

void SqlWorker::begin(WorkOrder order, Json request) {
    auto const made = std::make_shared<Core::Order>();
    made->work = std::move(order);
    made->request = std::move(request);
    Core& core = *core_;
    std::lock_guard const lock(core.mutex);
    core.begun.emplace(made->work.attempt, made);
    core.waiting.push_back(made);
    if (core.idle < core.waiting.size() && core.threads.size() < threads_max) core.threads.emplace_back([&core] { core.serve(); });
    core.changed.notify_all();
}

void SqlWorker::cancel(AttemptId attempt) {
    Core& core = *core_;
    std::shared_ptr<Core::Order> unbegun;
    {
        std::lock_guard const lock(core.mutex);
        auto const found = core.begun.find(attempt);
        if (found == core.begun.end()) return;  // it was faster
        if (!found->second->given_up) found->second->given_up = WorkEnd::Kind::stopped;
        if (std::erase(core.waiting, found->second) > 0) unbegun = found->second;
        core.changed.notify_all();
    }
    if (unbegun) core.end(*unbegun);  // no thread need become free for that
}

}  // namespace pawl
