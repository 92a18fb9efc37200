#include "common/flow/conflicts.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/code.h"
#include "common/flow/cases.h"

namespace pawl::flow {
namespace {

/// What a workflow may cost: a hostile one must not hold up a deploy.
class Effort {
public:
    explicit Effort(Depth depth) : depth_(depth), evaluations_left_(depth == Depth::check ? 100'000 : 5'000'000) {}
    Depth depth() const { return depth_; }
    /// How many cases so many programs may be tried with.
    std::size_t cases_for(std::size_t programs) {
        std::size_t const most = depth_ == Depth::check ? 1'000 : 50'000;
        std::size_t const cases = std::min(most, evaluations_left_ / std::max<std::size_t>(1, programs));
        evaluations_left_ -= std::min(evaluations_left_, spent_at_least * programs);
        return cases;
    }
    void spend(std::size_t evaluations) { evaluations_left_ -= std::min(evaluations_left_, evaluations); }

private:
    static constexpr std::size_t spent_at_least = 4;
    Depth depth_;
    std::size_t evaluations_left_;
};

SourcePos place_of(cel::Program const& program) { return program.code().place_of(program.code().root); }

/// An expression may fail; and one that costs too much is left alone.
enum class Outcome : std::uint8_t { no, yes, error, unknown };
Outcome outcome_of(cel::Program const& program, Case const& one) {
    cel::Budget budget{.steps_left = 5'000, .bytes_left = 64u << 10};
    auto const value = program.eval(one, budget);
    if (!value) return value.error().code == code::limit_exceeded ? Outcome::unknown : Outcome::error;
    return !value->is_bool() ? Outcome::error : value->as_bool() ? Outcome::yes : Outcome::no;
}

/// `declarations` and the properties in them, by a path without its first word.
Declaration const* declared_at(std::vector<Declaration> const& declarations, std::string_view path) {
    std::size_t const dot = path.find('.');
    auto const found = std::ranges::find(declarations, path.substr(0, dot), &Declaration::name);
    if (found == declarations.end()) return nullptr;
    return dot == std::string_view::npos ? &*found : declared_at(found->properties, path.substr(dot + 1));
}

Domain domain_of_params(Condition const& condition, std::string const& path) {
    if (path == "now") return {.is_now = true, .is_free = true, .may_miss = false};
    if (!path.starts_with("params.")) return {};
    Declaration const* declaration = declared_at(condition.params, std::string_view(path).substr(7));
    return {.declaration = declaration, .is_free = declaration != nullptr, .may_miss = std::ranges::count(path, '.') > 1};
}

/// What inputs and the outputs of programs may be is declared. Everything else could be anything, and nothing is claimed about what it can be.
class Workflow {
public:
    explicit Workflow(Plan const& plan) : plan_(plan) {}

    Domain domain(std::string const& path) const {
        if (path == "now") return {.is_now = true, .is_free = true, .may_miss = false};
        if (path.starts_with("inputs.")) {
            Declaration const* declaration = declared_at(plan_.inputs, std::string_view(path).substr(7));
            bool const is_nested = std::ranges::count(path, '.') > 1;
            return {.declaration = declaration, .is_free = declaration != nullptr, .may_miss = is_nested || declaration == nullptr || (declaration->optional && !declaration->default_value)};
        }
        return path.starts_with("steps.") ? domain_of_output(std::string_view(path).substr(6)) : Domain{};
    }

private:
    /// "dump.outputs.size"
    Domain domain_of_output(std::string_view path) const {
        static Declaration const text{.name = "", .where = {}, .type = ValueType::string};
        std::size_t const dot = path.find('.');
        auto const index = plan_.find(path.substr(0, dot));
        if (!index || dot == std::string_view::npos || !path.substr(dot).starts_with(".outputs.")) return {};
        StepPlan const& step = plan_.steps[*index];
        if (!step.is_process() || step.fan_out) return {};
        std::string_view const name = path.substr(dot + 9);
        if (step.outputs.empty() && name.find('.') == std::string_view::npos) return {.declaration = &text, .is_free = true};
        Declaration const* declaration = declared_at(step.outputs, name);
        return {.declaration = declaration, .is_free = declaration != nullptr};
    }

    Plan const& plan_;
};

/// Is it the same for all values? Nothing when it is not, or when nobody can tell.
std::optional<bool> constant_outcome(cel::Program const& program, DomainOf const& domain_of, Effort& effort) {
    if (program.constant()) return std::nullopt;  // whoever writes true or false means it
    cel::Comparisons const comparisons = cel::comparisons_of(program);
    if (!comparisons.exact || comparisons.paths.empty()) return std::nullopt;
    Cases const cases({&program}, domain_of, effort.cases_for(1));
    if (!cases.are_all()) return std::nullopt;
    std::optional<Outcome> first;
    bool same = true;
    cases.visit([&](Case const& one) {
        Outcome const outcome = outcome_of(program, one);
        effort.spend(1);
        same = (outcome == Outcome::yes || outcome == Outcome::no) && (!first || *first == outcome);
        first = outcome;
        return same;
    });
    if (!same || !first) return std::nullopt;
    bool const always = *first == Outcome::yes;
    if (always && !comparisons.statuses.empty()) return std::nullopt;  // always() || … changes when the step runs
    return always;
}

std::string truth(bool value) {
    return value ? "true" : "false";
}

/// The arms of one switch, and what decides whether it is reached at all.
class SwitchJudge {
public:
    SwitchJudge(Plan const& plan, StepIndex index, Effort& effort) : plan_(plan), index_(index), action_(std::get<SwitchAction>(plan.steps[index].action)), effort_(effort) {
        for (SwitchAction::Arm const& arm : action_.arms)
            if (arm.when) arms_.push_back(&*arm.when);
        add_guards(index);
        all_ = arms_;
        all_.insert(all_.end(), guards_.begin(), guards_.end());
    }

    void run(std::vector<Conflict>& found) {
        if (arms_.empty()) return;
        Workflow const workflow(plan_);
        Cases const cases(all_, [&](std::string const& path) { return workflow.domain(path); }, effort_.cases_for(all_.size()));
        taken_.assign(arms_.size(), false);
        bool const all_guards_exact = std::ranges::all_of(guards_, is_exact);
        cases.visit([&](Case const& one) {
            effort_.spend(all_.size());
            look(one, all_guards_exact);
            return !gave_up_;
        });
        bool const has_else = arms_.size() < action_.arms.size();
        for (std::size_t i = 0; i < arms_.size(); ++i) judge_arm(i, cases.are_all() && !gave_up_, found);
        if (!has_else && gap_) found.push_back(gap());
        if (effort_.depth() == Depth::full) found.insert(found.end(), overlaps_.begin(), overlaps_.end());
    }

private:
    static bool is_exact(cel::Program const* program) { return cel::comparisons_of(*program).exact; }

    /// Its own `if`, the workflow's, and switches before it that may lead elsewhere, with all that decides about those.
    void add_guards(StepIndex index) {
        if (!guarded_.insert(index).second) return;
        StepPlan const& step = plan_.steps[index];
        if (step.condition) guards_.push_back(&*step.condition);
        if (index == index_ && plan_.condition) guards_.push_back(&*plan_.condition);
        for (StepIndex const before : step.switches) {
            for (SwitchAction::Arm const& arm : std::get<SwitchAction>(plan_.steps[before].action).arms)
                if (arm.when) guards_.push_back(&*arm.when);
            add_guards(before);
        }
    }

    /// Does the run come to this step? Nobody knows when something fails on the way.
    std::optional<bool> is_reached(StepIndex index, Case const& one) const {
        StepPlan const& step = plan_.steps[index];
        for (cel::Program const* guard : {step.condition ? &*step.condition : nullptr, plan_.condition ? &*plan_.condition : nullptr}) {
            Outcome const outcome = guard == nullptr ? Outcome::yes : outcome_of(*guard, one);
            if (outcome == Outcome::error || outcome == Outcome::unknown) return std::nullopt;
            if (outcome == Outcome::no) return false;
        }
        for (StepIndex const before : step.switches) {
            auto const reached = is_reached(before, one);
            if (!reached || !*reached) return reached;
            auto const leads = leads_to(before, index, one);
            if (!leads || !*leads) return leads;
        }
        return true;
    }

    std::optional<bool> leads_to(StepIndex choice, StepIndex index, Case const& one) const {
        for (SwitchAction::Arm const& arm : std::get<SwitchAction>(plan_.steps[choice].action).arms) {
            Outcome const outcome = arm.when ? outcome_of(*arm.when, one) : Outcome::yes;
            if (outcome == Outcome::error || outcome == Outcome::unknown) return std::nullopt;
            if (outcome == Outcome::yes) return std::ranges::find(arm.steps, index) != arm.steps.end();
        }
        return false;
    }

    void look(Case const& one, bool all_guards_exact) {
        auto const reached = is_reached(index_, one);
        // An arm counts as taken unless it surely is not.
        if (all_guards_exact && reached && !*reached) return;
        bool const is_witness = one.is_plausible() && reached && *reached;
        std::optional<std::size_t> first;
        for (std::size_t i = 0; i < arms_.size(); ++i) {
            Outcome const outcome = outcome_of(*arms_[i], one);
            gave_up_ = gave_up_ || outcome == Outcome::unknown;
            if (gave_up_) return;
            if (outcome == Outcome::error) {
                if (!first) return;  // the switch fails: no arm is taken
                continue;
            }
            if (outcome == Outcome::no) continue;
            if (!first) taken_[i] = true;
            else if (is_witness && effort_.depth() == Depth::full) note_overlap(*first, i, one);
            if (!first) first = i;
        }
        if (!first && is_witness && !gap_) gap_ = one.text(arms_);
    }

    void note_overlap(std::size_t first, std::size_t second, Case const& one) {
        if (!overlapping_.emplace(first, second).second) return;
        overlaps_.push_back({.kind = Conflict::Kind::overlap, .where = place_of(*arms_[second]), .step = plan_.steps[index_].id,
                             .message = ordinal(first) + " and " + ordinal(second) + " of switch '" + plan_.steps[index_].id + "' both hold; " + ordinal(first) + " is taken",
                             .hint = {}, .witness = one.text(arms_)});
    }

    static std::string ordinal(std::size_t arm) { return "arm " + std::to_string(arm + 1); }

    void judge_arm(std::size_t i, bool are_all, std::vector<Conflict>& found) {
        bool const can_tell = are_all && std::ranges::all_of(arms_.begin(), arms_.begin() + static_cast<std::ptrdiff_t>(i) + 1, is_exact);
        if (!can_tell || taken_[i]) return;
        std::string const who = ordinal(i) + " of switch '" + plan_.steps[index_].id + "'";
        Workflow const workflow(plan_);
        auto const constant = constant_outcome(*arms_[i], [&](std::string const& path) { return workflow.domain(path); }, effort_);
        bool const never_holds = (constant && !*constant) || arms_[i]->constant() == Json(false);
        if (never_holds && arms_[i]->constant()) return;  // `when: false` is meant so
        std::string const why = never_holds ? "its condition is always false" : "the arms above it, and what leads to the switch, leave nothing for it";
        found.push_back({.kind = Conflict::Kind::never_taken, .where = place_of(*arms_[i]), .step = plan_.steps[index_].id, .message = who + " is never taken: " + why,
                         .hint = never_holds ? "" : "the first arm that holds is taken: move the narrower one up", .witness = {}});
    }

    Conflict gap() const {
        StepPlan const& step = plan_.steps[index_];
        return {.kind = Conflict::Kind::gap, .where = step.where, .step = step.id,
                .message = "switch '" + step.id + "' takes no arm when " + *gap_, .hint = "say what then: {else: [STEP]}, or {else: []} for nothing", .witness = *gap_};
    }

    Plan const& plan_;
    StepIndex index_;
    SwitchAction const& action_;
    Effort& effort_;
    bool gave_up_ = false;  ///< an arm costs too much to be tried
    std::vector<cel::Program const*> arms_, guards_, all_;
    std::set<StepIndex> guarded_;
    std::vector<bool> taken_;
    std::optional<std::string> gap_;
    std::set<std::pair<std::size_t, std::size_t>> overlapping_;
    std::vector<Conflict> overlaps_;
};

void judge_if(Plan const& plan, cel::Program const& condition, std::string const& step, Effort& effort, std::vector<Conflict>& found) {
    Workflow const workflow(plan);
    auto const always = constant_outcome(condition, [&](std::string const& path) { return workflow.domain(path); }, effort);
    if (!always) return;
    std::string const who = step.empty() ? "the workflow's 'if'" : "'if' of step '" + step + "'";
    found.push_back({.kind = Conflict::Kind::constant, .where = place_of(condition), .step = step, .message = who + " is always " + truth(*always),
                     .hint = "for all values that its names can have", .witness = {}});
}

/// Steps that wait for the same ones, each with an `if`: both may be meant to run, so this is told to who asks.
void judge_siblings(Plan const& plan, Effort& effort, std::vector<Conflict>& found) {
    std::map<std::pair<Section, std::vector<StepIndex>>, std::vector<StepIndex>> groups;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        StepPlan const& step = plan.steps[i];
        bool const counts = step.condition && !step.condition->calls_status_function() && step.switches.empty();
        if (!counts) continue;
        std::vector<StepIndex> needs = step.needs;
        std::ranges::sort(needs);
        groups[{step.section, std::move(needs)}].push_back(static_cast<StepIndex>(i));
    }
    Workflow const workflow(plan);
    for (auto const& [needs, steps] : groups) {
        if (steps.size() < 2) continue;
        std::vector<cel::Program const*> programs;
        for (StepIndex const index : steps) programs.push_back(&*plan.steps[index].condition);
        std::set<std::pair<std::size_t, std::size_t>> seen;
        bool has_gap = false;
        Cases const cases(programs, [&](std::string const& path) { return workflow.domain(path); }, effort.cases_for(programs.size()));
        cases.visit([&](Case const& one) {
            effort.spend(programs.size());
            if (!one.is_plausible()) return true;
            std::vector<std::size_t> holding;
            bool failed = false;
            for (std::size_t i = 0; i < programs.size(); ++i) {
                Outcome const outcome = outcome_of(*programs[i], one);
                failed = failed || outcome == Outcome::error || outcome == Outcome::unknown;
                if (outcome == Outcome::yes) holding.push_back(i);
            }
            for (std::size_t i = 1; i < holding.size(); ++i) {
                StepPlan const &first = plan.steps[steps[holding[0]]], &other = plan.steps[steps[holding[i]]];
                if (!seen.emplace(holding[0], holding[i]).second) continue;
                found.push_back({.kind = Conflict::Kind::overlap, .where = place_of(*other.condition), .step = other.id, .message = "steps '" + first.id + "' and '" + other.id + "' both run",
                                 .hint = "if only one shall run, let a switch decide", .witness = one.text(programs)});
            }
            if (holding.empty() && !failed && !std::exchange(has_gap, true)) {
                std::vector<std::string> names;
                for (StepIndex const index : steps) names.push_back("'" + plan.steps[index].id + "'");
                found.push_back({.kind = Conflict::Kind::gap, .where = place_of(*programs.front()), .step = plan.steps[steps.front()].id, .message = "none of the steps " + join(names, ", ") + " runs",
                                 .hint = {}, .witness = one.text(programs)});
            }
            return true;
        });
    }
}

}  // namespace

std::string_view name_of(Conflict::Kind kind) {
    switch (kind) {
    case Conflict::Kind::constant: return "constant";
    case Conflict::Kind::never_taken: return "never taken";
    case Conflict::Kind::gap: return "gap";
    case Conflict::Kind::overlap: return "overlap";
    }
    return "";
}

std::vector<Conflict> conflicts_in(Plan const& plan, Depth depth) {
    std::vector<Conflict> found;
    Effort effort(depth);
    if (plan.condition) judge_if(plan, *plan.condition, "", effort, found);
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        StepPlan const& step = plan.steps[i];
        if (step.condition) judge_if(plan, *step.condition, step.id, effort, found);
        if (std::holds_alternative<SwitchAction>(step.action)) SwitchJudge(plan, static_cast<StepIndex>(i), effort).run(found);
    }
    if (depth == Depth::full) judge_siblings(plan, effort, found);
    return found;
}

std::vector<Conflict> conflicts_in(Condition const& condition, Depth depth) {
    if (!condition.program) return {};
    Effort effort(depth);
    auto const always = constant_outcome(*condition.program, [&](std::string const& path) { return domain_of_params(condition, path); }, effort);
    if (!always) return {};
    return {{.kind = Conflict::Kind::constant, .where = place_of(*condition.program), .step = "", .message = "condition '" + condition.name + "' is always " + truth(*always),
             .hint = "for all values that its params can have", .witness = {}}};
}

Error as_warning(Conflict const& conflict) {
    ErrorCode const code = conflict.kind == Conflict::Kind::constant ? code::constant_condition : conflict.kind == Conflict::Kind::gap ? code::switch_gap : code::never_taken;
    return {.code = code, .message = conflict.message, .where = conflict.where, .hint = conflict.hint, .severity = Severity::warning};
}

}  // namespace pawl::flow
