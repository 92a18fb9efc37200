// Watches an evaluation, and finds out which conditions decided it.
#include "common/cel/trace.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/cel/code_builder.h"
#include "common/cel/evaluation.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {

constexpr std::size_t value_characters_max = 60;

class Recorder final : public Observer {
public:
    explicit Recorder(std::size_t nodes) : seen(nodes) {}
    void computed(Index node, Value const& value) override {
        seen[node].value = value;
        ++seen[node].times;
    }
    struct Seen {
        Value value;
        std::size_t times = 0;
    };
    std::vector<Seen> seen;
};

std::string shown(Value const& value, Program::Code const& code) {
    if (value.is_error()) return "error: " + explain(value.as_fault(), code).message;
    Budget budget{.steps_left = 0, .bytes_left = 64u << 10};
    auto const json = to_json(value, budget);
    std::string const text = json ? dump_json(*json) : describe(value);
    std::string_view const start = take_characters(text, value_characters_max);
    return start.size() < text.size() ? std::string(start) + "…" : text;
}

class Writer {
public:
    Writer(Program::Code const& code, Recorder const& recorder, Trace& trace) : code_(code), recorder_(recorder), trace_(trace) {}

    /// `decides`: the result of the expression follows from this node. `condition`: it stands where a condition does.
    void write(Index at, std::uint32_t depth, bool decides, bool condition) {
        Instruction const& node = code_.nodes[at];
        Recorder::Seen const& seen = recorder_.seen[at];
        if (seen.times == 0) return;  // a branch not taken
        bool const chain = node.op == Op::logical_and || node.op == Op::logical_or;
        bool const names_value = node.op == Op::fold && node.fold == Fold::bind;  // its body is the condition
        if (node.op != Op::constant || condition) {
            Spot const& spot = code_.spots[at];
            trace_.parts.push_back({spot.at.begin, spot.at.end, spot.mark, depth, shown(seen.value, code_), seen.times, seen.value.is_error(), decides && !chain && !names_value, condition && !chain && !names_value});
        }
        for (Index const child : children_of(code_, at)) {
            bool const inner = chain || (names_value && condition && child == node.b) || (node.op == Op::conditional && child == node.a) || (condition && node.op == Op::unary && node.oper == Operator::logical_not && is_chain(node.a));
            if (is_path(node) && !seen.value.is_error() && child == node.a && leads_on(child)) continue;  // a.b.c has one value, that of c
            write(child, depth + 1, decides && (chain ? decides_chain(node, seen.value, child) : inner), inner);
        }
    }

private:
    static bool is_path(Instruction const& node) { return node.op == Op::select || node.op == Op::select_optional || node.op == Op::has; }
    /// Nothing but fields of a variable.
    bool leads_on(Index at) const {
        Instruction const& node = code_.nodes[at];
        return node.op == Op::variable || node.op == Op::local || (is_path(node) && leads_on(node.a));
    }
    bool is_chain(Index at) const { return code_.nodes[at].op == Op::logical_and || code_.nodes[at].op == Op::logical_or; }

    /// One operand with the decisive value is enough; without any, all of them (or, for an error, those that fail) decide.
    bool decides_chain(Instruction const& node, Value const& result, Index operand) const {
        Value const& value = recorder_.seen[operand].value;
        if (result.is_error()) return value.is_error();
        bool const decisive = node.op == Op::logical_or;
        return result.as_bool() == decisive ? value.is(VK::boolean) && value.as_bool() == decisive : true;
    }

    Program::Code const& code_;
    Recorder const& recorder_;
    Trace& trace_;
};

}  // namespace

Result<Json> Program::eval(Activation const& values, Budget& budget, Trace& trace) const {
    Recorder recorder(code_->nodes.size());
    Evaluation evaluation(*code_, values, budget, &recorder);
    Value const value = evaluation.run(code_->root);
    trace.text = code_->text;
    trace.parts.clear();
    Writer(*code_, recorder, trace).write(code_->root, 0, true, true);
    std::stable_sort(trace.parts.begin(), trace.parts.end(), [](Trace::Part const& a, Trace::Part const& b) { return a.begin < b.begin; });
    return finished(value, *code_, budget);
}

}  // namespace pawl::cel
