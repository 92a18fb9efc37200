// has, all, exists, exists_one, filter, map: a table of forms, and what each becomes.
#include "common/cel/macros.h"

#include <array>

#include "common/base/error_codes.h"
#include "common/cel/lexer.h"

namespace pawl::cel {
namespace {

struct FoldMacro {
    std::string_view name;
    std::size_t arguments;
    Fold fold;
};
constexpr std::array<FoldMacro, 7> fold_macros{{{"all", 2, Fold::all},
                                                {"exists", 2, Fold::exists},
                                                {"exists_one", 2, Fold::exists_one},
                                                {"existsOne", 2, Fold::exists_one},
                                                {"filter", 2, Fold::filter},
                                                {"map", 2, Fold::map},
                                                {"map", 3, Fold::map_filter}}};

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

Node expand_fold(Ast const& ast, Node const& call, Fold fold, Reporter& reporter) {
    Node const& variable = ast[call.children[1]];
    if (variable.kind == Node::Kind::mistake) return mistake_at(call.at);
    bool const legal = variable.kind == Node::Kind::name && !variable.root && variable.text != "__result__";
    if (!legal) {
        reporter.error(code::expression_syntax, variable.at, "the first argument of " + call.text + "() must be a plain name",
                       "it names the element, as in list." + call.text + "(x, …)");
        return mistake_at(call.at);
    }
    Node node;
    node.kind = Node::Kind::fold;
    node.fold = fold;
    node.text = call.text;
    node.names = {variable.text};
    node.at = call.at;
    node.mark = call.mark;
    node.children = {call.children[0]};
    node.children.insert(node.children.end(), call.children.begin() + 2, call.children.end());
    return node;
}

}  // namespace

std::optional<Node> expand_macro(Ast const& ast, Node const& call, Reporter& reporter) {
    if (!call.member) {
        if (call.text != "has") return std::nullopt;
        if (call.children.size() == 1) return expand_has(ast, call, reporter);
        reporter.error(code::expression_syntax, call.mark, "has() takes one argument, a field");
        return mistake_at(call.at);
    }
    for (FoldMacro const& macro : fold_macros) {
        if (macro.name == call.text && macro.arguments + 1 == call.children.size()) return expand_fold(ast, call, macro.fold, reporter);
    }
    return std::nullopt;
}

}  // namespace pawl::cel
