// Partial evaluation: a program is copied node by node, and what depends only on known values is replaced by its value.
#include "common/cel/code_builder.h"
#include "common/cel/evaluation.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {

class Specializer {
public:
    Specializer(Program::Code const& old, Activation const& known) : old_(old), known_(known) {
        Program::Code& code = made_.code();
        code.text = old.text;
        code.file = old.file;
        code.zones = old.zones;
        code.locals = old.locals;
        code.result = old.result;
        code.expected = old.expected;
        code.tainted = old.tainted;
        code.calls_status = old.calls_status;
        code.reads = old.reads;
        for (Index i = 0; i < old.nodes.size(); ++i) {
            needs_.push_back(needs_of(old, i, needs_));
            if (is_known_variable(i)) needs_[i].values = false;
        }
        for (auto const& pattern : old.patterns) code.patterns.push_back(std::make_unique<Regex const>(pattern->pattern()));
        for (auto const& unknown : old.unknown_functions) code.unknown_functions.push_back(std::make_unique<Function const>(*unknown));
    }

    std::shared_ptr<Program::Code const> run() { return made_.finish(emit(old_.root)); }

private:
    bool is_known_variable(Index at) const {
        Instruction const& node = old_.nodes[at];
        if (node.op != Op::variable) return false;
        std::string const& name = old_.variables[node.a];
        return known_.variable(name) != nullptr || !known_.value(name).is(VK::unset);
    }

    /// The value of a node that needs nothing unknown, as a constant; nothing when it has only an error, or costs too much.
    std::optional<Index> computed(Index at) {
        if (!needs_[at].nothing()) return std::nullopt;
        Budget budget{.steps_left = 10'000, .bytes_left = 64u << 10};
        Evaluation evaluation(old_, known_, budget);
        Value const value = evaluation.run(at);
        if (value.is_error()) return std::nullopt;
        return made_.push_constant(value, old_.spots[at]);
    }

    Index emit(Index at) {
        if (auto const constant = computed(at)) return *constant;
        Instruction const& node = old_.nodes[at];
        switch (node.op) {
        case Op::logical_and: return logical(at, false);
        case Op::logical_or: return logical(at, true);
        case Op::conditional: return conditional(at);
        default: return copied(at);
        }
    }

    /// A decisive constant is the result, a neutral one is left out.
    Index logical(Index at, bool decisive) {
        Instruction const& node = old_.nodes[at];
        auto const before = made_.mark();
        std::vector<Index> rest;
        for (Index i = 0; i < node.b; ++i) {
            Index const operand = emit(old_.operands[node.a + i]);
            if (!made_.is_constant(operand) || !made_.constant(operand).is(VK::boolean)) rest.push_back(operand);
            else if (made_.constant(operand).as_bool() == decisive) return made_.push_constant(Value::boolean(decisive), old_.spots[at]);
        }
        if (rest.empty()) return made_.push_constant(Value::boolean(!decisive), old_.spots[at]);
        Instruction instruction = node;
        made_.set_operands(instruction, rest);
        return pushed(instruction, at, before);
    }

    Index conditional(Index at) {
        Instruction instruction = old_.nodes[at];
        auto const before = made_.mark();
        instruction.a = emit(instruction.a);
        if (made_.is_constant(instruction.a) && made_.constant(instruction.a).is(VK::boolean)) {
            return emit(made_.constant(instruction.a).as_bool() ? instruction.b : instruction.c);
        }
        instruction.b = emit(instruction.b);
        instruction.c = emit(instruction.c);
        return pushed(instruction, at, before);
    }

    Index copied(Index at) {
        Instruction instruction = old_.nodes[at];
        auto const before = made_.mark();
        switch (instruction.op) {
        case Op::constant: return made_.push_constant(old_.constants[instruction.a], old_.spots[at]);
        case Op::variable: instruction.a = made_.variable(old_.variables[instruction.a]); break;
        case Op::status: instruction.a = made_.status(old_.status_names[instruction.a]); break;
        case Op::select:
        case Op::select_optional:
        case Op::has:
            instruction.a = emit(instruction.a);
            instruction.b = made_.keep(old_.constants[instruction.b]);
            break;
        case Op::unary: instruction.a = emit(instruction.a); break;
        case Op::binary:
        case Op::fold:
        case Op::fold_pairs:
            instruction.a = emit(instruction.a);
            instruction.b = emit(instruction.b);
            if (instruction.c != no_index) instruction.c = emit(instruction.c);
            break;
        case Op::list:
        case Op::map:
        case Op::call: return many(at);
        case Op::local:
        case Op::logical_and:
        case Op::logical_or:
        case Op::conditional: break;
        }
        return pushed(instruction, at, before);
    }

    Index many(Index at) {
        Instruction instruction = old_.nodes[at];
        auto const before = made_.mark();
        std::vector<Index> operands;
        for (Index i = 0; i < instruction.b; ++i) operands.push_back(emit(old_.operands[instruction.a + i]));
        if (instruction.op == Op::call) {
            instruction.c = made_.function(function(*old_.functions[instruction.c]));
        } else if (instruction.c != no_index) {
            auto const first = old_.marks.begin() + instruction.c;
            std::size_t const count = instruction.op == Op::map ? instruction.b / 2 : instruction.b;
            instruction.c = static_cast<Index>(made_.code().marks.size());
            made_.code().marks.insert(made_.code().marks.end(), first, first + static_cast<std::ptrdiff_t>(count));
        }
        made_.set_operands(instruction, operands);
        return pushed(instruction, at, before);
    }

    /// Unknown functions belong to the code: the copy has its own.
    Function const* function(Function const& old) {
        for (auto const& unknown : made_.code().unknown_functions) {
            if (old.overloads.empty() && unknown->name == old.name) return unknown.get();
        }
        return &old;
    }

    Index pushed(Instruction const& instruction, Index at, CodeBuilder::Mark const& before) {
        Index const made = made_.push(instruction, old_.spots[at]);
        return made_.foldable(made) ? made_.fold(made, before).node : made;
    }

    Program::Code const& old_;
    Activation const& known_;
    std::vector<Needs> needs_;  ///< one a node of the old code
    CodeBuilder made_;
};

}  // namespace

Program Program::partial(Activation const& known) const { return Program(Specializer(*code_, known).run()); }

std::optional<Json> Program::constant() const {
    if (code_->nodes[code_->root].op != Op::constant) return std::nullopt;
    Budget budget;
    return to_json(code_->constants[code_->nodes[code_->root].a], budget);
}

}  // namespace pawl::cel
