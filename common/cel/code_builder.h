// Puts a program together, node behind its children, and folds what needs nothing from outside. Used to compile and to evaluate in part.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/cel/code.h"

namespace pawl::cel {

/// What a node reads that is not in it: values of an activation, or variables of a comprehension around it.
struct Needs {
    bool values = false;
    std::uint32_t lowest_local = ~0u;  ///< slot; all bits: none
    bool nothing() const { return !values && lowest_local == ~0u; }
};

/// The children of a node: those that need not be there (absent c) are left out.
std::vector<Index> children_of(Program::Code const& code, Index node);
/// `needs` has an entry for each child.
Needs needs_of(Program::Code const& code, Index node, std::vector<Needs> const& needs);

class CodeBuilder {
public:
    CodeBuilder() : code_(std::make_shared<Program::Code>()) {}

    Program::Code& code() { return *code_; }
    std::shared_ptr<Program::Code> finish(Index root);

    /// How far the tables are filled: folding takes back what came later.
    struct Mark {
        std::size_t nodes, operands, marks;
    };
    Mark mark() const { return {code_->nodes.size(), code_->operands.size(), code_->marks.size()}; }

    Index push(Instruction const& instruction, Spot const& spot);
    Index push_constant(Value const& value, Spot const& spot);
    /// Copies the operands into their table: `a` and `b` of the instruction.
    void set_operands(Instruction& instruction, std::vector<Index> const& operands);
    Index keep(Value const& value);  ///< in constants
    Index variable(std::string const& name);
    Index status(std::string const& name);
    Index function(Function const* function);

    bool is_constant(Index node) const { return code_->nodes[node].op == Op::constant; }
    Value const& constant(Index node) const { return code_->constants[code_->nodes[node].a]; }
    /// All that the node is made of is constant. Such a node has a value now, or only an error.
    bool foldable(Index node) const;
    struct Folded {
        Index node = 0;       ///< the constant; or the node as it was
        bool failed = false;  ///< it has only an error:
        std::string message, hint;
        Index blamed = 0;
    };
    /// Replaces a foldable node, the last one, by its value; everything from `before` on belonged to it. With an error it stays.
    Folded fold(Index node, Mark const& before);

private:
    std::shared_ptr<Program::Code> code_;
    std::vector<Needs> needs_;                         ///< one a node
    std::map<std::string, Index, std::less<>> names_;  ///< constants that are text
};

}  // namespace pawl::cel
