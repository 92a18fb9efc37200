// A table of forms, and what each becomes.
#include "common/cel/macros.h"

#include <array>

#include "common/base/error_codes.h"
#include "common/cel/lexer.h"

namespace pawl::cel {
namespace {

struct FoldMacro {
    std::string_view name;
    std::size_t names;      ///< the first arguments: plain names
    std::size_t arguments;  ///< all of them
    Fold fold;
    MacroSet since = MacroSet::standard;
};
constexpr MacroSet extended = MacroSet::extended;
constexpr std::array<FoldMacro, 19> fold_macros{{
    {"all", 1, 2, Fold::all},
    {"all", 2, 3, Fold::all, extended},
    {"exists", 1, 2, Fold::exists},
    {"exists", 2, 3, Fold::exists, extended},
    {"exists_one", 1, 2, Fold::exists_one},
    {"exists_one", 2, 3, Fold::exists_one, extended},
    {"existsOne", 1, 2, Fold::exists_one},
    {"existsOne", 2, 3, Fold::exists_one, extended},
    {"filter", 1, 2, Fold::filter},
    {"map", 1, 2, Fold::map},
    {"map", 1, 3, Fold::map_filter},
    {"transformList", 2, 3, Fold::map, extended},
    {"transformList", 2, 4, Fold::map_filter, extended},
    {"transformMap", 2, 3, Fold::to_map, extended},
    {"transformMap", 2, 4, Fold::to_map_filter, extended},
    {"transformMapEntry", 2, 3, Fold::to_entries, extended},
    {"transformMapEntry", 2, 4, Fold::to_entries_filter, extended},
    {"optMap", 1, 2, Fold::opt_map, extended},
    {"optFlatMap", 1, 2, Fold::opt_flat_map, extended},
}};

Node mistake_at(Range at) {
    Node node;
    node.at = at;
    return node;
}

Node expand_has(Ast const& ast, Node const& call, Reporter& reporter) {
    Node const& argument = ast[call.children[0]];
    if (argument.kind == Node::Kind::mistake) return mistake_at(call.at);
    if (argument.kind != Node::Kind::select || argument.optional) {
        reporter.error(code::expression_syntax, argument.at, "has() needs a field, as in has(event.data)", "for a key write 'key' in map");
        return mistake_at(call.at);
    }
    Node node;
    node.kind = Node::Kind::has;
    node.text = argument.text;
    node.at = call.at;
    node.mark = argument.mark;
    node.children = argument.children;
    return node;
}

/// Whether the argument can name an element; reports when it cannot.
bool is_variable(Ast const& ast, Node const& call, NodeId argument, Reporter& reporter) {
    Node const& variable = ast[argument];
    if (variable.kind == Node::Kind::mistake) return false;
    if (variable.kind == Node::Kind::name && !variable.root && variable.text != "__result__") return true;
    reporter.error(code::expression_syntax, variable.at, "this argument of " + call.text + "() must be a plain name",
                   "it names the element, as in list." + call.text + "(x, …)");
    return false;
}

Node expand_fold(Ast const& ast, Node const& call, FoldMacro const& macro, Reporter& reporter) {
    Node node;
    node.kind = Node::Kind::fold;
    node.fold = macro.fold;
    node.text = call.text;
    node.at = call.at;
    node.mark = call.mark;
    node.children = {call.children[0]};
    for (std::size_t i = 1; i <= macro.names; ++i) {
        if (!is_variable(ast, call, call.children[i], reporter)) return mistake_at(call.at);
        node.names.push_back(ast[call.children[i]].text);
    }
    if (node.names.size() == 2 && node.names[0] == node.names[1]) {
        reporter.error(code::expression_syntax, ast[call.children[2]].at, "both names of " + call.text + "() are '" + node.names[0] + "'",
                       "the first one is the key or index, the second the value");
        return mistake_at(call.at);
    }
    node.children.insert(node.children.end(), call.children.begin() + 1 + static_cast<std::ptrdiff_t>(macro.names), call.children.end());
    return node;
}

/// cel.bind(name, value, body)
std::optional<Node> expand_bind(Ast const& ast, Node const& call, Reporter& reporter) {
    Node const& receiver = ast[call.children[0]];
    if (receiver.kind != Node::Kind::name || receiver.text != "cel" || call.text != "bind" || call.children.size() != 4) return std::nullopt;
    if (!is_variable(ast, call, call.children[1], reporter)) return mistake_at(call.at);
    Node node;
    node.kind = Node::Kind::fold;
    node.fold = Fold::bind;
    node.text = "cel.bind";
    node.at = call.at;
    node.mark = call.mark;
    node.names = {ast[call.children[1]].text};
    node.children = {call.children[2], call.children[3]};
    return node;
}

}  // namespace

std::optional<Node> expand_macro(Ast const& ast, Node const& call, MacroSet macros, Reporter& reporter) {
    if (!call.member) {
        if (call.text != "has") return std::nullopt;
        if (call.children.size() == 1) return expand_has(ast, call, reporter);
        reporter.error(code::expression_syntax, call.mark, "has() takes one argument, a field");
        return mistake_at(call.at);
    }
    for (FoldMacro const& macro : fold_macros) {
        if (macro.since > macros || macro.name != call.text || macro.arguments + 1 != call.children.size()) continue;
        return expand_fold(ast, call, macro, reporter);
    }
    return macros == MacroSet::extended ? expand_bind(ast, call, reporter) : std::nullopt;
}

}  // namespace pawl::cel
