// The checker as a class: one walk over the tree. Names and fields are in checker.cpp, operators and calls in checker_calls.cpp, literals and
// comprehensions in checker_folds.cpp; what operators accept is in type_rules.cpp, the wording of hints in hints.cpp.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/cel/checker.h"
#include "common/cel/hints.h"
#include "common/cel/type_rules.h"

namespace pawl::cel {

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
    Checked run();

private:
    struct Local {
        std::string name;
        Type type;
        bool tainted;
    };

    Type const& type(NodeId id) const { return out_.types[id]; }
    // Reports say what is wrong with types; unchecked evaluation (the public suite) wants none of them.
    void mistake(ErrorCode code, Range at, std::string message, std::string hint = "");
    /// `in_chain`: the node is the operand of a longer path, which will be recorded as a whole.
    void visit(NodeId id, bool in_chain = false);
    Type type_of(NodeId id, bool in_chain);
    static Type literal(Node const& node);
    void refer(NodeId id, Reference reference) { out_.references[id] = std::move(reference); }
    void read(std::string const& path);

    // --- names and fields ---
    Type name(NodeId id, bool in_chain);
    /// The variable or type a whole path stands for: in the container first, then in those around it.
    std::optional<Type> resolve(NodeId id, std::string const& path, bool root, bool in_chain);
    /// The name a chain of fields begins with; null when it begins with something else.
    Node const* first_name(NodeId id) const;
    /// A select that is not a field but a name with dots: a declared variable, google.protobuf.Timestamp.
    std::optional<Type> qualified(NodeId id, bool in_chain);
    void unknown_name(Node const& node);
    static std::optional<Type> type_named(std::string_view name);
    Type select(NodeId id, bool in_chain);
    bool names_variable(std::string_view word) const;
    bool is_local(std::string_view word) const;
    Type field(Type const& operand, NodeId id, bool absence_allowed);
    Type declared_field(Type const& object, NodeId id, bool absence_allowed);
    /// The path as written: names and constant text keys from a variable on. Nothing for paths from locals and calls.
    std::string path(NodeId id) const;
    bool is_constant_key(Node const& node) const;
    void record_path(NodeId id);
    std::string text_of(NodeId id) const { return cel::source_text(ast_, id); }

    // --- operators ---
    Type refuse_secret(Range at);
    /// Visits the children; false when one of them is already known to be wrong or is a secret.
    bool visit_children(NodeId id);
    Type operation(NodeId id, bool in_chain);
    static bool gives_bool(Operator op);
    /// 10/4 is 2 and 10.5/4 is 2.625: with JSON of unknown type the result would depend on how a number happens to be spelled.
    void check_division(Node const& node, Type const& left, Type const& right);
    void need_bool(NodeId id, std::string_view where);
    Type conditional(NodeId id);
    Type index(NodeId id, bool in_chain);
    Type indexed_field(Type const& object, Node const& key);

    // --- calls ---
    Type call(NodeId id);
    /// Something in the arguments is wrong: only what is certain about the result is said, so that no mistake follows from a mistake.
    static Type result_despite(Function const& function);
    Type status(NodeId id);
    Type unknown_function(NodeId id, bool sound);
    Type overload(NodeId id, Function const& function, bool drop_receiver);
    static bool takes(Overload const& candidate, std::vector<Type> const& arguments, Bindings& bindings);

    // --- literals and comprehensions ---
    /// The type of an element; `?x` needs an optional and gives its inner type.
    Type element(NodeId id, bool marked);
    static void widen(std::optional<Type>& so_far, Type const& next);
    Type list(NodeId id);
    Type map(NodeId id);
    Type fold(NodeId id);
    /// The variables of a fold, with the types of what they will hold.
    std::vector<Local> bound(Node const& node);
    /// cel.bind takes any value, optMap and optFlatMap look into an optional.
    Type bound_value(Node const& node);
    Type fold_result(Node const& node);
    static Type key_of(Type const& range);
    /// transformMapEntry makes a small map of each element and merges them.
    Type entries(Node const& node, Type const& made);
    Type element_of(NodeId range, Node const& node);
    void check_result();

    Ast const& ast_;
    Environment::State const& environment_;
    Reporter& reporter_;
    Checked out_;
    std::vector<Local> locals_;
    bool qualified_names_;
    std::set<std::string, std::less<>> guarded_;  ///< paths that stand in has(…)
};

}  // namespace pawl::cel
