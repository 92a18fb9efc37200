// Post-order: a node is emitted behind its children, and replaced by its value when all of them are constants.
#include "common/cel/generate.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/code_builder.h"
#include "common/cel/functions/globs.h"

namespace pawl::cel {
namespace {

class Generator {
public:
    Generator(Ast const& ast, Checked const& checked, Environment::State const& environment, Reporter& reporter)
        : ast_(ast), checked_(checked), environment_(environment), reporter_(reporter), code_(&builder_.code()) {}

    std::shared_ptr<Program::Code> run(std::string_view text) {
        code_->text = text;
        code_->zones = environment_.zones;
        code_->locals = checked_.locals;
        return builder_.finish(emit(ast_.root));
    }

private:
    Index emit(NodeId id) {
        Node const& node = ast_[id];
        CodeBuilder::Mark const before = builder_.mark();
        Instruction instruction;
        switch (node.kind) {
        case Node::Kind::literal: return builder_.push_constant(literal(node.value), spot(node));
        case Node::Kind::name: return emit_name(id);
        case Node::Kind::select:
        case Node::Kind::has: {
            Reference const& reference = checked_.references[id];
            if (reference.kind == Reference::Kind::variable || reference.kind == Reference::Kind::type) return emit_name(id);
            instruction.op = node.kind == Node::Kind::has ? Op::has : node.optional ? Op::select_optional : Op::select;
            instruction.a = emit(node.children[0]);
            instruction.b = builder_.keep(Value::string(node.text));
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
            instruction.c = builder_.function(reference.function != nullptr ? reference.function : unknown_function(node.text));
            instruction.detail = node.member && !reference.drop_receiver ? 1 : 0;
            constant_pattern(node, instruction);
            constant_zone(node, instruction);
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
        Index const made = builder_.push(instruction, spot(node));
        return environment_.strictness.folding && builder_.foldable(made) ? folded(made, before) : made;
    }

    Spot spot(Node const& node) {
        SourcePos const place = reporter_.placer().at(node.at);
        code_->file = place.file;
        return {node.at, node.mark.begin, place.line, place.column, place.length};
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
            instruction.a = builder_.variable(environment_.variables[reference.index].name);
            break;
        case Reference::Kind::unknown:
            instruction.op = Op::variable;
            instruction.a = builder_.variable(node.text);
            break;
        case Reference::Kind::type: return builder_.push_constant(Value::type(reference.name), spot(node));
        default: ASSERT(false);
        }
        return builder_.push(instruction, spot(node));
    }

    Index emit_status(Node const& node) {
        Instruction instruction;
        instruction.op = Op::status;
        instruction.a = builder_.status(node.text);
        return builder_.push(instruction, spot(node));
    }

    Function const* unknown_function(std::string const& name) {
        code_->unknown_functions.push_back(std::make_unique<Function const>(Function{name, {}}));
        return code_->unknown_functions.back().get();
    }

    // --- inner nodes ---

    void emit_all(Instruction& instruction, std::vector<NodeId> const& children) {
        std::vector<Index> made;
        for (NodeId const child : children) made.push_back(emit(child));
        builder_.set_operands(instruction, made);
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
        instruction.op = node.names.size() == 2 ? Op::fold_pairs : Op::fold;
        instruction.fold = node.fold;
        bool const may_stay_unread = node.fold == Fold::bind;
        if (may_stay_unread) ++absorbing_;
        instruction.a = emit(node.children[0]);
        if (may_stay_unread) --absorbing_;
        instruction.detail = static_cast<std::uint8_t>(depth_);
        depth_ += node.names.size();
        ++absorbing_;  // the range may be empty
        instruction.b = emit(node.children[1]);
        if (node.children.size() > 2) instruction.c = emit(node.children[2]);
        --absorbing_;
        depth_ -= node.names.size();
        return instruction;
    }

    /// matches(text, '…') and glob: the pattern is compiled once, here, and a wrong one is told now.
    void constant_pattern(Node const& node, Instruction const& call) {
        bool const is_glob = node.text == "glob";
        if ((node.text != "matches" && !is_glob) || call.b != 2) return;
        Index const argument = code_->operands[call.a + 1];
        if (!builder_.is_constant(argument) || !builder_.constant(argument).is(Value::Kind::string)) return;
        std::string problem, text(builder_.constant(argument).as_text());
        if (is_glob) text = glob_expression(text, problem);
        for (auto const& known : code_->patterns) {
            if (known->pattern() == text) return;
        }
        auto pattern = std::make_unique<Regex const>(text);
        if (problem.empty()) problem = pattern->problem();
        if (problem.empty()) code_->patterns.push_back(std::move(pattern));
        else reporter_.error(code::expression_type, ast_[node.children.back()].at, "wrong pattern: " + problem, is_glob ? "" : "the syntax is that of RE2");
    }

    /// now.getHours('Europe/Berlin'): a zone that is not known here is told now. A warning: another machine may know it, and what was once
    /// stored must load wherever it is read.
    void constant_zone(Node const& node, Instruction const& call) {
        bool const is_getter = node.member && node.text.starts_with("get") && call.b == 2 && checked_.types[node.children.front()].kind() == Type::Kind::timestamp;
        if (!is_getter || environment_.zones == nullptr) return;
        Index const argument = code_->operands[call.a + 1];
        if (!builder_.is_constant(argument) || !builder_.constant(argument).is(Value::Kind::string)) return;
        std::string_view const zone = builder_.constant(argument).as_text();
        if (parse_offset(zone) || environment_.zones->utc_offset_seconds(zone, 0)) return;
        reporter_.warning(code::expression_type, ast_[node.children.back()].at, "unknown time zone '" + printable(take_characters(zone, 80)) + "'", "write a name like Europe/Berlin, or an offset like +02:00");
    }

    // --- folding ---

    Index folded(Index at, CodeBuilder::Mark const& before) {
        CodeBuilder::Folded const result = builder_.fold(at, before);
        if (result.failed && environment_.strictness.types) report_failure(result);
        return result.node;
    }

    void report_failure(CodeBuilder::Folded const& failure) {
        Range const at = code_->spots[failure.blamed].at;
        if (absorbing_ > 0) reporter_.warning(code::expression_error, at, "this always fails: " + failure.message, failure.hint);
        else reporter_.error(code::expression_error, at, failure.message, failure.hint);
    }

    Ast const& ast_;
    Checked const& checked_;
    Environment::State const& environment_;
    Reporter& reporter_;
    CodeBuilder builder_;
    Program::Code* code_;        ///< of the builder
    std::size_t depth_ = 0;      ///< names bound here by comprehensions
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
    return code;
}

}  // namespace pawl::cel
