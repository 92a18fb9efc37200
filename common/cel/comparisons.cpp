#include "common/cel/comparisons.h"

#include <algorithm>
#include <optional>

#include "common/cel/code_builder.h"

namespace pawl::cel {
namespace {

using VK = Value::Kind;

constexpr std::size_t constants_max = 100;  ///< of one path: a hostile text must not cost more than it can

std::optional<Constant> constant_of(Value const& value) {
    switch (value.kind()) {
    case VK::null: return Constant{};
    case VK::boolean: return Constant{.kind = Constant::Kind::json, .json = Json(value.as_bool())};
    case VK::integer: return Constant{.kind = Constant::Kind::json, .json = Json(value.as_int())};
    case VK::unsigned_integer: return Constant{.kind = Constant::Kind::json, .json = Json(value.as_uint())};
    case VK::real: return Constant{.kind = Constant::Kind::json, .json = Json(value.as_real())};
    case VK::string: return Constant{.kind = Constant::Kind::json, .json = Json(std::string(value.as_text()))};
    case VK::timestamp: return Constant{.kind = Constant::Kind::timestamp, .json = {}, .instant = value.as_instant()};
    case VK::duration: return Constant{.kind = Constant::Kind::duration, .json = {}, .instant = value.as_instant()};
    default: return std::nullopt;
    }
}

bool is_order(Operator op) {
    return op == Operator::less || op == Operator::less_equal || op == Operator::greater || op == Operator::greater_equal;
}

class Walk {
public:
    explicit Walk(Program::Code const& code) : code_(code) {}

    Comparisons run() && {
        judge(code_.root);
        return std::move(found_);
    }

private:
    Instruction const& at(Index node) const { return code_.nodes[node]; }

    /// "a.b.c", when the node is a plain chain of fields of a variable.
    std::optional<std::string> path_of(Index node) const {
        Instruction const& one = at(node);
        if (one.coerce == Coerce::bytes) return std::nullopt;
        if (one.op == Op::variable) return code_.variables[one.a];
        if (one.op != Op::select) return std::nullopt;
        auto const operand = path_of(one.a);
        if (!operand) return std::nullopt;
        return *operand + "." + std::string(code_.constants[one.b].as_text());
    }

    ComparedPath& note(std::string const& path) {
        auto const known = std::ranges::find(found_.paths, path, &ComparedPath::path);
        if (known != found_.paths.end()) return *known;
        return found_.paths.emplace_back(ComparedPath{path, {}});
    }

    void note(std::string const& path, Constant constant) {
        auto& constants = note(path).constants;
        if (constants.size() == constants_max) {
            found_.exact = false;
            return;
        }
        if (std::ranges::find(constants, constant) == constants.end()) constants.push_back(std::move(constant));
    }

    /// A part that gives a truth value.
    void judge(Index node) {
        Instruction const& one = at(node);
        switch (one.op) {
        case Op::constant: return;
        case Op::variable:
        case Op::select:
            if (auto const path = path_of(node)) return note(*path, {.kind = Constant::Kind::json, .json = Json(true)});
            return give_up(node);
        case Op::has:
            if (auto const path = path_of(one.a)) {
                note(*path + "." + std::string(code_.constants[one.b].as_text()));
                return;
            }
            return give_up(node);
        case Op::status:
            note_status(one);
            return;
        case Op::unary:
            return one.oper == Operator::logical_not ? judge(one.a) : give_up(node);
        case Op::logical_and:
        case Op::logical_or:
            for (Index i = 0; i < one.b; ++i) judge(code_.operands[one.a + i]);
            return;
        case Op::conditional:
            judge(one.a);
            judge(one.b);
            judge(one.c);
            return;
        case Op::binary:
            if (!compares(one)) give_up(node);
            return;
        default: return give_up(node);
        }
    }

    bool compares(Instruction const& one) {
        bool const is_equality = one.oper == Operator::equal || one.oper == Operator::not_equal;
        if (one.oper == Operator::in) return is_among(one);
        if (!is_equality && !is_order(one.oper)) return false;
        bool const constant_left = at(one.a).op == Op::constant;
        auto const path = path_of(constant_left ? one.b : one.a);
        Index const other = constant_left ? one.a : one.b;
        if (!path || at(other).op != Op::constant) return false;
        auto const constant = constant_of(code_.constants[at(other).a]);
        if (!constant || (is_order(one.oper) && constant->json.is_string())) return false;
        note(*path, *constant);
        return true;
    }

    /// `path in [constants]`
    bool is_among(Instruction const& one) {
        auto const path = path_of(one.a);
        if (!path || at(one.b).op != Op::constant) return false;
        Value const& list = code_.constants[at(one.b).a];
        if (!list.is(VK::list)) return false;
        std::vector<Constant> constants;
        for (std::size_t i = 0; i < list.size(); ++i) {
            auto constant = constant_of(list.item(i));
            if (!constant) return false;
            constants.push_back(std::move(*constant));
        }
        note(*path);
        for (Constant& constant : constants) note(*path, std::move(constant));
        return true;
    }

    void note_status(Instruction const& one) {
        std::string const& name = code_.status_names[one.a];
        if (std::ranges::find(found_.statuses, name) == found_.statuses.end()) found_.statuses.push_back(name);
    }

    /// Anything may follow from this part. What it reads and the constants in it are still worth a try.
    void give_up(Index node) {
        found_.exact = false;
        std::vector<std::string> paths;
        std::vector<Constant> constants;
        collect(node, paths, constants);
        for (std::string const& path : paths) {
            note(path);
            for (Constant const& constant : constants) note(path, constant);
        }
    }

    void collect(Index node, std::vector<std::string>& paths, std::vector<Constant>& constants) {
        Instruction const& one = at(node);
        if (auto path = path_of(node)) return paths.push_back(std::move(*path));
        if (one.op == Op::constant) {
            if (auto constant = constant_of(code_.constants[one.a])) constants.push_back(std::move(*constant));
        }
        if (one.op == Op::status) note_status(one);
        for (Index const child : children_of(code_, node)) collect(child, paths, constants);
    }

    Program::Code const& code_;
    Comparisons found_;
};

}  // namespace

Comparisons comparisons_of(Program const& program) { return Walk(program.code()).run(); }

}  // namespace pawl::cel
