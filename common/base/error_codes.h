// The stable names of errors. Never rename or reuse one: scripts match them. pawl.yaml(5) and pawl(1) explain each.
#pragma once

#include <array>

#include "common/base/error.h"

namespace pawl::code {

// Files: YAML and the workflow language.
inline constexpr ErrorCode invalid_yaml{"invalid_yaml"};              ///< not YAML, or a construct we refuse
inline constexpr ErrorCode duplicate_key{"duplicate_key"};
inline constexpr ErrorCode unknown_key{"unknown_key"};
inline constexpr ErrorCode missing_key{"missing_key"};
inline constexpr ErrorCode wrong_type{"wrong_type"};
inline constexpr ErrorCode invalid_value{"invalid_value"};
inline constexpr ErrorCode invalid_name{"invalid_name"};
inline constexpr ErrorCode duplicate_name{"duplicate_name"};
inline constexpr ErrorCode unknown_name{"unknown_name"};
inline constexpr ErrorCode unknown_kind{"unknown_kind"};
inline constexpr ErrorCode conflicting_keys{"conflicting_keys"};
inline constexpr ErrorCode cycle{"cycle"};
inline constexpr ErrorCode expression_in_run{"expression_in_run"};    ///< ${{ }} where text would be executed
inline constexpr ErrorCode unsafe_crash_policy{"unsafe_crash_policy"};  ///< warning: retry without idempotent or on_crash
inline constexpr ErrorCode unsafe_argument{"unsafe_argument"};        ///< warning: a value from outside may be read as an option
inline constexpr ErrorCode unsafe_cache{"unsafe_cache"};              ///< warning: a cached step that names no file it reads
inline constexpr ErrorCode constant_condition{"constant_condition"};  ///< warning: the same for all values its names can have
inline constexpr ErrorCode never_taken{"never_taken"};                ///< warning: an arm of a switch that nothing reaches
inline constexpr ErrorCode switch_gap{"switch_gap"};                  ///< warning: values for which a switch takes no arm
inline constexpr ErrorCode limit_exceeded{"limit_exceeded"};
inline constexpr ErrorCode test_failed{"test_failed"};                ///< a test beside a condition gives another value

// Expressions.
inline constexpr ErrorCode expression_syntax{"expression_syntax"};
inline constexpr ErrorCode expression_type{"expression_type"};
inline constexpr ErrorCode expression_error{"expression_error"};      ///< at run time: a value did not fit

// The daemon and its API.
inline constexpr ErrorCode usage{"usage"};
inline constexpr ErrorCode not_found{"not_found"};
inline constexpr ErrorCode conflict{"conflict"};
inline constexpr ErrorCode plan_stale{"plan_stale"};                  ///< a plan was made for other files or versions than there are now
inline constexpr ErrorCode denied{"denied"};
inline constexpr ErrorCode invalid_request{"invalid_request"};
inline constexpr ErrorCode invalid_input{"invalid_input"};            ///< inputs of a run do not fit their declaration
inline constexpr ErrorCode key_reused{"key_reused"};                  ///< one Idempotency-Key, two different requests
inline constexpr ErrorCode queue_full{"queue_full"};
inline constexpr ErrorCode degraded{"degraded"};                      ///< disk full: nothing new is started
inline constexpr ErrorCode draining{"draining"};
inline constexpr ErrorCode unavailable{"unavailable"};                ///< no daemon there, or it does not answer
inline constexpr ErrorCode timed_out{"timed_out"};
inline constexpr ErrorCode protocol{"protocol"};
inline constexpr ErrorCode io{"io"};                                  ///< the operating system said no; the message has errno's text
inline constexpr ErrorCode corrupt{"corrupt"};

/// All of them: a code that came by wire is looked up here. A test compares the list with the lines above.
inline constexpr std::array all{
    invalid_yaml, duplicate_key, unknown_key, missing_key, wrong_type, invalid_value, invalid_name, duplicate_name,
    unknown_name, unknown_kind, conflicting_keys, cycle, expression_in_run, unsafe_crash_policy, unsafe_argument, unsafe_cache,
    constant_condition, never_taken, switch_gap,
    limit_exceeded, test_failed, expression_syntax, expression_type, expression_error, usage, not_found, conflict, plan_stale,
    denied, invalid_request, invalid_input, key_reused, queue_full, degraded, draining, unavailable, timed_out, protocol, io,
    corrupt,
};

}  // namespace pawl::code
