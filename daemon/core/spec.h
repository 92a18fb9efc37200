// The launch specification of a step, frozen when the step run begins: every attempt, also one after a crash, replays the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "daemon/core/attempts.h"

namespace pawl {

/// A compact JSON text; without `event_json`, which is the run's. decode_spec reads back exactly what encode_spec was given.
std::string encode_spec(LaunchSpec const& spec);
/// code::corrupt when the stored text is no specification.
Result<LaunchSpec> decode_spec(std::string_view text);

}  // namespace pawl
