// Lists, maps, comprehensions, and whether the whole fits its place.
#include <algorithm>

#include "common/base/error_codes.h"
#include "common/cel/checker_walk.h"

namespace pawl::cel {

using TK = Type::Kind;

namespace {
constexpr std::size_t locals_max = 250;  // of one place in the expression; the instruction has a byte for the slot
}  // namespace

Type Checker::element(NodeId id, bool marked) {
    Type const& found = type(id);
    if (!marked || found.is_dyn() || found.kind() == TK::error) return found;
    if (found.kind() == TK::optional) return found.element();
    mistake(code::expression_type, ast_[id].at, "'?' needs an optional value, this is " + found.to_string(), "leave the '?' out");
    return found;
}

void Checker::widen(std::optional<Type>& so_far, Type const& next) {
    if (!so_far) so_far = next;
    else so_far = join_types(*so_far, next).value_or(Type());
}

Type Checker::list(NodeId id) {
    Node const& node = ast_[id];
    visit_children(id);
    std::optional<Type> joined;
    for (std::size_t i = 0; i < node.children.size(); ++i) widen(joined, element(node.children[i], node.marks[i] != 0));
    return Type::list(joined.value_or(Type::unbound()));
}

Type Checker::map(NodeId id) {
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

Type Checker::fold(NodeId id) {
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

std::vector<Checker::Local> Checker::bound(Node const& node) {
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

Type Checker::bound_value(Node const& node) {
    Type const& found = type(node.children[0]);
    if (holds_secret(found)) return refuse_secret(ast_[node.children[0]].at);
    if (node.fold == Fold::bind || found.kind() == TK::error || found.is_dyn()) return found;
    if (found.kind() == TK::optional) return found.element();
    mistake(code::expression_type, node.mark, node.text + "() needs an optional value, " + text_of(node.children[0]) + " is " + found.to_string());
    return TK::error;
}

Type Checker::fold_result(Node const& node) {
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

Type Checker::key_of(Type const& range) {
    if (range.kind() == TK::map) return range.key();
    return range.kind() == TK::object ? Type(TK::string) : Type();
}

Type Checker::entries(Node const& node, Type const& made) {
    if (made.kind() == TK::map || made.kind() == TK::error) return made;
    if (made.kind() == TK::object) return Type::map(TK::string, Type());
    if (!made.is_dyn()) mistake(code::expression_type, ast_[node.children.back()].at, "transformMapEntry() needs a map here, as {key: value}, this is " + made.to_string());
    return Type::map(Type(), Type());
}

Type Checker::element_of(NodeId range, Node const& node) {
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

void Checker::check_result() {
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

}  // namespace pawl::cel
