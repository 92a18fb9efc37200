// What the expressions and steps of a workflow may name that stands elsewhere: conditions, and other workflows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/flow/condition.h"
#include "common/flow/interface.h"

namespace pawl::flow {

struct Definitions {
    Conditions conditions;
    Interfaces workflows;
    /// There are no workflows but these; else one that is not here may have been deployed before.
    bool has_all_workflows = false;
};

/// What stands in other files than those that are loaded. Theirs goes before it.
struct Others {
    Others() = default;
    Others(Conditions known) : conditions(std::move(known)) {}

    Conditions conditions;
    /// Asked on the caller's thread for workflows that are used; null: there is none of that name.
    std::function<std::shared_ptr<Interface const>(std::string const& name)> workflow;
    bool has_all_workflows = false;
};
/// What a stored version was made with, from its model.
Others others_of(Json const& model);

}  // namespace pawl::flow
