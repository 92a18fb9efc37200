// From YAML files to plans: reads, checks and types everything, and says all that is wrong at once. Used by `pawl check` and by deploy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/flow/definitions.h"
#include "common/flow/plan.h"
#include "common/yaml/document.h"

namespace pawl::flow {

/// One workflow of a file.
struct LoadedWorkflow {
    std::string name;
    std::size_t document = 0;            ///< index in its file
    std::shared_ptr<Plan const> plan;    ///< null when its document has errors, or when only models were asked for
    std::string model;                   ///< canonical JSON of the document with short forms expanded; without positions and comments
    std::string hash;                    ///< SHA-256 of the model: comments and the order of keys do not count
    std::vector<ConditionUse> conditions;  ///< that its expressions name, in the order of reading
    std::vector<std::string> uses;       ///< workflows of which its steps start runs
};

struct LoadedFile {
    std::string name;
    std::string text;
    std::vector<LoadedWorkflow> workflows;
    std::vector<std::shared_ptr<Condition const>> conditions;  ///< defined here; those of a good name
    Diagnostics diagnostics;             ///< sorted by place; warnings do not block
};

LoadedFile load_file(std::string name, std::string text);
/// A file that may name what stands in others.
LoadedFile load_file(std::string name, std::string text, Others const& others);
/// One workflow of a file that was accepted before: for plans of stored versions. Null if it no longer loads (diagnostics tell). `model`:
/// the version's, which has the conditions and interfaces it was made with; without one they are those of the file.
std::shared_ptr<Plan const> load_plan(std::string name, std::string text, std::size_t document, std::string_view model = {}, Diagnostics* diagnostics = nullptr);

struct SourceFile {
    std::string name;
    std::string text;
};
/// Many files: also refuses names used twice, over all of them. `pawl.yaml` (kind: project) is accepted and yields no workflow.
struct LoadedProject {
    std::vector<LoadedFile> files;
    Diagnostics diagnostics;  ///< of all files
};
enum class Keep : std::uint8_t {
    plans,
    models,  ///< what a deploy stores: the plans of a thousand workflows would be memory spent for nothing
};
LoadedProject load_project(std::vector<SourceFile> files, Keep keep = Keep::plans, Others const& others = {});

/// What changed between two models, as sentences: "step 'upload' now needs 'dump'", "input 'dry' added". Empty when nothing did.
std::vector<std::string> diff_models(Json const& before, Json const& after);

}  // namespace pawl::flow
