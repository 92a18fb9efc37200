// Builds the tree of one file from the parser's events, and refuses what YAML would read silently in a way nobody meant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/yaml/document.h"
#include "common/yaml/positions.h"

namespace pawl::yaml {

inline constexpr std::size_t file_bytes_max = 1u << 20;
inline constexpr std::size_t depth_max = 64;
inline constexpr std::size_t nodes_max = 100'000;
inline constexpr std::size_t mistakes_max = 500;  ///< more are one mistake, made by a program

/// Thrown through the parser when the rest of the file cannot be read; the reason is among the diagnostics. Never leaves reader.cpp.
struct Stop {};

/// The events of one parse, as byte offsets into the file. Anchors are the parser's numbers, 0 for none.
class TreeBuilder {
public:
    TreeBuilder(File& file, Positions const& positions);

    void start_document(std::size_t offset);
    void end_document();
    void scalar(std::size_t offset, std::size_t anchor, std::string const& value);
    void null(std::size_t offset, std::size_t anchor);
    void alias(std::size_t offset, std::size_t anchor);
    void open(Kind kind, std::size_t offset, std::size_t anchor, bool flow);
    void close();

    /// The innermost `{` or `[` that is still open: its offset.
    std::size_t const* open_bracket() const;
    /// The last scalar that was read; its text is empty before the first. `is_value`: under a key, not the key.
    struct LastScalar {
        std::size_t offset = 0;
        std::size_t end = 0;
        bool is_value = false;
        bool in_flow = false;
        std::string key;  ///< above this value
    };
    LastScalar const& last_scalar() const { return last_; }
    /// Everything before this byte has arrived as events.
    std::size_t read_up_to() const { return read_up_to_; }

private:
    struct Frame {
        Node* node = nullptr;
        std::size_t bracket = 0;
        std::size_t anchor = 0;
        bool flow = false;
        bool key_next = false;
        Node* value = nullptr;           ///< of a map: where the next value goes
        std::unique_ptr<Node> rejected;  ///< what follows a refused key, read and thrown away
        std::unique_ptr<Node> owned;     ///< a collection that stands where a key should
        /// Told when it closes: at the end of the file, the parser takes every open bracket for such a key.
        std::optional<Error> refusal;
        std::unordered_map<std::string, std::size_t> index_of_large_map;
    };
    /// Where an anchor's node is: member or item numbers from the root. Pointers would not survive the growth of the vectors.
    struct Anchored {
        std::vector<std::size_t> path;
        bool is_key = false;
        bool open = false;
        bool lost = false;  ///< inside something that was refused
    };
    struct Content {
        std::size_t offset;  ///< of the value itself, behind its anchor
        bool refused;          ///< a tag, or what only looks like an anchor
    };

    void count(std::size_t nodes, std::size_t offset);
    Content content_of(std::size_t mark) const;
    Node* next_slot(std::size_t anchor);
    void add_key(Node key, std::size_t anchor);
    bool is_new_key(Frame& frame, Node const& key, Member const*& first);
    Node make_scalar(std::size_t mark, std::string const& value);
    Node make_refused(std::size_t offset);
    void check_escapes(Node& node);
    Node make_empty(std::size_t mark);
    void check_empty(Node const& empty, std::size_t mark);
    void reject_member(Frame& frame);
    void remember(Node const& scalar, bool is_value);
    void note_anchor(std::size_t anchor, bool is_key, bool open);
    Node const* resolve(Anchored const& anchored) const;
    void recheck_null(std::size_t mark);
    bool at_key() const { return !frames_.empty() && frames_.back().key_next; }

    Error& report(ErrorCode code, std::string message, std::size_t offset, std::size_t end, std::string hint = "");
    [[noreturn]] void stop(Error& error);

    File& file_;
    std::string_view text_;
    Positions const& positions_;
    std::unique_ptr<Document> document_;
    std::vector<Frame> frames_;
    std::unordered_map<std::size_t, Anchored> anchors_;
    std::unordered_set<std::size_t> refused_;  ///< offsets of refused starts: a map and its first key share one
    std::size_t nodes_ = 0;
    std::size_t alias_bytes_ = 0;
    bool any_document_ = false;
    std::size_t document_offset_ = 0;
    LastScalar last_;
    std::size_t read_up_to_ = 0;
    Node* maybe_null_ = nullptr;  ///< a value read as `null` that may prove to be empty
    std::size_t maybe_null_at_ = 0;
    SourcePos maybe_null_key_;
    std::size_t maybe_null_key_offset_ = 0;
};

}  // namespace pawl::yaml
