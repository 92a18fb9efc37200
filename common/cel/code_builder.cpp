// The tables of a program under construction, and folding.
#include "common/cel/code_builder.h"

#include <algorithm>

#include "common/cel/evaluation.h"

namespace pawl::cel {
namespace {

/// Nothing is known while folding.
class NoValues : public Activation {
public:
    Json const* variable(std::string_view) const override { return nullptr; }
};

Index find_or_add(std::vector<std::string>& names, std::string const& name) {
    auto const found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<Index>(found - names.begin());
    names.push_back(name);
    return static_cast<Index>(names.size() - 1);
}

bool is_computable(Function const& function) {
    return std::all_of(function.overloads.begin(), function.overloads.end(), [](Overload const& overload) { return overload.run != nullptr; });
}

}  // namespace

std::vector<Index> children_of(Program::Code const& code, Index at) {
    Instruction const& node = code.nodes[at];
    switch (node.op) {
    case Op::constant:
    case Op::variable:
    case Op::local:
    case Op::status: return {};
    case Op::select:
    case Op::select_optional:
    case Op::has:
    case Op::unary: return {node.a};
    case Op::binary: return {node.a, node.b};
    case Op::conditional: return {node.a, node.b, node.c};
    case Op::fold:
    case Op::fold_pairs: return node.c == no_index ? std::vector<Index>{node.a, node.b} : std::vector<Index>{node.a, node.b, node.c};
    case Op::logical_and:
    case Op::logical_or:
    case Op::list:
    case Op::map:
    case Op::call: return {code.operands.begin() + node.a, code.operands.begin() + node.a + node.b};
    }
    return {};
}

Needs needs_of(Program::Code const& code, Index at, std::vector<Needs> const& needs) {
    Instruction const& node = code.nodes[at];
    bool const loop = node.op == Op::fold || node.op == Op::fold_pairs;
    Needs own{.values = node.op == Op::variable || node.op == Op::status, .lowest_local = node.op == Op::local ? node.a : ~0u};
    bool const unknown = node.op == Op::call && !is_computable(*code.functions[node.c]);
    own.values |= unknown;
    bool first = true;
    for (Index const child : children_of(code, at)) {
        own.values |= needs[child].values;
        bool const bound_here = loop && !first && needs[child].lowest_local >= node.detail;
        if (!bound_here) own.lowest_local = std::min(own.lowest_local, needs[child].lowest_local);
        first = false;
    }
    return own;
}

std::shared_ptr<Program::Code> CodeBuilder::finish(Index root) {
    code_->root = root;
    code_->nodes.shrink_to_fit();
    code_->spots.shrink_to_fit();
    code_->operands.shrink_to_fit();
    code_->constants.shrink_to_fit();
    return code_;
}

Index CodeBuilder::push(Instruction const& instruction, Spot const& spot) {
    code_->nodes.push_back(instruction);
    code_->spots.push_back(spot);
    auto const at = static_cast<Index>(code_->nodes.size() - 1);
    needs_.push_back(needs_of(*code_, at, needs_));
    return at;
}

Index CodeBuilder::push_constant(Value const& value, Spot const& spot) {
    Instruction instruction;
    instruction.op = Op::constant;
    instruction.a = keep(value);
    return push(instruction, spot);
}

void CodeBuilder::set_operands(Instruction& instruction, std::vector<Index> const& operands) {
    instruction.a = static_cast<Index>(code_->operands.size());
    instruction.b = static_cast<Index>(operands.size());
    code_->operands.insert(code_->operands.end(), operands.begin(), operands.end());
}

Index CodeBuilder::keep(Value const& value) {
    if (value.is(Value::Kind::string)) {  // field names come again and again
        auto const [known, added] = names_.try_emplace(std::string(value.as_text()), static_cast<Index>(code_->constants.size()));
        if (!added) return known->second;
    }
    code_->constants.push_back(code_->kept.keep(value));
    return static_cast<Index>(code_->constants.size() - 1);
}

Index CodeBuilder::variable(std::string const& name) { return find_or_add(code_->variables, name); }
Index CodeBuilder::status(std::string const& name) { return find_or_add(code_->status_names, name); }

Index CodeBuilder::function(Function const* wanted) {
    auto const found = std::find(code_->functions.begin(), code_->functions.end(), wanted);
    if (found != code_->functions.end()) return static_cast<Index>(found - code_->functions.begin());
    code_->functions.push_back(wanted);
    return static_cast<Index>(code_->functions.size() - 1);
}

bool CodeBuilder::foldable(Index at) const {
    Instruction const& node = code_->nodes[at];
    if (node.op == Op::constant || !needs_[at].nothing()) return false;
    bool const loop = node.op == Op::fold || node.op == Op::fold_pairs;
    if (loop) return is_constant(node.a);  // what is inside needs the elements
    auto const children = children_of(*code_, at);
    return std::all_of(children.begin(), children.end(), [&](Index child) { return is_constant(child); });
}

CodeBuilder::Folded CodeBuilder::fold(Index at, Mark const& before) {
    Budget budget{.steps_left = 2'000, .bytes_left = 4'096};  // larger values are made when they are needed
    NoValues const nothing;
    Evaluation evaluation(*code_, nothing, budget);
    Value const value = evaluation.run(at);
    Folded result;
    result.node = at;
    if (evaluation.is_exhausted()) return result;
    if (value.is_error()) {
        Explained why = explain(value.as_fault(), *code_);
        result.failed = true;
        result.message = std::move(why.message);
        result.hint = std::move(why.hint);
        result.blamed = why.node;
        return result;
    }
    code_->constants.push_back(code_->kept.keep(value));  // the value may borrow from what is taken back now
    Spot const spot = code_->spots[at];
    code_->nodes.resize(before.nodes);
    code_->spots.resize(before.nodes);
    needs_.resize(before.nodes);
    code_->operands.resize(before.operands);
    code_->marks.resize(before.marks);
    Instruction instruction;
    instruction.op = Op::constant;
    instruction.a = static_cast<Index>(code_->constants.size() - 1);
    result.node = push(instruction, spot);
    return result;
}

}  // namespace pawl::cel
