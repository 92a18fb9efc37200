// Which step an answer is for, and whether this person may give it.
#pragma once

#include <string_view>

#include "common/base/error.h"
#include "daemon/core/event.h"
#include "daemon/core/run.h"

namespace pawl {

/// The step of that id, which must wait for approval; with an empty id the only one that does. code::not_found or conflict.
Result<flow::StepIndex> awaited_step(Run const& run, std::string_view id);
/// `by` of the step names the user, one of his groups, or nobody; root may always. code::denied.
Status may_answer(Run const& run, flow::StepIndex step, AnswerApproval const& answer, Identity const& who);

}  // namespace pawl
