// The values an expression sees: inputs vars env steps run trigger event now step item matrix, made from a run's rows.
#pragma once

#include <optional>
#include <string_view>

#include "common/cel/program.h"
#include "daemon/core/run.h"

namespace pawl {

/// Borrowed for one evaluation; makes only what is asked for.
class RunValues final : public cel::Activation {
public:
    /// `index`: the step whose needs the status functions speak of; none for the workflow's own expressions.
    RunValues(Run& run, UtcTime now, std::optional<flow::StepIndex> index = std::nullopt);
    /// The variable `step` of retry.if.
    void set_step(Json step) { step_ = std::move(step); }
    Json const* variable(std::string_view name) const override;
    bool status(std::string_view name) const override;
    /// First mistake while computing the workflow's `env`; reading `env` is then an error.
    std::optional<Error> const& env_error() const { return env_error_; }

private:
    Json const* make_env() const;
    Json const* make_steps() const;
    Json const* item() const;
    Json make_run() const;

    Run& run_;
    UtcTime now_;
    std::optional<flow::StepIndex> index_;
    mutable std::optional<Json> step_, steps_, env_, run_value_, trigger_, now_value_;
    mutable std::optional<Error> env_error_;
};

/// True when a need of the step ended badly: failed or lost without continue_on_error, cancelled, or skipped for one of these.
bool needs_ended_badly(Run const& run, flow::StepIndex index);
/// True when a need, directly or through steps skipped for it, failed or was lost.
bool needs_failed(Run const& run, flow::StepIndex index);
/// A cancel or a timeout is taking effect on the part of the run the step belongs to.
bool is_being_stopped(Run const& run, flow::Section section);

/// The values at the paths a program reads, for `pawl why`; long texts are cut.
Json values_read(cel::Program const& program, cel::Activation const& values);

/// A step that has ended: keeps the variable `steps` up to date, if it has been made.
void note_step_seen(Run& run, flow::StepIndex index);

}  // namespace pawl
