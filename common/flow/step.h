// One step: first its keys, then, when the order of all steps is known, its expressions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/flow/expressions.h"
#include "common/flow/plan.h"
#include "common/flow/reader.h"
#include "common/flow/scope.h"

namespace pawl::flow {

/// What `defaults` gives to steps that do not say it themselves.
struct StepDefaults {
    std::optional<std::vector<std::string>> shell;
    std::optional<Duration> timeout;
    cel::Template dir;
    std::optional<RetryPlan> retry;
    std::optional<StopPlan> stop;
    std::optional<OnCrash> on_crash;
};
StepDefaults read_defaults(Reader& reader, Expressions& expressions, Scope& scope, yaml::Node const& node);

/// A step between its two readings. Borrows the document.
struct StepDraft {
    std::string title;            ///< "step 'dump'"
    Fields fields;
    std::optional<Fields> retry;  ///< its own
    std::optional<Fields> with;   ///< of `uses: wait` and `uses: approve`
    std::vector<Fields> arms;     ///< of `switch`, as many as the plan's
    std::optional<Fields> artifacts = {}, cache = {};  ///< the maps
};

/// Everything but needs and expressions. `env_names`: the workflow's environment, which a fix must not hide.
StepDraft read_step(Reader& reader, yaml::Node const& node, Section section, StepDefaults const& defaults,
                    std::vector<NamedTemplate> const& workflow_env, StepPlan& step);

/// The map under `undo`: a step of its own, in a section of its own.
StepDraft read_undo(Reader& reader, yaml::Node const& node, StepPlan const& undone, StepDefaults const& defaults,
                    std::vector<NamedTemplate> const& workflow_env, StepPlan& step);

/// What the expressions of a step see.
struct StepSight {
    Sight values, condition, retry, arm, items;
};
/// "unknown name 'exit_code'" in retry.if → step.exit_code.
void explain_attempt_field(Error& error);

void compile_step(Reader& reader, Expressions& expressions, StepDraft const& draft, StepSight& sight, StepPlan& step);
/// The type of `steps.ID.outputs`; none: a map of text.
std::optional<cel::Type> outputs_type(StepPlan const& step);

/// `env`: names and values, with the refusals for names that steer programs.
std::vector<NamedTemplate> read_environment(Reader& reader, Expressions& expressions, yaml::Node const& map, Sight& sight, std::string_view key);

}  // namespace pawl::flow
