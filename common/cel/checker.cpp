// The walk: the result, names, fields and paths.
#include <algorithm>

#include "common/base/error_codes.h"
#include "common/cel/checker_walk.h"

namespace pawl::cel {

using TK = Type::Kind;

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

Checked Checker::run() {
    bool const parsed = !reporter_.failed();
    visit(ast_.root);
    if (parsed) check_result();  // of half an expression it would be an invented mistake
    return std::move(out_);
}

void Checker::mistake(ErrorCode code, Range at, std::string message, std::string hint) {
    if (environment_.strictness.types) reporter_.error(code, at, std::move(message), std::move(hint));
}

void Checker::visit(NodeId id, bool in_chain) {
    Type const found = type_of(id, in_chain);
    out_.types[id] = environment_.strictness.types || found.kind() == TK::error ? found : Type();
}

Type Checker::type_of(NodeId id, bool in_chain) {
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

Type Checker::literal(Node const& node) {
    static constexpr TK kinds[] = {TK::null, TK::boolean, TK::integer, TK::unsigned_integer, TK::real, TK::string, TK::bytes};
    return kinds[node.value.index()];
}

void Checker::read(std::string const& path) {
    if (std::find(out_.reads.begin(), out_.reads.end(), path) == out_.reads.end()) out_.reads.push_back(path);
}

Type Checker::name(NodeId id, bool in_chain) {
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

std::optional<Type> Checker::resolve(NodeId id, std::string const& path, bool root, bool in_chain) {
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

Node const* Checker::first_name(NodeId id) const {
    Node const* node = &ast_[id];
    while (node->kind == Node::Kind::select && !node->optional) node = &ast_[node->children[0]];
    return node->kind == Node::Kind::name ? node : nullptr;
}

std::optional<Type> Checker::qualified(NodeId id, bool in_chain) {
    if (ast_[id].kind != Node::Kind::select) return std::nullopt;
    Node const* const first = first_name(id);
    if (first == nullptr || (!qualified_names_ && first->text != "google")) return std::nullopt;
    if (!first->root && is_local(first->text)) return std::nullopt;
    return resolve(id, ast_.dotted_name(id), first->root, in_chain);
}

void Checker::unknown_name(Node const& node) {
    std::vector<std::string_view> known;
    for (Local const& local : locals_) known.push_back(local.name);
    for (Variable const& variable : environment_.variables) known.push_back(variable.name);
    reporter_.error(code::unknown_name, node.at, "unknown name '" + node.text + "'", unknown_name_hint(node.text, known, standard_library()));
}

std::optional<Type> Checker::type_named(std::string_view name) {
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

Type Checker::select(NodeId id, bool in_chain) {
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

bool Checker::names_variable(std::string_view word) const {
    return is_local(word) || environment_.find(word) != nullptr;
}

bool Checker::is_local(std::string_view word) const {
    return std::any_of(locals_.begin(), locals_.end(), [&](Local const& local) { return local.name == word; });
}

Type Checker::field(Type const& operand, NodeId id, bool absence_allowed) {
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

Type Checker::declared_field(Type const& object, NodeId id, bool absence_allowed) {
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

std::string Checker::path(NodeId id) const {
    Node const& node = ast_[id];
    if (node.kind == Node::Kind::select && out_.references[id].kind == Reference::Kind::variable) return ast_.dotted_name(id);
    if (node.kind == Node::Kind::name) return out_.references[id].kind == Reference::Kind::variable ? node.text : "";
    bool const field = node.kind == Node::Kind::select || node.kind == Node::Kind::has;
    if (!field && !is_constant_key(node)) return "";
    std::string const operand = path(node.children[0]);
    if (operand.empty()) return "";
    return operand + "." + (field ? node.text : std::get<std::string>(ast_[node.children[1]].value));
}

bool Checker::is_constant_key(Node const& node) const {
    if (node.kind != Node::Kind::operation || (node.op != Operator::index && node.op != Operator::optional_index)) return false;
    Node const& key = ast_[node.children[1]];
    return key.kind == Node::Kind::literal && std::holds_alternative<std::string>(key.value);
}

void Checker::record_path(NodeId id) {
    std::string const full = path(id);
    if (!full.empty()) read(full);
}

Checked check(Ast const& ast, Environment::State const& environment, Reporter& reporter) { return Checker(ast, environment, reporter).run(); }

}  // namespace pawl::cel
