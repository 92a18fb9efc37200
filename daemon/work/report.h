// How a request or a query went, as the core reads it (judge_work in daemon/core/work_spec.h).
#pragma once

#include <string>
#include <string_view>

#include "common/base/json.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

inline constexpr std::size_t outputs_of_work_max = 64u << 10;  ///< bytes of a body, or of rows as JSON

/// A success, or a failure of which something may still be told.
struct WorkReport {
    std::string_view reason{};    ///< empty: a success; else http, sql, start_failed, bad_output
    std::string message{};        ///< of a failure: one sentence
    JsonMap outputs{};
    bool operator==(WorkReport const&) const = default;
};
WorkReport failed_report(std::string_view reason, std::string message);

/// False when the disk refuses: nobody will know how it went.
bool write_report(UniqueFd const& file, WorkReport const& report);

}  // namespace pawl
