// Orders to workers, ends to the loop.
#include "daemon/work/workers.h"

#include "common/base/json.h"

namespace pawl {

DaemonWorkers::DaemonWorkers(Loop& loop, std::string const& own_folder, Ended ended) : loop_(loop), ended_(std::move(ended)), files_(own_folder) {}
DaemonWorkers::~DaemonWorkers() = default;

/// Called by a worker's thread. The loop drops what it was told when it ends first, so that nobody hears of it after us.
WorkDone DaemonWorkers::teller() {
    return [this](AttemptId attempt, WorkEnd end) {
        loop_.post([this, attempt, end] {
            --under_way_;
            ended_(attempt, end);
        });
    };
}

void DaemonWorkers::begin(WorkOrder order) {
    Result<Json> const request = parse_json(order.request, {.bytes_max = request_bytes_max, .depth_max = 128});
    Json const* const http = request ? request->find("http") : nullptr;
    Json const* const sql = request ? request->find("sql") : nullptr;
    ASSERT(http != nullptr || sql != nullptr);  // freeze_work() wrote it
    ++under_way_;
    if (http != nullptr) {
        if (!http_) http_ = std::make_unique<HttpWorker>(files_, teller());
        http_->begin(std::move(order), *http);
    } else {
        if (!sql_) sql_ = std::make_unique<SqlWorker>(files_, teller());
        sql_->begin(std::move(order), *sql);
    }
}

/// One of the two knows it.
void DaemonWorkers::cancel(AttemptId attempt) {
    if (http_) http_->cancel(attempt);
    if (sql_) sql_->cancel(attempt);
}

}  // namespace pawl
