// Plays a workflow in the daemon's own engine, with a simulated clock and mocked steps: no process, no file, no socket. What the engine
// decides is the same as in a real run; how steps end is what the mocks say.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "common/cel/program.h"
#include "common/flow/plan.h"
#include "common/flow/tests.h"
#include "daemon/core/keep_spec.h"

namespace pawl::cli {

/// How an attempt of a step ends. `row`: the id of the step, or of one of its items; `number` counts from 1. Empty: nobody has said it,
/// and the play ends there.
using MockOf = std::function<std::optional<flow::MockedAttempt>(flow::StepPlan const& step, std::string_view row, int number)>;
MockOf mocks_of(std::vector<flow::Mock> const& mocks);

struct Scene {
    std::shared_ptr<flow::Plan const> plan;
    std::string root;          ///< where steps run that name no `dir`
    UtcTime at{};              ///< when the run is started
    Json inputs;               ///< as given
    MockOf mock;
};

/// One launch that the engine asked for, with all values in it.
struct PlayedAttempt {
    int number = 1;
    UtcTime at{};
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> env;    ///< without what the daemon adds
    std::vector<std::pair<std::string, std::string>> files;  ///< variable → content
    std::string dir;
    Json work;                                               ///< the request or the query instead of a program (daemon/core/work_spec.h)
    KeepOrder keep;                                          ///< artifacts and cache
};

struct PlayedStep {
    std::string id;
    std::size_t index = 0;                 ///< of its step in the plan
    std::string status, reason, message;
    std::optional<int> exit_code;
    int attempts = 0;
    std::optional<UtcTime> started_at, ended_at;
    Json outputs;
    std::optional<bool> asked;             ///< what its `if` gave; empty: it was not evaluated, or could not be
    Json read;                             ///< the values its `if` read, by path
    std::vector<PlayedAttempt> launches;
    Json run_inputs;                       ///< of `uses: workflow/NAME`: what its run is given; null: it starts none
};

struct Play {
    std::optional<Error> error;            ///< why it could not be played to its end; without a place
    bool ended = false;
    std::string status, reason, message, failed_step;
    UtcTime started_at{}, ended_at{};
    std::vector<PlayedStep> steps;         ///< in the order of the plan
    JsonMap values;                        ///< status reason outputs steps run inputs vars notifications, as expressions see them
};

Play play(Scene const& scene);

/// The values of a play, for the expressions of a test.
class PlayedValues final : public cel::Activation {
public:
    explicit PlayedValues(JsonMap const& values) : values_(values) {}
    Json const* variable(std::string_view name) const override { return values_.find(name); }

private:
    JsonMap const& values_;
};

}  // namespace pawl::cli
