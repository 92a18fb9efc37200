// The thread of the requests of `uses: http`.
#pragma once

#include <functional>
#include <memory>

#include "common/base/json.h"
#include "daemon/io/work.h"
#include "daemon/work/open_files.h"

namespace pawl {

/// Called on any thread, once for each order, but for those that are given up at the end.
using WorkDone = std::function<void(AttemptId, WorkEnd)>;

/// begin(), cancel() and destruction on one thread; the requests on another, all at once.
class HttpWorker {
public:
    HttpWorker(OpenFiles& files, WorkDone done);
    ~HttpWorker();  ///< gives up what is under way, and tells nothing of it
    HttpWorker(HttpWorker&&) = delete;
    void begin(WorkOrder order, Json request);
    void cancel(AttemptId attempt);

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace pawl
