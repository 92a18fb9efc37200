// What a workflow is given and leaves behind: all that a workflow with a step `uses: workflow/NAME` has to know of NAME.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/flow/declaration.h"
#include "common/flow/plan.h"
#include "common/yaml/document.h"

namespace pawl::flow {

struct Interface {
    std::string name;
    std::vector<Declaration> inputs;
    std::vector<Declaration> outputs;   ///< their types as far as they are known, else `any`
    std::vector<std::string> uses;      ///< workflows it uses itself; not kept in models
    bool broken = false;                ///< it has mistakes: nothing is known of what it leaves behind
    bool told = false;                  ///< those are among the diagnostics at hand
};

Interface interface_of(Plan const& plan);

/// Workflows by name, with their interfaces.
class Interfaces {
public:
    Interface const* find(std::string_view name) const;
    std::vector<std::string_view> names() const;
    void add(std::shared_ptr<Interface const> interface);

    /// As the model of a workflow keeps those that it uses: name → {inputs, outputs}.
    Json model_of(std::vector<std::string> const& names) const;
    /// From such a model.
    static Interfaces from_model(Json const& model);

private:
    std::map<std::string, std::shared_ptr<Interface const>, std::less<>> by_name_;
};

inline constexpr std::string_view workflow_prefix = "workflow/";

/// What a step is known to leave behind: what it declares, or what the workflow does that it uses.
std::vector<Declaration> const& declared_outputs(StepPlan const& step);

/// The workflows that a plan uses, each once, in the order of its steps.
std::vector<std::string> used_workflows(Plan const& plan);
/// The same of a document that may have mistakes.
std::vector<std::string> used_workflows(yaml::Node const& root);
/// What a text may use, found without reading it as YAML; may name more.
std::vector<std::string> used_workflows(std::string_view text);

}  // namespace pawl::flow
