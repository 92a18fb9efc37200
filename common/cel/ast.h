// The syntax tree of one expression: nodes in one array, children before their parents, each with the bytes it stands on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/cel/source.h"

namespace pawl::cel {

using NodeId = std::uint32_t;

enum class Operator : std::uint8_t {
    none, add, subtract, multiply, divide, modulo, negate, logical_not, logical_and, logical_or, conditional,
    equal, not_equal, less, less_equal, greater, greater_equal, in, index, optional_index
};
/// As people write it: "+", "&&", "? :".
std::string_view symbol(Operator op);

/// What binds names: the comprehensions, and the three that bind one value. The accumulator `@result` of the specification is implied.
enum class Fold : std::uint8_t {
    all, exists, exists_one, filter,
    map, map_filter,                ///< with two names: transformList
    to_map, to_map_filter,          ///< transformMap
    to_entries, to_entries_filter,  ///< transformMapEntry
    bind, opt_map, opt_flat_map     ///< cel.bind(x, value, body), optional.optMap(x, body)
};
/// Keeps only the elements for which its second child is true.
constexpr bool has_filter(Fold fold) {
    return fold == Fold::filter || fold == Fold::map_filter || fold == Fold::to_map_filter || fold == Fold::to_entries_filter;
}
/// Walks over a list or a map.
constexpr bool is_loop(Fold fold) { return fold < Fold::bind; }

struct Bytes {
    std::string data;
    bool operator==(Bytes const&) const = default;
};
using Literal = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Bytes>;

struct Node {
    enum class Kind : std::uint8_t {
        mistake,    ///< already reported: everything about it stays silent
        literal,
        name,       ///< `text`; `root`: written with a leading dot
        select,     ///< children: operand; `text`: the field; `optional`: `.?`
        has,        ///< the macro: children: operand of the select; `text`: the field
        operation,  ///< `op`; && and || take any number of children
        call,       ///< `text`; `member`: the first child is the receiver
        list,       ///< children: elements; `marks`: 1 for `?x`
        map,        ///< children: key, value, key, value …; `marks`: one for each entry
        fold,       ///< `fold`, `names`: one or two variables; children: range, predicate or value (…_filter: both)
        message     ///< `text`, `names` and children: the fields; parsed only to say that there are none
    };
    Kind kind = Kind::mistake;
    Operator op = Operator::none;
    Fold fold = Fold::all;
    bool root = false;
    bool optional = false;
    bool member = false;
    std::uint16_t depth = 1;
    Range at;                      ///< all of it
    Range mark;                    ///< the operator, field, function or macro name: where a mistake is shown
    std::string text;
    std::vector<std::string> names;
    std::vector<std::uint8_t> marks;
    std::vector<NodeId> children;
    Literal value{nullptr};
};

struct Ast {
    std::vector<Node> nodes;
    NodeId root = 0;
    Node const& operator[](NodeId id) const { return nodes[id]; }
    /// "a.b.c" when the node is a plain chain of names, else empty.
    std::string dotted_name(NodeId id) const;
};

}  // namespace pawl::cel
