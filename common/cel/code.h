// A checked expression in its evaluable form: an array of small nodes, children before parents, and the tables they point into.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/cel/ast.h"
#include "common/cel/functions/library.h"
#include "common/cel/functions/regex.h"
#include "common/cel/program.h"
#include "common/cel/value.h"
#include "common/cel/value_store.h"

namespace pawl::cel {

using Index = std::uint32_t;
inline constexpr Index no_index = ~Index{0};

enum class Op : std::uint8_t {
    constant,         ///< a: in constants
    variable,         ///< a: slot
    local,            ///< a: slot, counted from behind the variables
    status,           ///< a: in status_names
    select,           ///< a: operand, b: name in constants
    select_optional,  ///< the same
    has,              ///< the same
    unary,            ///< a: operand; `oper`
    binary,           ///< a, b; `oper`, index included
    logical_and,      ///< a: first in operands, b: how many
    logical_or,       ///< the same
    conditional,      ///< a ? b : c
    list,             ///< a: first in operands, b: how many; c: first in marks, or no_index
    map,              ///< the same, b counts keys and values
    call,             ///< a: first in operands, b: how many; c: in functions; detail: 1 for a member
    fold,             ///< a: range, b: predicate or value, c: value of …_filter; `fold`; detail: slot of the variable
    fold_pairs        ///< the same, with two variables: key or index, and value
};

/// JSON has no timestamps: what a declaration promises is converted where it is read.
enum class Coerce : std::uint8_t { none, timestamp, duration, integer, real, bytes };

struct Instruction {
    Op op = Op::constant;
    Coerce coerce = Coerce::none;
    std::uint8_t detail = 0;
    union {
        Operator oper = Operator::none;
        Fold fold;
    };
    Index a = no_index, b = no_index, c = no_index;
};
static_assert(sizeof(Instruction) == 16);

/// Where a node stands: in the text, and in the user's file (looked up while compiling, so that the file's tree may go).
struct Spot {
    Range at;
    std::uint32_t mark = 0;  ///< of its operator, field or function name
    std::uint32_t line = 0, column = 0, length = 1;
};

struct Program::Code {
    std::string text;
    std::string file;
    std::vector<Instruction> nodes;
    std::vector<Spot> spots;  ///< one a node
    std::vector<Index> operands;
    std::vector<std::uint8_t> marks;
    std::vector<Value> constants;
    std::vector<std::string> variables;
    std::vector<std::string> status_names;
    std::vector<Function const*> functions;
    std::vector<std::unique_ptr<Function const>> unknown_functions;  ///< without overloads: calling one is an error
    std::vector<std::unique_ptr<Regex const>> patterns;  ///< the constant ones
    Index root = 0;
    Index locals = 0;
    ZoneResolver const* zones = nullptr;

    Type result;
    Type expected;
    bool tainted = false;
    bool calls_status = false;
    std::vector<std::string> reads;

    ValueStore kept;  ///< what the constants point to
    std::string_view source_of(Index node) const;
    SourcePos place_of(Index node) const;
};

/// The form a value of this declared type takes when it comes from JSON.
Coerce coercion_to(Type const& type);

}  // namespace pawl::cel
