#include "daemon/core/records.h"

#include <array>

namespace pawl {
namespace {

// In the order of the enums; the sizes follow them.
constexpr std::array<std::string_view, 9> run_states{"queued", "running", "waiting", "stopping", "finishing", "succeeded", "failed",
                                                     "cancelled", "skipped"};
constexpr std::array<std::string_view, 10> step_states{"pending", "queued", "running", "waiting", "stopping", "succeeded", "failed",
                                                       "lost", "cancelled", "skipped"};
constexpr std::array<std::string_view, 7> attempt_states{"running", "stopping", "succeeded", "failed", "lost", "cancelled", "interrupted"};
constexpr std::array<std::string_view, 25> reasons{"", "exit", "signal", "timeout", "bad_output", "expression_error", "start_failed",
                                                   "handler", "concurrency", "condition", "upstream", "cancelled", "superseded", "lost",
                                                   "interrupted", "resolved", "limit", "approval", "rejected", "switch",
                                                   "no_items", "items", "child", "http", "sql"};
static_assert(run_states.size() == static_cast<std::size_t>(RunState::skipped) + 1);
static_assert(step_states.size() == static_cast<std::size_t>(StepState::skipped) + 1);
static_assert(attempt_states.size() == static_cast<std::size_t>(AttemptState::interrupted) + 1);
static_assert(reasons.size() == static_cast<std::size_t>(Reason::sql) + 1);

template <class Names, class E>
std::string_view name_in(Names const& names, E value) {
    auto const index = static_cast<std::size_t>(value);
    ASSERT(index < names.size());
    return names[index];
}

}  // namespace

bool is_final(RunState state) { return state >= RunState::succeeded; }
bool is_final(StepState state) { return state >= StepState::succeeded; }
bool is_final(AttemptState state) { return state >= AttemptState::succeeded; }

std::string_view name_of(RunState state) { return name_in(run_states, state); }
std::string_view name_of(StepState state) { return name_in(step_states, state); }
std::string_view name_of(AttemptState state) { return name_in(attempt_states, state); }
std::string_view name_of(Reason reason) { return name_in(reasons, reason); }

std::optional<RunState> run_state_named(std::string_view name) {
    for (std::size_t i = 0; i < run_states.size(); ++i)
        if (run_states[i] == name) return static_cast<RunState>(i);
    return std::nullopt;
}

}  // namespace pawl
