// A frozen request of `uses: http` and what its answer amounts to. No socket here.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "daemon/work/http_client.h"
#include "daemon/work/report.h"
#include "daemon/work/work_log.h"

namespace pawl {

/// A request as work_spec.h describes it, ready to be sent but for its file.
struct HttpOrder {
    HttpCall call;
    std::string file;                           ///< path of what is sent; may be empty
    std::vector<std::pair<int, int>> expect;    ///< statuses that are a success, both ends included; empty: all below 400
};
HttpOrder read_http_order(Json const& request);

/// Success or failure, and the outputs. Says in the log what came.
WorkReport judge_answer(HttpAnswer const& answer, HttpOrder const& order, WorkLog& log);

}  // namespace pawl
