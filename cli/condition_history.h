// What conditions gave in the past: the values recorded with each decision are put into the conditions of that version again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/json.h"
#include "common/base/time.h"
#include "common/flow/condition.h"
#include "common/flow/use_parser.h"

namespace pawl::cli {

/// One place of one workflow that uses one text of a condition, and what came of it.
struct ConditionFigures {
    std::string condition;
    std::string hash;            ///< of its expression and parameters, shortened
    std::string workflow;
    std::string place;           ///< "upload.if", "way.switch[0].when"
    std::string via;             ///< the condition that uses it there; empty: the workflow does
    std::int64_t first_version = 0, last_version = 0;  ///< of the workflow
    std::int64_t yes = 0, no = 0, error = 0;
    std::int64_t unknown = 0;    ///< the record was not enough to tell
    std::vector<std::uint64_t> costs;  ///< steps of the evaluator, each time
    std::optional<UtcTime> last_true;

    std::int64_t seen() const { return yes + no + error; }
};

/// Reads runs, in any order. Evaluates, and asks nobody.
class ConditionHistory {
public:
    /// A version of a workflow, as its model says it. Tell it before its runs.
    void add_version(std::string const& workflow, std::int64_t version, Json const& model);
    /// False: nothing in it uses a condition, and its runs need not be read.
    bool uses_conditions(std::string const& workflow, std::int64_t version) const;
    bool knows(std::string const& workflow, std::int64_t version) const { return versions_.contains({workflow, version}); }
    /// A run with its steps.
    void add_run(Json const& run);

    std::vector<ConditionFigures> figures() const;
    /// Places where conditions are used, and where no values are recorded: "w: env.X".
    std::vector<std::string> const& unrecorded() const { return unrecorded_; }

private:
    struct PlacedUse {
        std::string place, record;  ///< `record`: its name in what is recorded of a step: "if"
        flow::WrittenUse use;
    };
    struct Version {
        flow::Conditions conditions;
        std::map<std::string, std::string> hashes;
        std::map<std::string, std::vector<PlacedUse>> by_step;
    };
    struct Decision;

    static void add_step(Version& version, Json const& step, std::string const& id);
    void add_decision(Version const& version, Decision const& decision, flow::WrittenUse const& use, Json const& values, std::string const& via);
    ConditionFigures& figures_of(Version const& version, Decision const& decision, std::string const& condition, std::string const& via);

    std::map<std::pair<std::string, std::int64_t>, Version> versions_;
    std::map<std::tuple<std::string, std::string, std::string, std::string, std::string>, ConditionFigures> figures_;
    std::vector<std::string> unrecorded_;
};

}  // namespace pawl::cli
