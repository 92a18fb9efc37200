// One evaluation: the arena, the budget, the variables read so far. Functions of the library see it too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/cel/arena.h"
#include "common/cel/code.h"
#include "common/cel/fault.h"

namespace pawl::cel {

/// Sees the value of every node as it is computed: for traces. With one, both sides of && and || run.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void computed(Index node, Value const& value) = 0;
};

class Evaluation {
public:
    Evaluation(Program::Code const& code, Activation const& values, Budget& budget, Observer* observer = nullptr);
    Evaluation(Evaluation const&) = delete;
    Evaluation& operator=(Evaluation const&) = delete;

    /// The value of a node; it borrows from this evaluation, the code and the activation.
    Value run(Index node);
    Program::Code const& code() const { return code_; }
    Budget& budget() { return budget_; }
    bool is_exhausted() const { return exhausted_; }

    // --- for operators and functions ---

    /// Pays for work beyond one step a node; false: return exhausted().
    bool charge(std::uint64_t steps);
    /// Pays for looking at so many bytes.
    bool charge_bytes_seen(std::uint64_t bytes) { return charge(bytes / 32); }
    /// Memory until the end of the evaluation; null when the budget is spent: return exhausted().
    void* allocate(std::uint64_t bytes);
    template <class T>
    T* allocate_array(std::uint64_t count) {
        return static_cast<T*>(allocate(count * sizeof(T)));
    }
    Value exhausted();
    /// An error that blames the node being computed; the texts are copied.
    Value error(std::string_view message, std::string_view hint = {});
    Value string(std::string_view text);  ///< a copy
    Value bytes(std::string_view bytes);
    Value some(Value const& inner);
    Value list(std::span<Value const> items);
    Value map(std::span<MapEntry const> entries);
    /// A document made by the evaluation, alive until its end.
    Value document(Json json);
    ZoneResolver const* zones() const { return code_.zones; }
    /// Compiled, from the program or made now; null with `problem` set when it is no pattern, null without when the budget is spent.
    Regex const* pattern(std::string_view text, std::string& problem);

    /// Deep equality by value (1 == 1.0, NaN != NaN); empty when the budget is spent.
    std::optional<bool> equal(Value const& a, Value const& b);

private:
    Value compute(Index node);
    Value variable(Instruction const& node);
    Value coerce(Value const& value, Coerce to, Index node);
    Value select(Instruction const& node, Index at);
    Value field(Value const& operand, Instruction const& node, Index at);
    Value logical(Instruction const& node, bool decisive);
    Value conditional(Instruction const& node);
    Value binary(Instruction const& node, Index at);
    Value operate(Operator op, Value const& left, Value const& right, Index at);
    Value compare(Operator op, Value const& left, Value const& right, Index at);
    Value arithmetic(Operator op, Value const& left, Value const& right, Index at);
    Value int_arithmetic(Operator op, std::int64_t left, std::int64_t right);
    Value uint_arithmetic(Operator op, std::uint64_t left, std::uint64_t right);
    Value time_arithmetic(Operator op, Value const& left, Value const& right, Index at);
    Value concatenate(Value const& left, Value const& right);
    Value contains(Value const& element, Value const& container, Index at);
    Value index(Value const& container, Value const& key, Index at, bool optional);
    Value unary(Instruction const& node, Index at);
    Value make_list(Instruction const& node);
    Value make_map(Instruction const& node);
    Value call(Instruction const& node, Index at);
    Value fold(Instruction const& node, Index at);
    Value fold_bool(Instruction const& node, Value const& range);
    Value fold_one(Instruction const& node, Value const& range);
    Value fold_list(Instruction const& node, Value const& range);
    Value fold_map(Instruction const& node, Value const& range);
    Value fold_entries(Instruction const& node, Value const& range);
    Value bind(Instruction const& node, Index at);
    void bind_element(Instruction const& node, Value const& range, std::size_t index);
    Value passes(Instruction const& node);
    Value fault(Fault::Kind kind, Index node, Value const& a = Value(), Value const& b = Value());
    Value not_bool(Value const& value, Index node);
    std::string_view copy(std::string_view text);

    Program::Code const& code_;
    Activation const& values_;
    Budget& budget_;
    Observer* observer_;
    bool exhausted_ = false;
    Index at_ = 0;          ///< the node a function's error blames
    Fault out_of_budget_;
    Arena arena_;
    std::array<Value, 16> few_slots_;
    std::unique_ptr<Value[]> many_slots_;
    Value* slots_;           ///< variables, then locals
    std::unique_ptr<Regex const> last_pattern_;
    std::vector<std::unique_ptr<Json const>> documents_;
};

/// An error in words, with what the user can do.
struct Explained {
    std::string message;
    std::string hint;
    Index node = 0;
};
Explained explain(Fault const& fault, Program::Code const& code);

/// The same as an error in the user's file.
Error to_error(Fault const& fault, Program::Code const& code);
/// What there is to say when to_json() gave nothing.
Error too_large(Program::Code const& code);

/// What evaluation of the root gave, as the caller gets it: an error, or JSON of the type the place expects.
Result<Json> finished(Value const& value, Program::Code const& code, Budget& budget);

/// The JSON of a value (program.h "eval"); empty when `budget` is spent. Copies, and pays for each byte.
std::optional<Json> to_json(Value const& value, Budget& budget);

}  // namespace pawl::cel
