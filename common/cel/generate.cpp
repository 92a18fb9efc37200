// Post-order: a node is emitted behind its children, and replaced by its value when all of them are constants.
#include "common/cel/generate.h"

#include <algorithm>
#include <map>

#include "common/base/error_codes.h"
#include "common/cel/evaluation.h"

namespace pawl::cel {
namespace {

/// Nothing is known while folding.
class NoValues : public Activation {
public:
    Json const* variable(std::string_view) const override { return nullptr; }
};

class Generator {
public:
    Generator(Ast const& ast, Checked const& checked, Environment::State const& environment, Reporter& reporter)
        : ast_(ast), checked_(checked), environment_(environment), reporter_(reporter), code_(std::make_shared<Program::Code>()) {}

    std::shared_ptr<Program::Code> run(std::string_view text) {
        code_->text = text;
        code_->zones = environment_.zones;
        code_->locals = checked_.locals;
        code_->root = emit(ast_.root);
        return code_;
    }

private:
    struct Marks {
        std::size_t nodes, operands, marks;
    };

    Index emit(NodeId id) {
        Node const& node = ast_[id];
        Marks const before{code_->nodes.size(), code_->operands.size(), code_->marks.size()};
        Instruction instruction;
        switch (node.kind) {
        case Node::Kind::literal: return push(constant(literal(node.value)), node);
        case Node::Kind::name: return emit_name(id);
        case Node::Kind::select:
        case Node::Kind::has: {
            Reference const& reference = checked_.references[id];
            if (reference.kind == Reference::Kind::type) return push(constant(Value::type(reference.name)), node);
            instruction.op = node.kind == Node::Kind::has ? Op::has : node.optional ? Op::select_optional : Op::select;
            instruction.a = emit(node.children[0]);
            instruction.b = keep(Value::string(node.text));
            if (node.kind == Node::Kind::select) instruction.coerce = coercion_to(checked_.types[id]);
            break;
        }
        case Node::Kind::operation: instruction = emit_operation(id); break;
        case Node::Kind::call: {
            Reference const& reference = checked_.references[id];
            if (reference.kind == Reference::Kind::status) return emit_status(node);
            std::vector<NodeId> const arguments(node.children.begin() + (reference.drop_receiver ? 1 : 0), node.children.end());
            instruction.op = Op::call;
            emit_all(instruction, arguments);
            instruction.c = function(reference.function);
            instruction.detail = node.member && !reference.drop_receiver ? 1 : 0;
            constant_pattern(node, instruction);
            break;
        }
        case Node::Kind::list:
        case Node::Kind::map:
            instruction.op = node.kind == Node::Kind::list ? Op::list : Op::map;
            emit_all(instruction, node.children);
            if (std::find(node.marks.begin(), node.marks.end(), 1) != node.marks.end()) {
                instruction.c = static_cast<Index>(code_->marks.size());
                code_->marks.insert(code_->marks.end(), node.marks.begin(), node.marks.end());
            }
            break;
        case Node::Kind::fold: instruction = emit_fold(node); break;
        case Node::Kind::mistake:
        case Node::Kind::message: ASSERT(false);  // reported, so nothing is generated
        }
        Index const made = push(instruction, node);
        return foldable(made) ? folded(made, before) : made;
    }

    Index push(Instruction const& instruction, Node const& node) {
        SourcePos const place = reporter_.placer().at(node.at);
        code_->nodes.push_back(instruction);
        code_->spots.push_back({node.at, place.line, place.column, place.length});
        code_->file = place.file;
        return static_cast<Index>(code_->nodes.size() - 1);
    }

    // --- leaves ---

    static Value literal(Literal const& literal) {
        struct Make {
            Value operator()(std::nullptr_t) const { return Value::null(); }
            Value operator()(bool value) const { return Value::boolean(value); }
            Value operator()(std::int64_t value) const { return Value::integer(value); }
            Value operator()(std::uint64_t value) const { return Value::uint(value); }
            Value operator()(double value) const { return Value::real(value); }
            Value operator()(std::string const& value) const { return Value::string(value); }
            Value operator()(Bytes const& value) const { return Value::bytes(value.data); }
        };
        return std::visit(Make{}, literal);
    }

    Index keep(Value const& value) {
        if (value.is(Value::Kind::string)) {  // field names come again and again
            auto const [known, added] = names_.try_emplace(std::string(value.as_text()), static_cast<Index>(code_->constants.size()));
            if (!added) return known->second;
        }
        code_->constants.push_back(code_->keep(value));
        return static_cast<Index>(code_->constants.size() - 1);
    }

    Instruction constant(Value const& value) {
        Instruction instruction;
        instruction.op = Op::constant;
        instruction.a = keep(value);
        return instruction;
    }

    static Index find_or_add(std::vector<std::string>& names, std::string const& name) {
        auto const found = std::find(names.begin(), names.end(), name);
        if (found != names.end()) return static_cast<Index>(found - names.begin());
        names.push_back(name);
        return static_cast<Index>(names.size() - 1);
    }

    Index emit_name(NodeId id) {
        Node const& node = ast_[id];
        Reference const& reference = checked_.references[id];
        Instruction instruction;
        instruction.coerce = coercion_to(checked_.types[id]);
        switch (reference.kind) {
        case Reference::Kind::local:
            instruction.op = Op::local;
            instruction.a = reference.index;
            break;
        case Reference::Kind::variable:
            instruction.op = Op::variable;
            instruction.a = find_or_add(code_->variables, node.text);
            break;
        case Reference::Kind::type: return push(constant(Value::type(reference.name)), node);
        default: ASSERT(false);
        }
        return push(instruction, node);
    }

    Index emit_status(Node const& node) {
        Instruction instruction;
        instruction.op = Op::status;
        instruction.a = find_or_add(code_->status_names, node.text);
        return push(instruction, node);
    }

    Index function(Function const* wanted) {
        auto const found = std::find(code_->functions.begin(), code_->functions.end(), wanted);
        if (found != code_->functions.end()) return static_cast<Index>(found - code_->functions.begin());
        code_->functions.push_back(wanted);
        return static_cast<Index>(code_->functions.size() - 1);
    }

    // --- inner nodes ---

    void emit_all(Instruction& instruction, std::vector<NodeId> const& children) {
        std::vector<Index> made;
        for (NodeId const child : children) made.push_back(emit(child));
        instruction.a = static_cast<Index>(code_->operands.size());
        instruction.b = static_cast<Index>(made.size());
        code_->operands.insert(code_->operands.end(), made.begin(), made.end());
    }

    Instruction emit_operation(NodeId id) {
        Node const& node = ast_[id];
        Instruction instruction;
        switch (node.op) {
        case Operator::logical_and:
        case Operator::logical_or: {
            instruction.op = node.op == Operator::logical_and ? Op::logical_and : Op::logical_or;
            ++absorbing_;
            emit_all(instruction, node.children);
            --absorbing_;
            return instruction;
        }
        case Operator::conditional: {
            instruction.op = Op::conditional;
            instruction.a = emit(node.children[0]);
            ++absorbing_;
            instruction.b = emit(node.children[1]);
            instruction.c = emit(node.children[2]);
            --absorbing_;
            return instruction;
        }
        case Operator::logical_not:
        case Operator::negate:
            instruction.op = Op::unary;
            instruction.oper = node.op;
            instruction.a = emit(node.children[0]);
            return instruction;
        default:
            instruction.op = Op::binary;
            instruction.oper = node.op;
            instruction.a = emit(node.children[0]);
            instruction.b = emit(node.children[1]);
            instruction.coerce = coercion(id);
            return instruction;
        }
    }

    Coerce coercion(NodeId id) const {
        Node const& node = ast_[id];
        bool const declared = node.op == Operator::index || node.op == Operator::optional_index;
        if (declared) return coercion_to(checked_.types[id]);
        // With declared numbers 10 / 4.0 and 10.5 / 4 are both doubles anyway; the others compute their own kind.
        return Coerce::none;
    }

    Instruction emit_fold(Node const& node) {
        Instruction instruction;
        instruction.op = Op::fold;
        instruction.fold = node.fold;
        instruction.a = emit(node.children[0]);
        instruction.detail = static_cast<std::uint8_t>(depth_);
        ++depth_;
        ++absorbing_;  // the range may be empty
        instruction.b = emit(node.children[1]);
        if (node.children.size() > 2) instruction.c = emit(node.children[2]);
        --absorbing_;
        --depth_;
        return instruction;
    }

    /// matches(text, '…'): the pattern is compiled once, here, and a wrong one is told now.
    void constant_pattern(Node const& node, Instruction const& call) {
        if (node.text != "matches" || call.b != 2) return;
        Instruction const& argument = code_->nodes[code_->operands[call.a + 1]];
        if (argument.op != Op::constant || !code_->constants[argument.a].is(Value::Kind::string)) return;
        std::string_view const text = code_->constants[argument.a].as_text();
        for (auto const& known : code_->patterns) {
            if (known->pattern() == text) return;
        }
        auto pattern = std::make_unique<Regex const>(text);
        if (!pattern->problem().empty()) {
            reporter_.error(code::expression_type, ast_[node.children.back()].at, "wrong pattern: " + pattern->problem(), "the syntax is that of RE2");
            return;
        }
        code_->patterns.push_back(std::move(pattern));
    }

    // --- folding ---

    bool is_constant(Index node) const { return code_->nodes[node].op == Op::constant; }

    bool foldable(Index at) const {
        Instruction const& node = code_->nodes[at];
        switch (node.op) {
        case Op::select:
        case Op::select_optional:
        case Op::has:
        case Op::unary: return is_constant(node.a);
        case Op::binary: return is_constant(node.a) && is_constant(node.b);
        case Op::conditional: return is_constant(node.a) && is_constant(node.b) && is_constant(node.c);
        case Op::logical_and:
        case Op::logical_or:
        case Op::list:
        case Op::map:
        case Op::call:
            for (Index i = 0; i < node.b; ++i) {
                if (!is_constant(code_->operands[node.a + i])) return false;
            }
            return true;
        default: return false;
        }
    }

    Index folded(Index at, Marks const& before) {
        Budget budget{.steps_left = 2'000, .bytes_left = 4'096};  // larger values are made when they are needed
        NoValues const nothing;
        Evaluation evaluation(*code_, nothing, budget);
        Value const value = evaluation.run(at);
        if (evaluation.is_exhausted()) return at;
        if (value.is_error()) {
            report_failure(value.as_fault());
            return at;
        }
        Value const kept = code_->keep(value);
        Spot const spot = code_->spots[at];
        code_->nodes.resize(before.nodes);
        code_->spots.resize(before.nodes);
        code_->operands.resize(before.operands);
        code_->marks.resize(before.marks);
        Instruction instruction;
        instruction.op = Op::constant;
        instruction.a = static_cast<Index>(code_->constants.size());
        code_->constants.push_back(kept);
        code_->nodes.push_back(instruction);
        code_->spots.push_back(spot);
        return static_cast<Index>(before.nodes);
    }

    void report_failure(Fault const& fault) {
        if (!environment_.check_types) return;
        Explained const why = explain(fault, *code_);
        Range const at = code_->spots[why.node].at;
        if (absorbing_ > 0) reporter_.warning(code::expression_error, at, "this always fails: " + why.message, why.hint);
        else reporter_.error(code::expression_error, at, why.message, why.hint);
    }

    Ast const& ast_;
    Checked const& checked_;
    Environment::State const& environment_;
    Reporter& reporter_;
    std::shared_ptr<Program::Code> code_;
    std::map<std::string, Index, std::less<>> names_;  ///< constants that are text
    std::size_t depth_ = 0;      ///< open comprehensions
    std::size_t absorbing_ = 0;  ///< enclosing nodes that may not evaluate this one, or absorb its error
};

}  // namespace

std::shared_ptr<Program::Code const> generate(std::string_view text, Ast const& ast, Checked checked, Environment::State const& environment, Reporter& reporter) {
    auto code = Generator(ast, checked, environment, reporter).run(text);
    code->result = checked.types[ast.root];
    code->tainted = checked.tainted[ast.root] != 0;
    code->calls_status = checked.calls_status;
    code->reads = std::move(checked.reads);
    code->expected = environment.expected;
    code->nodes.shrink_to_fit();
    code->spots.shrink_to_fit();
    code->operands.shrink_to_fit();
    code->constants.shrink_to_fit();
    return code;
}

}  // namespace pawl::cel
