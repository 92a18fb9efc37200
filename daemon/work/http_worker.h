// The thread of the requests of `uses: http`.
#pragma once

#include <memory>

#include "common/base/json.h"
#include "daemon/io/work.h"
#include "daemon/work/open_files.h"

namespace pawl {

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
