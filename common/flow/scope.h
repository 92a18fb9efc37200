// What expressions may name where: the contexts of pawl.yaml(5), one environment a place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cel/program.h"
#include "common/flow/plan.h"

namespace pawl::flow {

/// The time zones that expressions of files know: those of this machine.
cel::ZoneResolver const& zones();

/// A set of steps by index.
class StepSet {
public:
    explicit StepSet(std::size_t steps = 0) : words_((steps + 63) / 64) {}
    void insert(std::size_t step) { words_[step / 64] |= std::uint64_t{1} << (step % 64); }
    bool contains(std::size_t step) const { return (words_[step / 64] >> (step % 64) & 1) != 0; }
    void insert_all(StepSet const& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    }
    bool operator==(StepSet const&) const = default;

private:
    std::vector<std::uint64_t> words_;
};

/// The types of `item` or `matrix`, of a step that has them.
struct ItemTypes {
    std::optional<cel::Type> item, matrix;
    bool tainted = false;
};

/// Builds environments for one workflow. Call in this order: inputs, vars one by one, env, then steps as their types become known.
class Scope {
public:
    explicit Scope(Plan const& plan);

    /// inputs vars run trigger event now: workflow `if`, concurrency.group, vars, env.
    cel::Environment workflow(bool ended = false);
    void add_var(std::string name, cel::Type type, bool tainted);
    void add_env(std::string name, bool tainted);

    /// The type of `steps.ID.outputs`; until it is told, outputs are a map of text.
    void set_outputs(StepIndex step, cel::Type type);

    /// What a step with `foreach` or `matrix` runs for. Call before its values are asked for.
    void set_items(StepIndex step, ItemTypes types) { items_[step] = std::move(types); }

    /// The above, env, and the steps of the set; null: whatever step there may be (when needs are broken).
    cel::Environment values(StepSet const* visible, Section section);
    /// What its own values see: `item` or `matrix` too, for what takes it back as well.
    cel::Environment values_of(StepIndex step, StepSet const* visible);
    cel::Environment condition(StepSet const* visible, Section section);  ///< with success() …; bool
    cel::Environment retry(StepIndex step, StepSet const* visible);       ///< with `step`; bool
    cel::Environment arm(StepSet const* visible, Section section);        ///< `when` of a switch: bool, without status functions
    /// env, but no steps: `defaults`.
    cel::Environment defaults(bool ended = false);
    cel::Environment defaults_retry();
    /// All steps and the end of the run: the outputs of a workflow.
    cel::Environment outputs();
    /// All steps and handlers, and the run with its outputs: what a test expects at the end.
    cel::Environment expectations();

private:
    cel::Type steps_type(StepSet const& visible);
    cel::Type type_of_step(StepIndex step) const;
    cel::Type outputs_of(StepIndex step) const;
    cel::Type item_type(StepIndex step) const;

    Plan const& plan_;
    cel::Type inputs_;
    std::vector<cel::Type::Field> vars_, env_;
    bool vars_tainted_ = false, env_tainted_ = false;
    std::vector<ItemTypes> items_;
    std::vector<std::optional<cel::Type>> outputs_, step_types_;
    std::optional<cel::Environment> bases_[2];  ///< all but the steps, of steps and of handlers; made when vars and env are complete
    std::optional<StepSet> last_set_;  ///< neighbours often see the same steps
    cel::Type last_steps_;
};

}  // namespace pawl::flow
