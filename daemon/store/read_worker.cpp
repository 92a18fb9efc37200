// The thread of the reads.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "daemon/store/sqlite_reader.h"

namespace pawl {

struct ReadWorker::Core {
    explicit Core(std::string path) : reader(std::move(path)), thread([this] { work(); }) {}

    ~Core() {
        {
            std::lock_guard const lock(mutex);
            ending = true;
            jobs.clear();
        }
        changed.notify_one();
        thread.join();
    }

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return ending || !jobs.empty(); });
            if (ending) return;
            auto const job = std::move(jobs.front());
            jobs.pop_front();
            lock.unlock();
            job(reader);
            lock.lock();
        }
    }

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void(Reader&)>> jobs;
    bool ending = false;
    SqliteReader reader;  // used by the thread alone
    std::thread thread;   // last: it uses all of the above
};

ReadWorker::ReadWorker(std::string path) : core_(std::make_unique<Core>(std::move(path))) {}

ReadWorker::~ReadWorker() = default;

void ReadWorker::run(std::function<void(Reader&)> job) {
    {
        std::lock_guard const lock(core_->mutex);
        core_->jobs.push_back(std::move(job));
    }
    core_->changed.notify_one();
}

std::size_t ReadWorker::waiting() const {
    std::lock_guard const lock(core_->mutex);
    return core_->jobs.size();
}

}  // namespace pawl
