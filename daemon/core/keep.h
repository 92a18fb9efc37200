// Freezes `artifacts` and `cache` of a step, and shows what became of its cache.
#pragma once

#include "daemon/core/run.h"

namespace pawl {

class RunValues;

/// After all else of the launch is frozen. The error is one of an expression, or a glob that a value has spoilt.
Status freeze_keep(LaunchSpec& spec, Run const& run, flow::StepIndex index, Surroundings const& surroundings, RunValues const& values);

/// Nothing was run: its result was remembered.
bool is_cached(StepRow const& step);

/// A run that takes no result from the cache says so in its CloudEvent, as an extension attribute: kept by whatever follows from the event.
inline constexpr std::string_view no_cache_attribute = "nocache";

}  // namespace pawl
