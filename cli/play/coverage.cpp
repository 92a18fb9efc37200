#include "cli/play/coverage.h"

#include <map>
#include <set>

namespace pawl::cli {
namespace {

/// What was seen of the steps of one plan, by index.
struct Seen {
    std::set<std::size_t> ran, held, failed_to_hold;  ///< held: its `if` was true
    std::map<std::size_t, std::set<std::int64_t>> arms;

    void look_at(PlayedStep const& step, bool is_switch) {
        if (step.status != "skipped" && step.status != "pending") ran.insert(step.index);
        if (step.asked) (*step.asked ? held : failed_to_hold).insert(step.index);
        if (Json const* arm = is_switch ? step.outputs.find("arm") : nullptr; arm != nullptr && arm->is_int()) arms[step.index].insert(arm->as_int());
    }
};

class Counter {
public:
    Counter(std::string target, flow::Plan const& plan, Seen const& seen) : seen_(seen) {
        coverage_.target = std::move(target);
        for (std::size_t i = 0; i < plan.steps.size(); ++i) count(plan.steps[i], i);
    }
    Coverage take() { return std::move(coverage_); }

private:
    void count(flow::StepPlan const& step, std::size_t index) {
        bool const ran = seen_.ran.contains(index);
        ++coverage_.steps;
        if (ran) ++coverage_.steps_run;
        else gap(step, "step '" + step.id + "' ran in no case");
        if (step.condition) {
            branch(step, seen_.held.contains(index), ran ? "the 'if' of step '" + step.id + "' was true in no case" : "");
            branch(step, seen_.failed_to_hold.contains(index), "the 'if' of step '" + step.id + "' was false in no case");
        }
        if (auto const* choice = std::get_if<flow::SwitchAction>(&step.action)) count_arms(step, *choice, index);
    }

    void count_arms(flow::StepPlan const& step, flow::SwitchAction const& choice, std::size_t index) {
        auto const found = seen_.arms.find(index);
        auto const taken = [&](std::int64_t arm) { return found != seen_.arms.end() && found->second.contains(arm); };
        for (std::size_t i = 0; i < choice.arms.size(); ++i)
            branch(step, taken(static_cast<std::int64_t>(i)), "arm " + std::to_string(i + 1) + " of switch '" + step.id + "' was taken in no case");
        bool const may_take_none = !choice.arms.empty() && choice.arms.back().when;
        if (may_take_none) branch(step, taken(-1), "switch '" + step.id + "' took an arm in every case");
    }

    /// An empty text: what has been told already says it.
    void branch(flow::StepPlan const& step, bool seen, std::string what) {
        ++coverage_.branches;
        if (seen) ++coverage_.branches_seen;
        else if (!what.empty()) gap(step, std::move(what));
    }

    void gap(flow::StepPlan const& step, std::string what) { coverage_.gaps.push_back({step.where, std::move(what)}); }

    Seen const& seen_;
    Coverage coverage_;
};

}  // namespace

std::vector<Coverage> coverage_of(std::vector<flow::Test> const& tests, std::vector<CaseResult> const& results) {
    std::map<std::string, std::shared_ptr<flow::Plan const>> plans;
    for (flow::Test const& test : tests)
        if (test.plan) plans[test.target] = test.plan;
    std::vector<Coverage> coverage;
    for (auto const& [target, plan] : plans) {
        Seen seen;
        for (CaseResult const& result : results) {
            if (result.target != target) continue;
            for (PlayedStep const& step : result.play.steps)
                seen.look_at(step, std::holds_alternative<flow::SwitchAction>(plan->steps[step.index].action));
        }
        coverage.push_back(Counter(target, *plan, seen).take());
    }
    return coverage;
}

}  // namespace pawl::cli
