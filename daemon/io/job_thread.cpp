// A queue, and who empties it.
#include "daemon/io/job_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace pawl {

struct JobThread::Core {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> jobs;  // guarded by mutex
    bool closed = false;                     // guarded by mutex
    std::thread thread;                      // last: it uses the rest

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return closed || !jobs.empty(); });
            if (closed) return;
            auto job = std::move(jobs.front());
            jobs.pop_front();
            lock.unlock();
            job();
            job = {};
            lock.lock();
        }
    }
};

JobThread::JobThread() : core_(std::make_unique<Core>()) {
    core_->thread = std::thread([core = core_.get()] { core->work(); });
}

JobThread::~JobThread() {
    {
        std::lock_guard const lock(core_->mutex);
        core_->closed = true;
    }
    core_->changed.notify_all();
    core_->thread.join();
}

void JobThread::run(std::function<void()> job) {
    {
        std::lock_guard const lock(core_->mutex);
        core_->jobs.push_back(std::move(job));
    }
    core_->changed.notify_one();
}

}  // namespace pawl
