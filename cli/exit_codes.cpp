// Error code → exit code, as one table.
#include "cli/exit_codes.h"

#include <array>

#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct CodeRow {
    ErrorCode code;
    int exit = exit_failed;
};

constexpr std::array code_rows{
    CodeRow{code::invalid_yaml, exit_failed},
    CodeRow{code::duplicate_key, exit_failed},
    CodeRow{code::unknown_key, exit_failed},
    CodeRow{code::missing_key, exit_failed},
    CodeRow{code::wrong_type, exit_failed},
    CodeRow{code::invalid_value, exit_failed},
    CodeRow{code::invalid_name, exit_failed},
    CodeRow{code::duplicate_name, exit_failed},
    CodeRow{code::unknown_name, exit_failed},
    CodeRow{code::unknown_kind, exit_failed},
    CodeRow{code::conflicting_keys, exit_failed},
    CodeRow{code::cycle, exit_failed},
    CodeRow{code::expression_in_run, exit_failed},
    CodeRow{code::unsafe_crash_policy, exit_failed},
    CodeRow{code::unsafe_argument, exit_failed},
    CodeRow{code::unsafe_cache, exit_failed},
    CodeRow{code::constant_condition, exit_failed},
    CodeRow{code::never_taken, exit_failed},
    CodeRow{code::switch_gap, exit_failed},
    CodeRow{code::limit_exceeded, exit_failed},
    CodeRow{code::test_failed, exit_failed},
    CodeRow{code::expression_syntax, exit_failed},
    CodeRow{code::expression_type, exit_failed},
    CodeRow{code::expression_error, exit_failed},
    CodeRow{code::usage, exit_usage},
    CodeRow{code::not_found, exit_not_found},
    CodeRow{code::conflict, exit_conflict},
    CodeRow{code::plan_stale, exit_conflict},
    CodeRow{code::denied, exit_denied},
    CodeRow{code::invalid_request, exit_usage},
    CodeRow{code::invalid_input, exit_usage},
    CodeRow{code::key_reused, exit_conflict},
    CodeRow{code::queue_full, exit_conflict},
    CodeRow{code::degraded, exit_failed},
    CodeRow{code::draining, exit_conflict},
    CodeRow{code::unavailable, exit_unreachable},
    CodeRow{code::timed_out, exit_timed_out},
    CodeRow{code::protocol, exit_unreachable},
    CodeRow{code::io, exit_failed},
    CodeRow{code::corrupt, exit_failed},
};

}  // namespace

int exit_code_of(ErrorCode code) {
    for (auto const& row : code_rows) {
        if (row.code == code) return row.exit;
    }
    return exit_failed;
}

ErrorCode code_named(std::string_view name) {
    for (auto const& row : code_rows) {
        if (row.code.name == name) return row.code;
    }
    return code::io;
}

int exit_code_of_run(std::string_view status, std::string_view reason, bool strict_skip, bool step_timed_out) {
    if (status == "succeeded") return exit_done;
    if (status == "cancelled") return exit_cancelled;
    if (status == "skipped") return strict_skip ? exit_skipped : exit_done;
    if (reason == "rejected") return exit_cancelled;
    return reason == "timeout" && !step_timed_out ? exit_timed_out : exit_failed;
}

}  // namespace pawl::cli
