// What the daemon does itself instead of starting a program: each kind of request to its worker, which is made when the first one comes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/io/loop.h"
#include "daemon/io/work.h"
#include "daemon/work/http_worker.h"
#include "daemon/work/sql_worker.h"

namespace pawl {

/// On the loop's thread. What is under way when it is destroyed is given up, and nothing is told of it.
class DaemonWorkers final : public Workers {
public:
    using Ended = std::function<void(AttemptId, WorkEnd const&)>;
    /// `own_folder`: of the daemon's state, closed to requests and queries. `ended` is called on the loop's thread.
    DaemonWorkers(Loop& loop, std::string const& own_folder, Ended ended);
    ~DaemonWorkers() override;

    bool takes_orders() const override { return !closed_; }
    void begin(WorkOrder order) override;
    void cancel(AttemptId attempt) override;

    /// From now on nothing begins.
    void close() { closed_ = true; }
    std::size_t under_way() const { return under_way_; }

private:
    WorkDone teller();

    Loop& loop_;
    Ended ended_;
    OpenFiles files_;
    std::unique_ptr<HttpWorker> http_;
    std::unique_ptr<SqlWorker> sql_;
    std::size_t under_way_ = 0;
    bool closed_ = false;
};

}  // namespace pawl
