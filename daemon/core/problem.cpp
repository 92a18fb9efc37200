#include "daemon/core/problem.h"

#include <algorithm>
#include <array>

#include "common/base/error_codes.h"
#include "common/yaml/render.h"

namespace pawl {

int http_status(ErrorCode error_code) {
    struct Row {
        ErrorCode code;
        int status;
    };
    static constexpr std::array<Row, 17> rows{{{code::not_found, 404},
                                               {code::denied, 403},
                                               {code::conflict, 409},
                                               {code::plan_stale, 409},
                                               {code::invalid_request, 400},
                                               {code::usage, 400},
                                               {code::key_reused, 422},
                                               {code::queue_full, 429},
                                               {code::degraded, 503},
                                               {code::draining, 503},
                                               {code::unavailable, 503},
                                               {code::timed_out, 503},
                                               {code::protocol, 400},
                                               {code::io, 500},
                                               {code::corrupt, 500},
                                               {code::limit_exceeded, 422},
                                               {code::invalid_input, 422}}};
    for (Row const& row : rows)
        if (row.code == error_code) return row.status;
    return 422;  // all others speak of the user's files
}

Json problem(Error const& error, Diagnostics const& diagnostics) {
    JsonMap map;
    map.append("type", "about:blank");
    map.append("title", error.message);
    map.append("status", http_status(error.code));
    map.append("code", error.code.name);
    if (!error.hint.empty()) map.append("hint", error.hint);
    JsonList list;
    for (Error const& diagnostic : diagnostics) list.push_back(yaml::to_json(diagnostic));
    if (!list.empty()) map.append("diagnostics", std::move(list));
    return map;
}

}  // namespace pawl
