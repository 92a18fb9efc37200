// The threads of the queries of `uses: sql`.
#pragma once

#include <memory>

#include "common/base/json.h"
#include "daemon/io/work.h"
#include "daemon/work/open_files.h"

namespace pawl {

/// begin(), cancel() and destruction on one thread. Queries wait for one of few threads; there, one that waits for a lock holds up none but its own.
class SqlWorker {
public:
    SqlWorker(OpenFiles& files, WorkDone done);
    ~SqlWorker();  ///< gives up what is under way (it is undone), and tells nothing of it
    SqlWorker(SqlWorker&&) = delete;
    void begin(WorkOrder order, Json request);
    void cancel(AttemptId attempt);

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace pawl
