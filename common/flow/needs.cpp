// Names → indices, then a topological order. Each cycle is told once, as the way round.
#include "common/flow/needs.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

using yaml::Node;

class Resolver {
public:
    Resolver(Reader& reader, std::vector<StepDraft> const& drafts, Plan& plan) : reader_(reader), drafts_(drafts), plan_(plan) {
        result_.broken.resize(plan.steps.size());
        result_.visible.assign(plan.steps.size(), StepSet(plan.steps.size()));
    }

    StepOrder run() {
        index_names();
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) read_needs(static_cast<StepIndex>(i));
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            if (!drafts_[i].arms.empty()) read_arms(static_cast<StepIndex>(i));
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            for (StepIndex const need : plan_.steps[i].needs) plan_.steps[need].dependents.push_back(static_cast<StepIndex>(i));
        sort();
        while (result_.order.size() < plan_.steps.size()) break_cycle();
        spread_visibility();
        return std::move(result_);
    }

private:
    void index_names() {
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            StepPlan const& step = plan_.steps[i];
            if (step.id.empty()) continue;
            auto const [first, fresh] = names_.emplace(step.id, static_cast<StepIndex>(i));
            if (fresh) continue;
            Error& error = reader_.error(code::duplicate_name, step.where, "'" + step.id + "' names two steps",
                                         step.section == Section::steps ? "" : "ids are unique over steps and handlers");
            error.notes.push_back({plan_.steps[first->second].where, "first defined here"});
        }
    }

    void read_needs(StepIndex index) {
        StepPlan& step = plan_.steps[index];
        if (step.undoes) return;  // the engine has an order of its own for these
        if (!drafts_[index].fields.map().find("needs")) {
            bool const follows = index > 0 && plan_.steps[index - 1u].section == step.section;
            if (follows) step.needs.push_back(static_cast<StepIndex>(index - 1));
            return;
        }
        Node const* needs = drafts_[index].fields.find("needs");
        if (!needs) {
            result_.broken[index] = true;
            return;
        }
        if (!reader_.within(needs->items.size(), 1000, *needs, "needs")) return;
        std::vector<Node const*> const names = reader_.texts(*needs, "needs");
        result_.broken[index] = names.size() < needs->items.size();
        for (Node const* name : names) add_need(index, step, *name);
    }

    /// The id that a step was meant to have, and cannot.
    bool is_wrong_name(std::string const& name) const {
        if (is_identifier(name)) return false;
        for (StepDraft const& draft : drafts_)
            if (Node const* id = draft.fields.find("id"); id && id->text == name) return true;
        return false;
    }

    void add_need(StepIndex index, StepPlan& step, Node const& name) {
        auto const found = names_.find(name.text);
        if (found == names_.end() && is_wrong_name(name.text)) {
            result_.broken[index] = true;  // what is wrong with it is told where the step stands
        } else if (found == names_.end()) {
            reader_.error(code::unknown_name, name.where, drafts_[index].title + " needs " + quotation(name.text) + ", which does not exist",
                          near(step, name.text));
            result_.broken[index] = true;
        } else if (plan_.steps[found->second].section != step.section) {
            bool const in_handler = step.section != Section::steps;
            reader_.error(code::invalid_value, name.where, drafts_[index].title + " cannot need '" + name.text + "', which is in another list",
                          in_handler ? "handlers run when all steps have ended" : "handlers run after all steps");
            result_.broken[index] = true;
        } else if (std::ranges::find(step.needs, found->second) != step.needs.end()) {
            reader_.error(code::duplicate_name, name.where, "'" + name.text + "' is needed twice");
        } else {
            step.needs.push_back(found->second);
        }
    }

    void read_arms(StepIndex index) {
        auto& action = std::get<SwitchAction>(plan_.steps[index].action);
        for (std::size_t i = 0; i < drafts_[index].arms.size(); ++i) {
            Fields const& arm = drafts_[index].arms[i];
            Node const* steps = arm.find(arm.has("else") ? "else" : "steps");
            if (!steps || !reader_.within(steps->items.size(), 1000, *steps, "steps")) continue;
            for (Node const* name : reader_.texts(*steps, "steps"))
                if (auto const step = step_of_arm(index, *name)) action.arms[i].steps.push_back(*step);
        }
    }

    /// A step behind the switch; it must wait for it, or it would begin before the arm is known.
    std::optional<StepIndex> step_of_arm(StepIndex index, Node const& name) {
        StepPlan const& choice = plan_.steps[index];
        auto const found = names_.find(name.text);
        if (found == names_.end()) {
            reader_.error(code::unknown_name, name.where, drafts_[index].title + " leads to " + quotation(name.text) + ", which does not exist",
                          near(choice, name.text));
            return {};
        }
        StepPlan& step = plan_.steps[found->second];
        if (std::ranges::find(step.needs, index) == step.needs.end()) {
            reader_.error(code::invalid_value, name.where, "step '" + name.text + "' does not wait for the switch that decides about it",
                          step.section == choice.section ? "give step '" + name.text + "' needs: [" + choice.id + "]" : "it is in another list");
            return {};
        }
        if (std::ranges::find(step.switches, index) == step.switches.end()) step.switches.push_back(index);
        return found->second;
    }

    std::string near(StepPlan const& step, std::string const& name) const {
        if (name.size() > 64 || !reader_.may_suggest()) return {};
        if (name.find(',') != std::string::npos) return "several stand in a list without quotes around all: [" + printable(name) + "]";
        std::vector<std::string_view> ids;
        for (StepPlan const& other : plan_.steps)
            if (other.section == step.section && &other != &step) ids.push_back(other.id);
        std::string_view const found = nearest(name, ids);
        return found.empty() ? std::string() : "did you mean '" + std::string(found) + "'?";
    }

    /// Kahn's algorithm; ties in file order.
    void sort() {
        missing_.resize(plan_.steps.size());
        sorted_.resize(plan_.steps.size());
        std::vector<StepIndex> ready;
        for (std::size_t i = plan_.steps.size(); i-- > 0;) {
            missing_[i] = plan_.steps[i].needs.size();
            if (missing_[i] == 0) ready.push_back(static_cast<StepIndex>(i));
        }
        put(std::move(ready));
    }

    /// The ready steps, and all that become ready by them.
    void put(std::vector<StepIndex> ready) {
        while (!ready.empty()) {
            StepIndex const next = ready.back();
            ready.pop_back();
            if (sorted_[next]) continue;
            sorted_[next] = true;
            result_.order.push_back(next);
            for (StepIndex const dependent : plan_.steps[next].dependents)
                if (--missing_[dependent] == 0) ready.push_back(dependent);
        }
    }

    /// Tells one cycle and takes its steps as sorted, so that the next one is found among those that are left.
    void break_cycle() {
        // Each unsorted step needs an unsorted one: following them must come round.
        auto const unsorted_need = [&](StepIndex step) {
            return *std::ranges::find_if(plan_.steps[step].needs, [&](StepIndex need) { return !sorted_[need]; });
        };
        StepIndex first = static_cast<StepIndex>(std::ranges::find(sorted_, false) - sorted_.begin());
        std::size_t const left = plan_.steps.size() - result_.order.size();
        for (std::size_t i = 0; i < left; ++i) first = unsorted_need(first);  // now surely on the cycle
        std::vector<StepIndex> cycle{first};
        for (StepIndex next = unsorted_need(first); next != first; next = unsorted_need(next)) cycle.push_back(next);
        report_cycle(cycle);
        for (StepIndex const step : cycle) result_.broken[step] = true;
        put(cycle);
    }

    void report_cycle(std::vector<StepIndex> const& cycle) {
        StepIndex const first = cycle.front();
        std::string way = plan_.steps[first].id;
        for (std::size_t i = 1; i < cycle.size() && i <= 20; ++i) way += " → " + plan_.steps[cycle[i]].id;
        if (cycle.size() > 21) way += " → …";
        way += " → " + plan_.steps[first].id;
        Node const* needs = drafts_[first].fields.find("needs");
        reader_.error(code::cycle, needs ? needs->where : plan_.steps[first].where, "steps wait for each other: " + way,
                      "an arrow means: needs");
    }

    void spread_visibility() {
        StepSet all_steps(plan_.steps.size());
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            if (plan_.steps[i].section == Section::steps) all_steps.insert(i);
        for (StepIndex const step : result_.order) {
            StepSet& visible = result_.visible[step];
            if (plan_.steps[step].section != Section::steps) visible = all_steps;
            for (StepIndex const need : plan_.steps[step].needs) {
                visible.insert(need);
                visible.insert_all(result_.visible[need]);
                if (result_.broken[need]) result_.broken[step] = true;
            }
        }
    }

    Reader& reader_;
    std::vector<StepDraft> const& drafts_;
    Plan& plan_;
    std::unordered_map<std::string_view, StepIndex> names_;
    std::vector<std::size_t> missing_;  ///< by step: its needs that are not sorted yet
    std::vector<bool> sorted_;
    StepOrder result_;
};

}  // namespace

StepOrder resolve_needs(Reader& reader, std::vector<StepDraft> const& drafts, Plan& plan) { return Resolver(reader, drafts, plan).run(); }

}  // namespace pawl::flow
