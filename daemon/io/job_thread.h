// One thread that does jobs in order. What a job finds out comes back by Loop::post.
#pragma once

#include <functional>
#include <memory>

namespace pawl {

class JobThread {
public:
    JobThread();
    ~JobThread();  ///< ends the job under way, drops what waits
    JobThread(JobThread&&) = delete;
    void run(std::function<void()> job);

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace pawl
