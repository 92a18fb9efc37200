#include "daemon/core/approval.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl {
namespace {

bool is_awaited(StepRow const& row) { return row.state == StepState::waiting && row.reason == Reason::approval; }

Error refusal(ErrorCode code, std::string message, std::string hint) {
    return Error{.code = code, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

}  // namespace

Result<flow::StepIndex> awaited_step(Run const& run, std::string_view id) {
    std::string const number = std::to_string(run.row.id.value);
    if (!id.empty()) {
        auto const row = std::ranges::find(run.steps, id, &StepRow::id);
        if (row == run.steps.end())
            return refusal(code::not_found, "run " + number + " has no step '" + printable(id) + "'", "pawl inspect " + number + " shows its steps");
        if (!is_awaited(*row))
            return refusal(code::conflict, "step '" + row->id + "' of run " + number + " waits for no answer: it is " + std::string(name_of(row->state)),
                           "pawl why " + number + " " + row->id);
        return row->step;
    }
    std::vector<std::string> awaited;
    flow::StepIndex step = 0;
    for (StepRow const& row : run.steps) {
        if (!is_awaited(row)) continue;
        awaited.push_back(row.id);
        step = row.step;
    }
    if (awaited.size() == 1) return step;
    if (awaited.empty()) return refusal(code::conflict, "run " + number + " waits for no approval", "pawl inspect " + number);
    return refusal(code::conflict, "run " + number + " waits for several answers: " + join(awaited, ", "), "name the step: pawl approve " + number + " " + awaited.front());
}

Status may_answer(Run const& run, flow::StepIndex step, AnswerApproval const& answer, Identity const& who) {
    std::vector<std::string> const& by = std::get<flow::ApproveAction>(plan_of(run, step).action).by;
    bool const named = std::ranges::any_of(by, [&](std::string const& name) {
        return name == answer.name || std::ranges::find(answer.groups, name) != answer.groups.end();
    });
    if (by.empty() || named || who.uid == 0) return Done{};
    return refusal(code::denied, "'" + run.steps[step].id + "' is answered by " + join(by, ", ") + ", and " + answer.name + " is none of them",
                   "ask one of them, or change 'by' of the step");
}

}  // namespace pawl
