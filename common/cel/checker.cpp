// The walk over the tree: names, fields, calls, comprehensions. What operators accept is in type_rules.cpp, the wording of hints in hints.cpp.
#include "common/cel/checker.h"

#include <algorithm>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/hints.h"
#include "common/cel/type_rules.h"

namespace pawl::cel {

bool holds_secret(Type const& type) {
    switch (type.kind()) {
    case Type::Kind::secret: return true;
    case Type::Kind::list:
    case Type::Kind::map:
    case Type::Kind::optional: return holds_secret(type.element());
    case Type::Kind::object: return std::any_of(type.fields().begin(), type.fields().end(), [](Type::Field const& f) { return holds_secret(f.type); });
    default: return false;
    }
}

namespace {

using TK = Type::Kind;

constexpr std::size_t locals_max = 250;  // of one place in the expression; the instruction has a byte for the slot

class Checker {
public:
    Checker(Ast const& ast, Environment::State const& environment, Reporter& reporter)
        : ast_(ast), environment_(environment), reporter_(reporter), qualified_names_(environment.has_qualified_names()) {
        out_.types.resize(ast.nodes.size());
        out_.tainted.resize(ast.nodes.size());
        out_.references.resize(ast.nodes.size());
        for (Node const& node : ast.nodes) {
            if (node.kind != Node::Kind::has) continue;
            std::string const operand = ast.dotted_name(node.children[0]);
            if (!operand.empty()) guarded_.insert(operand + "." + node.text);
        }
    }

    Checked run() {
        bool const parsed = !reporter_.failed();
        visit(ast_.root);
        if (parsed) check_result();  // of half an expression it would be an invented mistake
        return std::move(out_);
    }

private:
    struct Local {
        std::string name;
        Type type;
        bool tainted;
    };

    Type const& type(NodeId id) const { return out_.types[id]; }

    // Reports say what is wrong with types; unchecked evaluation (the public suite) wants none of them.
    void mistake(ErrorCode code, Range at, std::string message, std::string hint = "") {
        if (environment_.strictness.types) reporter_.error(code, at, std::move(message), std::move(hint));
    }

    /// `in_chain`: the node is the operand of a longer path, which will be recorded as a whole.
    void visit(NodeId id, bool in_chain = false) {
        Type const found = type_of(id, in_chain);
        out_.types[id] = environment_.strictness.types || found.kind() == TK::error ? found : Type();
    }

    Type type_of(NodeId id, bool in_chain) {
        Node const& node = ast_[id];
        switch (node.kind) {
        case Node::Kind::mistake: return TK::error;
        case Node::Kind::literal: return literal(node);
        case Node::Kind::name: return name(id, in_chain);
        case Node::Kind::select:
        case Node::Kind::has: return select(id, in_chain);
        case Node::Kind::operation: return operation(id, in_chain);
        case Node::Kind::call: return call(id);
        case Node::Kind::list: return list(id);
        case Node::Kind::map: return map(id);
        case Node::Kind::fold: return fold(id);
        case Node::Kind::message:
            reporter_.error(code::expression_type, node.mark, "there is no message type '" + node.text + "'", "write a map: {'field': value}");
            return TK::error;
        }
        return TK::error;
    }

    static Type literal(Node const& node) {
        static constexpr TK kinds[] = {TK::null, TK::boolean, TK::integer, TK::unsigned_integer, TK::real, TK::string, TK::bytes};
        return kinds[node.value.index()];
    }

    void refer(NodeId id, Reference reference) { out_.references[id] = std::move(reference); }

    void read(std::string const& path) {
        if (std::find(out_.reads.begin(), out_.reads.end(), path) == out_.reads.end()) out_.reads.push_back(path);
    }

    // --- names and fields ---

    Type name(NodeId id, bool in_chain) {
        Node const& node = ast_[id];
        if (!node.root) {
            for (std::size_t i = locals_.size(); i-- > 0;) {
                if (locals_[i].name != node.text) continue;
                refer(id, {Reference::Kind::local, static_cast<std::uint32_t>(i), nullptr, false, {}});
                out_.tainted[id] = locals_[i].tainted;
                return locals_[i].type;
            }
        }
        if (auto const found = resolve(id, node.text, node.root, in_chain)) return *found;
        if (!environment_.strictness.types) {
            refer(id, {Reference::Kind::unknown, 0, nullptr, false, node.text});
            return Type();
        }
        unknown_name(node);
        return TK::error;
    }

    /// The variable or type a whole path stands for: in the container first, then in those around it.
    std::optional<Type> resolve(NodeId id, std::string const& path, bool root, bool in_chain) {
        std::string prefix = root ? "" : environment_.container;
        for (;;) {
            std::string const full = prefix.empty() ? path : prefix + "." + path;
            if (Variable const* variable = environment_.find(full)) {
                refer(id, {Reference::Kind::variable, static_cast<std::uint32_t>(variable - environment_.variables.data()), nullptr, false, {}});
                out_.tainted[id] = variable->tainted;
                if (!in_chain) read(full);
                return variable->type;
            }
            if (auto const named = type_named(full)) {
                refer(id, {Reference::Kind::type, 0, nullptr, false, full});
                return Type::type_of(*named);
            }
            if (prefix.empty()) return std::nullopt;
            std::size_t const dot = prefix.rfind('.');
            prefix.resize(dot == std::string::npos ? 0 : dot);
        }
    }

    /// The name a chain of fields begins with; null when it begins with something else.
    Node const* first_name(NodeId id) const {
        Node const* node = &ast_[id];
        while (node->kind == Node::Kind::select && !node->optional) node = &ast_[node->children[0]];
        return node->kind == Node::Kind::name ? node : nullptr;
    }

    /// A select that is not a field but a name with dots: a declared variable, google.protobuf.Timestamp.
    std::optional<Type> qualified(NodeId id, bool in_chain) {
        if (ast_[id].kind != Node::Kind::select) return std::nullopt;
        Node const* const first = first_name(id);
        if (first == nullptr || (!qualified_names_ && first->text != "google")) return std::nullopt;
        if (!first->root && is_local(first->text)) return std::nullopt;
        return resolve(id, ast_.dotted_name(id), first->root, in_chain);
    }

    void unknown_name(Node const& node) {
        std::vector<std::string_view> known;
        for (Local const& local : locals_) known.push_back(local.name);
        for (Variable const& variable : environment_.variables) known.push_back(variable.name);
        reporter_.error(code::unknown_name, node.at, "unknown name '" + node.text + "'", unknown_name_hint(node.text, known, standard_library()));
    }

    static std::optional<Type> type_named(std::string_view name) {
        if (name == "bool") return Type(TK::boolean);
        if (name == "int") return Type(TK::integer);
        if (name == "uint") return Type(TK::unsigned_integer);
        if (name == "double") return Type(TK::real);
        if (name == "string") return Type(TK::string);
        if (name == "bytes") return Type(TK::bytes);
        if (name == "list") return Type::list(Type());
        if (name == "map") return Type::map(Type(), Type());
        if (name == "null_type") return Type(TK::null);
        if (name == "type") return Type::type_of(Type::unbound());
        if (name == "optional_type") return Type::optional(Type());
        if (name == "google.protobuf.Timestamp") return Type(TK::timestamp);
        if (name == "google.protobuf.Duration") return Type(TK::duration);
        return std::nullopt;
    }

    Type select(NodeId id, bool in_chain) {
        if (auto const found = qualified(id, in_chain)) return *found;
        Node const& node = ast_[id];
        NodeId const operand = node.children[0];
        visit(operand, true);
        out_.tainted[id] = out_.tainted[operand];
        bool const test = node.kind == Node::Kind::has;
        if (!in_chain) record_path(id);
        Type found = field(type(operand), id, test || node.optional);
        if (test) return TK::boolean;
        if (!node.optional || found.kind() == TK::optional) return found;
        return Type::optional(std::move(found));
    }

    bool names_variable(std::string_view word) const {
        return is_local(word) || environment_.find(word) != nullptr;
    }
    bool is_local(std::string_view word) const {
        return std::any_of(locals_.begin(), locals_.end(), [&](Local const& local) { return local.name == word; });
    }

    Type field(Type const& operand, NodeId id, bool absence_allowed) {
        Node const& node = ast_[id];
        switch (operand.kind()) {
        case TK::dyn: return Type();
        case TK::error: return TK::error;
        case TK::map:
            if (!join_types(operand.key(), Type(TK::string))) {
                mistake(code::expression_type, node.mark, "the keys of this map are " + operand.key().to_string() + ", not names", "write map[key]");
                return TK::error;
            }
            return operand.element();
        case TK::optional: {
            Type inner = field(operand.element(), id, true);
            return inner.kind() == TK::optional || inner.kind() == TK::error ? inner : Type::optional(std::move(inner));
        }
        case TK::object: return declared_field(operand, id, absence_allowed);
        case TK::secret: return refuse_secret(node.at);
        default:
            mistake(code::expression_type, node.mark, "no such field '" + node.text + "': " + text_of(node.children[0]) + " is " + operand.to_string() + " and has no fields");
            return TK::error;
        }
    }

    Type declared_field(Type const& object, NodeId id, bool absence_allowed) {
        Node const& node = ast_[id];
        for (Type::Field const& candidate : object.fields()) {
            if (candidate.name != node.text) continue;
            std::string const path = ast_.dotted_name(id);
            if (candidate.may_be_absent && !absence_allowed && !path.empty() && guarded_.count(path) == 0 && environment_.strictness.types) {
                reporter_.warning(code::expression_type, node.mark, "'" + node.text + "' may be absent, and reading it is an error then",
                                  "write " + text_of(node.children[0]) + ".?" + node.text + ".orValue(…)");
            }
            return candidate.type;
        }
        mistake(code::unknown_name, node.mark, "no such field '" + node.text + "' in " + object.name(), unknown_field_hint(node.text, object));
        return TK::error;
    }

    /// The path as written: names and constant text keys from a variable on. Nothing for paths from locals and calls.
    std::string path(NodeId id) const {
        Node const& node = ast_[id];
        if (node.kind == Node::Kind::select && out_.references[id].kind == Reference::Kind::variable) return ast_.dotted_name(id);
        if (node.kind == Node::Kind::name) return out_.references[id].kind == Reference::Kind::variable ? node.text : "";
        bool const field = node.kind == Node::Kind::select || node.kind == Node::Kind::has;
        if (!field && !is_constant_key(node)) return "";
        std::string const operand = path(node.children[0]);
        if (operand.empty()) return "";
        return operand + "." + (field ? node.text : std::get<std::string>(ast_[node.children[1]].value));
    }

    bool is_constant_key(Node const& node) const {
        if (node.kind != Node::Kind::operation || (node.op != Operator::index && node.op != Operator::optional_index)) return false;
        Node const& key = ast_[node.children[1]];
        return key.kind == Node::Kind::literal && std::holds_alternative<std::string>(key.value);
    }

    void record_path(NodeId id) {
        std::string const full = path(id);
        if (!full.empty()) read(full);
    }

    std::string text_of(NodeId id) const { return cel::source_text(ast_, id); }

    // --- operators ---

    Type refuse_secret(Range at) {
        reporter_.error(code::expression_type, at, "a secret cannot be part of an expression",
                        "pass it on as a whole: a value that is nothing but ${{ secrets.NAME }}, in env, files or a header");
        return TK::error;
    }

    /// Visits the children; false when one of them is already known to be wrong or is a secret.
    bool visit_children(NodeId id) {
        bool sound = true;
        for (NodeId const child : ast_[id].children) {
            visit(child);
            if (out_.tainted[child]) out_.tainted[id] = 1;
            if (holds_secret(type(child))) {
                refuse_secret(ast_[child].at);
                sound = false;
            }
            if (type(child).kind() == TK::error) sound = false;
        }
        return sound;
    }

    Type operation(NodeId id, bool in_chain) {
        Node const& node = ast_[id];
        switch (node.op) {
        case Operator::index:
        case Operator::optional_index: return index(id, in_chain);
        case Operator::logical_and:
        case Operator::logical_or: {
            visit_children(id);
            for (NodeId const child : node.children) need_bool(child, symbol(node.op));
            return TK::boolean;
        }
        case Operator::conditional: return conditional(id);
        default: break;
        }
        if (!visit_children(id)) return gives_bool(node.op) ? Type(TK::boolean) : Type(TK::error);
        if (node.children.size() == 1) {
            Type const& operand = type(node.children[0]);
            if (auto const result = unary_result(node.op, operand)) return *result;
            mistake(code::expression_type, node.mark, "no such overload: " + std::string(symbol(node.op)) + operand.to_string(),
                    unary_hint(node.op, operand));
            return node.op == Operator::logical_not ? Type(TK::boolean) : Type(TK::error);
        }
        Type const &left = type(node.children[0]), &right = type(node.children[1]);
        auto const result = binary_result(node.op, left, right);
        if (!result) {
            mistake(code::expression_type, node.mark, "no such overload: " + left.to_string() + " " + std::string(symbol(node.op)) + " " + right.to_string(),
                    binary_hint(ast_, out_.types, id));
            return gives_bool(node.op) ? Type(TK::boolean) : Type(TK::error);
        }
        if (node.op == Operator::divide && environment_.strictness.division) check_division(node, left, right);
        return *result;
    }

    static bool gives_bool(Operator op) {
        return (op >= Operator::equal && op <= Operator::in) || op == Operator::logical_not;
    }

    /// 10/4 is 2 and 10.5/4 is 2.625: with JSON of unknown type the result would depend on how a number happens to be spelled.
    void check_division(Node const& node, Type const& left, Type const& right) {
        if (left.kind() == TK::real || right.kind() == TK::real || (!left.is_dyn() && !right.is_dyn())) return;
        std::string const blamed = text_of(node.children[left.is_dyn() ? 0 : 1]);
        mistake(code::expression_type, node.mark, "the result of '/' would depend on whether " + blamed + " is spelled as an integer",
                "declare it as number, or write double(" + blamed + ")");
    }

    void need_bool(NodeId id, std::string_view where) {
        Type const& found = type(id);
        if (found.kind() == TK::boolean || found.is_dyn() || found.kind() == TK::error || holds_secret(found)) return;
        mistake(code::expression_type, ast_[id].at, "no such overload: " + std::string(where) + " with " + found.to_string() + " where true or false is needed",
                bool_hint(text_of(id), found));
    }

    Type conditional(NodeId id) {
        Node const& node = ast_[id];
        visit_children(id);
        // what decides does not taint what is chosen
        out_.tainted[id] = out_.tainted[node.children[1]] || out_.tainted[node.children[2]];
        need_bool(node.children[0], "? :");
        Type const &yes = type(node.children[1]), &no = type(node.children[2]);
        if (yes.kind() == TK::error) return no;
        if (auto joined = join_types(yes, no)) return *joined;
        mistake(code::expression_type, node.mark, "no such overload: bool ? " + yes.to_string() + " : " + no.to_string(),
                "both sides need the same type; wrap one in string(…), or in dyn(…) to allow a mixture");
        return Type();
    }

    Type index(NodeId id, bool in_chain) {
        Node const& node = ast_[id];
        NodeId const operand = node.children[0], key = node.children[1];
        bool const is_path = is_constant_key(node);
        visit(operand, is_path);
        visit(key);
        out_.tainted[id] = out_.tainted[operand];
        if (is_path && !in_chain) record_path(id);
        bool const optional = node.op == Operator::optional_index;
        Type const& container = type(operand);
        if (container.kind() == TK::error || type(key).kind() == TK::error) return TK::error;
        if (holds_secret(type(key))) return refuse_secret(ast_[key].at);
        if (container.kind() == TK::object && is_path) {
            Type found = indexed_field(container, ast_[key], optional);
            return optional && found.kind() != TK::optional ? Type::optional(std::move(found)) : found;
        }
        if (holds_secret(container) && container.kind() != TK::map) return refuse_secret(node.at);
        if (auto const result = binary_result(node.op, container, type(key))) return *result;
        mistake(code::expression_type, node.mark, "no such overload: " + container.to_string() + "[" + type(key).to_string() + "]",
                index_hint(text_of(operand), container));
        return TK::error;
    }

    Type indexed_field(Type const& object, Node const& key, bool /*optional*/) {
        std::string const& name = std::get<std::string>(key.value);
        for (Type::Field const& candidate : object.fields()) {
            if (candidate.name == name) return candidate.type;
        }
        mistake(code::unknown_name, key.at, "no such field '" + name + "' in " + object.name(), unknown_field_hint(name, object));
        return TK::error;
    }

    // --- calls ---

    Type call(NodeId id) {
        Node const& node = ast_[id];
        Function const* function = nullptr;
        bool drop_receiver = false;
        if (node.member) {
            std::string const receiver = ast_.dotted_name(node.children[0]);
            if (!receiver.empty() && !names_variable(receiver.substr(0, receiver.find('.')))) {
                function = environment_.function(receiver + "." + node.text);
                drop_receiver = function != nullptr;
            }
        } else if (environment_.has_status_function(node.text) && node.children.empty()) {
            return status(id);
        }
        bool sound = true;
        for (std::size_t i = drop_receiver ? 1 : 0; i < node.children.size(); ++i) {
            NodeId const child = node.children[i];
            visit(child);
            if (out_.tainted[child]) out_.tainted[id] = 1;
            if (holds_secret(type(child))) {
                refuse_secret(ast_[child].at);
                sound = false;
            }
            if (type(child).kind() == TK::error) sound = false;
        }
        if (function == nullptr) function = environment_.function(node.text);
        if (function == nullptr) return unknown_function(id, sound);
        refer(id, {Reference::Kind::function, 0, function, drop_receiver, {}});
        return sound ? overload(id, *function, drop_receiver) : result_despite(*function);
    }

    /// Something in the arguments is wrong: only what is certain about the result is said, so that no mistake follows from a mistake.
    static Type result_despite(Function const& function) {
        for (Overload const& candidate : function.overloads) {
            if (!(candidate.result == function.overloads.front().result)) return TK::error;
        }
        Type const& result = function.overloads.front().result;
        return result.kind() == TK::boolean ? result : Type(TK::error);
    }

    Type status(NodeId id) {
        auto const& all = environment_.status_functions;
        auto const found = std::find(all.begin(), all.end(), ast_[id].text);
        refer(id, {Reference::Kind::status, static_cast<std::uint32_t>(found - all.begin()), nullptr, false, {}});
        out_.calls_status = true;
        return TK::boolean;
    }

    Type unknown_function(NodeId id, bool sound) {
        Node const& node = ast_[id];
        if (!environment_.strictness.types) {
            refer(id, {Reference::Kind::unknown, 0, nullptr, false, node.text});
            return Type();
        }
        if (!sound && node.member) return TK::error;  // a.b.c(x) with an unknown `a` is one mistake
        std::vector<std::string_view> known = standard_library().names();
        known.insert(known.end(), environment_.status_functions.begin(), environment_.status_functions.end());
        reporter_.error(code::unknown_name, node.mark, "unknown function '" + node.text + "'", unknown_function_hint(node.text, known));
        return TK::error;
    }

    Type overload(NodeId id, Function const& function, bool drop_receiver) {
        Node const& node = ast_[id];
        std::vector<Type> arguments;
        for (std::size_t i = drop_receiver ? 1 : 0; i < node.children.size(); ++i) arguments.push_back(type(node.children[i]));
        bool const member = node.member && !drop_receiver;
        bool const open = std::any_of(arguments.begin(), arguments.end(), [](Type const& t) { return t.is_dyn() || (t.kind() == TK::list && t.element().is_dyn()); });
        std::optional<Type> result;
        for (Overload const& candidate : function.overloads) {
            Bindings bindings;
            if (candidate.member != member || !takes(candidate, arguments, bindings)) continue;
            if (result && candidate.result.is_dyn() && !open) continue;  // the overload for any mixture of numbers
            Type const found = substitute(candidate.result, bindings);
            if (!result) result = found;
            else if (!(*result == found)) result = Type();
        }
        if (result) return *result;
        mistake(code::expression_type, node.mark, "no such overload: " + call_text(function.name, member, arguments), overloads_hint(function));
        return TK::error;
    }

    static bool takes(Overload const& candidate, std::vector<Type> const& arguments, Bindings& bindings) {
        if (!candidate.takes_count(arguments.size())) return false;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            Type const& parameter = candidate.parameter(i);
            bool const number = parameter.is_dyn() && candidate.variadic;  // dyn then stands for any number
            if (number && !arguments[i].is_dyn() && !is_number(arguments[i])) return false;
            if (!unify(parameter, arguments[i], bindings)) return false;
        }
        return true;
    }

    // --- literals and comprehensions ---

    /// The type of an element; `?x` needs an optional and gives its inner type.
    Type element(NodeId id, bool marked) {
        Type const& found = type(id);
        if (!marked || found.is_dyn() || found.kind() == TK::error) return found;
        if (found.kind() == TK::optional) return found.element();
        mistake(code::expression_type, ast_[id].at, "'?' needs an optional value, this is " + found.to_string(), "leave the '?' out");
        return found;
    }

    static void widen(std::optional<Type>& so_far, Type const& next) {
        if (!so_far) so_far = next;
        else so_far = join_types(*so_far, next).value_or(Type());
    }

    Type list(NodeId id) {
        Node const& node = ast_[id];
        visit_children(id);
        std::optional<Type> joined;
        for (std::size_t i = 0; i < node.children.size(); ++i) widen(joined, element(node.children[i], node.marks[i] != 0));
        return Type::list(joined.value_or(Type::unbound()));
    }

    Type map(NodeId id) {
        Node const& node = ast_[id];
        visit_children(id);
        std::optional<Type> key, value;
        for (std::size_t i = 0; i < node.children.size(); i += 2) {
            Type const& found = type(node.children[i]);
            bool const legal = found.is_dyn() || found.kind() == TK::error || found.kind() == TK::integer || found.kind() == TK::unsigned_integer ||
                               found.kind() == TK::boolean || found.kind() == TK::string;
            if (!legal) mistake(code::expression_type, ast_[node.children[i]].at, "a map key cannot be " + found.to_string(), "keys are string, int, uint or bool");
            widen(key, found);
            widen(value, element(node.children[i + 1], node.marks[i / 2] != 0));
        }
        return Type::map(key.value_or(Type::unbound()), value.value_or(Type::unbound()));
    }

    Type fold(NodeId id) {
        Node const& node = ast_[id];
        NodeId const range = node.children[0];
        visit(range);
        bool const tainted = out_.tainted[range] != 0;
        std::size_t const outer = locals_.size();
        for (Local local : bound(node)) locals_.push_back(std::move(local));
        if (locals_.size() > locals_max) {
            reporter_.error(code::limit_exceeded, node.mark, "more than " + std::to_string(locals_max) + " names are bound here", "split the expression");
        }
        out_.locals = std::max(out_.locals, static_cast<std::uint32_t>(locals_.size()));
        out_.tainted[id] = tainted;
        for (std::size_t i = 1; i < node.children.size(); ++i) {
            NodeId const child = node.children[i];
            visit(child);
            if (out_.tainted[child]) out_.tainted[id] = 1;
            if (holds_secret(type(child))) refuse_secret(ast_[child].at);
        }
        locals_.resize(outer);
        return fold_result(node);
    }

    /// The variables of a fold, with the types of what they will hold.
    std::vector<Local> bound(Node const& node) {
        NodeId const range = node.children[0];
        bool const tainted = out_.tainted[range] != 0;
        if (!is_loop(node.fold)) return {{node.names[0], bound_value(node), tainted}};
        Type const first = element_of(range, node);
        if (node.names.size() == 1) return {{node.names[0], first, tainted}};
        Type const& found = type(range);
        bool const known = found.kind() == TK::list || found.kind() == TK::map;
        Type const key = found.kind() == TK::list ? Type(TK::integer) : first;
        return {{node.names[0], key, tainted}, {node.names[1], known ? found.element() : first.kind() == TK::error ? first : Type(), tainted}};
    }

    /// cel.bind takes any value, optMap and optFlatMap look into an optional.
    Type bound_value(Node const& node) {
        Type const& found = type(node.children[0]);
        if (holds_secret(found)) return refuse_secret(ast_[node.children[0]].at);
        if (node.fold == Fold::bind || found.kind() == TK::error || found.is_dyn()) return found;
        if (found.kind() == TK::optional) return found.element();
        mistake(code::expression_type, node.mark, node.text + "() needs an optional value, " + text_of(node.children[0]) + " is " + found.to_string());
        return TK::error;
    }

    Type fold_result(Node const& node) {
        Type const& last = type(node.children.back());
        Type const& range = type(node.children[0]);
        bool const predicate = node.fold <= Fold::filter || has_filter(node.fold);
        if (predicate) need_bool(node.children[1], node.text + "()");
        switch (node.fold) {
        case Fold::all:
        case Fold::exists:
        case Fold::exists_one: return TK::boolean;
        case Fold::filter: return range.kind() == TK::map || range.kind() == TK::object ? Type::list(key_of(range)) : range.kind() == TK::list ? range : Type::list(Type());
        case Fold::map:
        case Fold::map_filter: return Type::list(last);
        case Fold::to_map:
        case Fold::to_map_filter: return Type::map(range.kind() == TK::list ? Type(TK::integer) : key_of(range), last);
        case Fold::to_entries:
        case Fold::to_entries_filter: return entries(node, last);
        case Fold::bind: return last;
        case Fold::opt_map: return Type::optional(last);
        case Fold::opt_flat_map:
            if (last.kind() == TK::optional || last.kind() == TK::error) return last;
            if (!last.is_dyn()) mistake(code::expression_type, ast_[node.children[1]].at, "optFlatMap() needs an optional value here, this is " + last.to_string(), "use optMap()");
            return Type::optional(Type());
        }
        return TK::error;
    }

    static Type key_of(Type const& range) {
        if (range.kind() == TK::map) return range.key();
        return range.kind() == TK::object ? Type(TK::string) : Type();
    }

    /// transformMapEntry makes a small map of each element and merges them.
    Type entries(Node const& node, Type const& made) {
        if (made.kind() == TK::map || made.kind() == TK::error) return made;
        if (made.kind() == TK::object) return Type::map(TK::string, Type());
        if (!made.is_dyn()) mistake(code::expression_type, ast_[node.children.back()].at, "transformMapEntry() needs a map here, as {key: value}, this is " + made.to_string());
        return Type::map(Type(), Type());
    }

    Type element_of(NodeId range, Node const& node) {
        Type const& found = type(range);
        if (holds_secret(found)) return refuse_secret(ast_[range].at);
        switch (found.kind()) {
        case TK::dyn: return Type();
        case TK::error: return TK::error;
        case TK::list: return found.element();
        case TK::map: return found.key();
        case TK::object: return TK::string;
        default:
            mistake(code::expression_type, node.mark, node.text + "() needs a list or a map, " + text_of(range) + " is " + found.to_string());
            return TK::error;
        }
    }

    void check_result() {
        Type const& found = type(ast_.root);
        Type const& wanted = environment_.expected;
        if (found.kind() != TK::secret && holds_secret(found)) {
            refuse_secret(ast_[ast_.root].at);
            return;
        }
        if (found.kind() == TK::error || found.kind() == TK::secret || wanted.is_dyn() || found.is_dyn()) return;
        Bindings bindings;
        bool const widened = wanted.kind() == TK::real && is_number(found);
        if (widened || unify(wanted, found, bindings)) return;
        mistake(code::expression_type, ast_[ast_.root].at, "this gives " + found.to_string() + ", but " + wanted.to_string() + " is needed here",
                wanted.kind() == TK::boolean ? bool_hint(text_of(ast_.root), found) : conversion_hint(wanted, text_of(ast_.root)));
    }

    Ast const& ast_;
    Environment::State const& environment_;
    Reporter& reporter_;
    Checked out_;
    std::vector<Local> locals_;
    bool qualified_names_;
    std::set<std::string, std::less<>> guarded_;  ///< paths that stand in has(…)
};

}  // namespace

Checked check(Ast const& ast, Environment::State const& environment, Reporter& reporter) { return Checker(ast, environment, reporter).run(); }

}  // namespace pawl::cel
