// A YAML file as a tree that remembers where everything stood. Built on yaml-cpp's events; refuses what YAML says ambiguously.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"

namespace pawl::yaml {

enum class Kind : std::uint8_t { scalar, list, map, empty };

class Node;
struct Member;

/// One value of a document. Owned by its Document; references stay valid as long as that lives.
class Node {
public:
    Kind kind = Kind::empty;
    bool quoted = false;      ///< a scalar in quotes or a block scalar: always text
    bool block = false;       ///< a `|` or `>` scalar
    std::string text;         ///< a scalar's value, after YAML's unquoting and folding
    SourcePos where;          ///< first character of the value (for a quoted scalar: the quote); an empty value: its key
    std::size_t offset = 0;   ///< the same place as a byte offset into the file's text
    std::size_t end = 0;      ///< one past the last byte of a scalar's spelling
    std::vector<Node> items;      ///< of a list
    std::vector<Member> members;  ///< of a map, in file order; keys are unique scalars

    bool is_scalar() const { return kind == Kind::scalar; }
    bool is_list() const { return kind == Kind::list; }
    bool is_map() const { return kind == Kind::map; }
    bool is_empty() const { return kind == Kind::empty; }
    /// The value under a key; null when this is no map or has no such key.
    Member const* find(std::string_view key) const;
};

struct Member {
    Node key;
    Node value;
};

struct Document {
    Node root;
    std::size_t index = 0;  ///< among the file's documents that are not empty, from 0
};

/// One file, read. `text` is kept for carets and fixes.
struct File {
    std::string name;
    std::string text;
    std::vector<std::unique_ptr<Document>> documents;
    Diagnostics diagnostics;  ///< what the loader refused; a syntax error ends its file with a note

    /// Where character `characters` of the scalar's *value* stands in the file: exact through quoting, escapes and block folding.
    /// `length` characters are underlined, cut at the end of the line.
    SourcePos place_in(Node const& scalar, std::size_t byte_in_value, std::size_t length = 1) const;
};

/// Limits: 1 MiB a file, depth 64, 100,000 nodes after aliases are counted as copies. Never throws; every mistake is a diagnostic.
File parse(std::string name, std::string text);

/// Typed reading of plain scalars: only `true`/`false`; integers without leading zeros, octal, hex or quotes; numbers with '.' or 'e'
/// too. A plain `null`, `~` is refused elsewhere. Anything else is text.
Json scalar_to_json(Node const& scalar);
/// The whole tree as JSON, with scalar_to_json for the leaves.
Json to_json(Node const& node);

}  // namespace pawl::yaml
