// The events become a tree. Every refusal that does not need the parser's exceptions is here; syntax.cpp explains those.
#include "common/yaml/tree_builder.h"

#include <algorithm>
#include <array>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/yaml/spelling.h"
#include "common/yaml/syntax.h"

namespace pawl::yaml {

namespace {

constexpr std::size_t large_map = 16;  // members above which keys are looked up in a hash table

/// Whether the text at `offset` is a plain null, which the parser does not tell apart from no value at all.
std::size_t null_length(std::string_view text, std::size_t offset) {
    static constexpr std::array<std::string_view, 4> spellings{"~", "null", "Null", "NULL"};
    std::string_view const rest = text.substr(std::min(offset, text.size()));
    for (std::string_view spelling : spellings) {
        if (!rest.starts_with(spelling)) continue;
        std::string_view const after = rest.substr(spelling.size());
        bool const ends = after.empty() || is_blank(after[0]) || is_break(after[0]) || after[0] == ',' || after[0] == ']' ||
                          after[0] == '}' || after[0] == ':';
        if (ends) return spelling.size();
    }
    return 0;
}

bool is_anchor_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '-';
}

/// One past the name of an anchor or alias, as far as the parser reads it.
std::size_t end_of_word(std::string_view text, std::size_t at) { return std::min(text.find_first_of(" \t\r\n,[]{}", at), text.size()); }

/// Most maps and lists have some members: growing by one, two, four would move the first of them twice.
template <class T>
T& append(std::vector<T>& list, T item) {
    if (list.capacity() == 0) list.reserve(4);
    return list.emplace_back(std::move(item));
}

struct Weight {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    std::size_t height = 0;
};

/// Counts a tree, but stops counting where no budget would allow it anyway.
void weigh(Node const& node, Weight& weight, std::size_t depth = 1) {
    if (++weight.nodes > nodes_max) return;
    weight.bytes += node.text.size();
    if (node.is_list() || node.is_map()) weight.height = std::max(weight.height, depth);
    for (Node const& item : node.items) weigh(item, weight, depth + 1);
    for (Member const& member : node.members) {
        ++weight.nodes;
        weight.bytes += member.key.text.size();
        weigh(member.value, weight, depth + 1);
    }
}

}  // namespace

TreeBuilder::TreeBuilder(File& file, Positions const& positions) : file_(file), text_(file.text), positions_(positions) {}

// --- documents -------------------------------------------------------------------------------------------------------

void TreeBuilder::start_document(std::size_t offset) {
    std::string_view const rest = text_.substr(std::min(offset, text_.size()));
    if (any_document_) {
        // On "," the parser yields empty documents for ever, each starting where the last one did.
        if (offset == document_offset_) {
            std::string const letter = printable(take_characters(rest, 1));
            stop(report(code::invalid_yaml, "unexpected '" + letter + "'", offset, 0, "for text, quote it"));
        }
        // "- a\nb: 1" comes as two documents without an error.
        if (!rest.starts_with("---")) {
            stop(report(code::invalid_yaml, "unexpected text after the document", offset, positions_.line_end(offset),
                        "check this line's indentation; a further document starts after a line '---'"));
        }
    }
    any_document_ = true;
    document_offset_ = offset;
    read_up_to_ = offset;
    document_ = std::make_unique<Document>();
    frames_.clear();
    anchors_.clear();
    maybe_null_ = nullptr;
    last_ = {};
}

void TreeBuilder::end_document() {
    if (document_->root.is_empty()) return;
    document_->index = file_.documents.size();
    file_.documents.push_back(std::move(document_));
}

// --- events ----------------------------------------------------------------------------------------------------------

void TreeBuilder::scalar(std::size_t offset, std::size_t anchor, std::string const& value) {
    recheck_null(offset);
    count(1, offset);
    if (at_key()) return add_key(make_scalar(offset, value), anchor);
    Node node = make_scalar(offset, value);
    Node* slot = next_slot(anchor);
    *slot = std::move(node);
    remember(*slot, true);
}

void TreeBuilder::null(std::size_t offset, std::size_t anchor) {
    recheck_null(offset);
    count(1, offset);
    Content const content = content_of(offset);
    std::size_t const length = content.refused ? 0 : null_length(text_, content.offset);
    if (at_key()) {
        if (length > 0) return add_key(make_scalar(offset, std::string(text_.substr(content.offset, length))), anchor);
        report(code::invalid_yaml, "a key is missing here", offset, 0, "write 'key: value'");
        return reject_member(frames_.back());
    }
    Node empty = make_empty(offset);
    Node* slot = next_slot(anchor);
    if (length == 0) {
        check_empty(empty, offset);
        *slot = std::move(empty);
        return;
    }
    *slot = make_scalar(offset, std::string(text_.substr(content.offset, length)));
    maybe_null_ = slot;
    maybe_null_at_ = content.offset;
    maybe_null_key_ = std::move(empty.where);
    maybe_null_key_offset_ = empty.offset;
    remember(*slot, true);
}

/// No value is legal YAML in more places than anybody means it.
void TreeBuilder::check_empty(Node const& empty, std::size_t mark) {
    if (frames_.empty()) return;
    Frame const& frame = frames_.back();
    if (frame.node->is_list()) {
        if (frame.flow && mark < text_.size() && text_[mark] == ',') report(code::invalid_yaml, "an item is missing before ','", mark, 0);
        return;
    }
    if (frame.flow || frame.value == frame.rejected.get()) return;
    // The last line "b" of a map is taken for a key without a value.
    std::size_t const after = next_token(text_, empty.end);
    std::size_t const before = empty.offset == 0 ? std::string_view::npos : text_.find_last_not_of(" \t", empty.offset - 1);
    bool const explicit_key = before != std::string_view::npos && text_[before] == '?';
    bool const colon = after < text_.size() && text_[after] == ':';
    if (!colon && !explicit_key) {
        report(code::invalid_yaml, "':' is missing after this key", empty.offset, empty.end, "write 'key: value'");
    }
}

/// An empty value is marked at the next token. Was that token a *key* spelled `null`, its event follows now, at the same place.
void TreeBuilder::recheck_null(std::size_t mark) {
    if (maybe_null_ != nullptr && mark == maybe_null_at_) {
        *maybe_null_ = Node{};
        maybe_null_->where = std::move(maybe_null_key_);
        maybe_null_->offset = maybe_null_->end = maybe_null_key_offset_;
    }
    maybe_null_ = nullptr;
}

void TreeBuilder::alias(std::size_t offset, std::size_t anchor) {
    recheck_null(offset);
    std::size_t const end = end_of_word(text_, offset);
    read_up_to_ = std::max(read_up_to_, end);
    Anchored const& anchored = anchors_[anchor];
    if (anchored.open) {
        stop(report(code::invalid_yaml, "alias contains itself", offset, end, "an alias may stand only behind the value it repeats"));
    }
    Node copy;
    if (Node const* original = resolve(anchored)) {
        Weight weight;
        weigh(*original, weight);
        count(weight.nodes, offset);
        alias_bytes_ += weight.bytes;
        if (alias_bytes_ > file_bytes_max) {
            stop(report(code::limit_exceeded, "aliases repeat more than 1 MiB of text", offset, end));
        }
        if (frames_.size() + weight.height > depth_max) {
            stop(report(code::limit_exceeded, "nested deeper than 64 levels", offset, end, "this alias repeats a deep value"));
        }
        copy = *original;
    } else {
        count(1, offset);
    }
    copy.where = positions_.at(offset, end);
    copy.offset = offset;
    copy.end = end;
    if (at_key()) {
        if (copy.is_scalar()) return add_key(std::move(copy), 0);
        report(code::invalid_yaml, "a key must be text", offset, end);
        return reject_member(frames_.back());
    }
    *next_slot(0) = std::move(copy);
}

void TreeBuilder::open(Kind kind, std::size_t mark, std::size_t anchor, bool flow) {
    recheck_null(mark);
    count(1, mark);
    Content const content = content_of(mark);
    read_up_to_ = std::max(read_up_to_, content.offset);
    if (content.refused && refused_.insert(content.offset).second) {
        report(code::invalid_yaml, std::string("a value cannot start with '") + text_[content.offset] + "'", content.offset,
               content.offset + 1, "leave the tag out");
    }
    if (frames_.size() >= depth_max) {
        stop(report(code::limit_exceeded, "nested deeper than 64 levels", content.offset, 0));
    }
    Frame frame;
    if (at_key()) {
        // In "{{ x }}" the inner map is such a key: the expression of other tools.
        bool const braces = content.offset > 0 && text_[content.offset] == '{' && text_[content.offset - 1] == '{';
        frame.refusal = Error{.code = code::invalid_yaml,
                              .message = "a key must be text",
                              .where = positions_.at(content.offset),
                              .hint = braces ? "an expression is \"${{ x }}\", in quotes" : ""};
        reject_member(frames_.back());
        frame.owned = std::make_unique<Node>();
        frame.node = frame.owned.get();
    } else {
        frame.node = next_slot(anchor);
    }
    Node& node = *frame.node;
    node.kind = kind;
    node.where = positions_.at(content.offset);
    node.offset = node.end = content.offset;
    frame.bracket = content.offset;
    frame.anchor = anchor;
    frame.flow = flow;
    frame.key_next = kind == Kind::map;
    note_anchor(anchor, false, true);
    frames_.push_back(std::move(frame));
}

void TreeBuilder::close() {
    Frame& frame = frames_.back();
    if (frame.refusal) file_.diagnostics.push_back(std::move(*frame.refusal));
    if (frame.anchor != 0) anchors_[frame.anchor].open = false;
    if (frame.flow) last_.is_value = false;  // what follows the bracket does not follow the last scalar inside it
    frames_.pop_back();
}

// --- where things go -------------------------------------------------------------------------------------------------

Node* TreeBuilder::next_slot(std::size_t anchor) {
    Node* slot = nullptr;
    if (frames_.empty()) {
        slot = &document_->root;
    } else if (Frame& frame = frames_.back(); frame.node->is_list()) {
        slot = &append(frame.node->items, Node{});
    } else {
        slot = frame.value;
        frame.key_next = true;
    }
    note_anchor(anchor, false, false);
    return slot;
}

void TreeBuilder::add_key(Node key, std::size_t anchor) {
    Frame& frame = frames_.back();
    frame.key_next = false;
    remember(key, false);
    Member const* first = nullptr;
    bool const merge = key.text == "<<" && !key.quoted;
    if (merge) {
        report(code::invalid_yaml, "merge keys are not supported", key.offset, key.end, "use 'defaults:', or write the keys out");
    } else if (!is_new_key(frame, key, first)) {
        Error& error = report(code::duplicate_key, "duplicate key '" + shortened(key.text) + "'", key.offset, key.end);
        error.notes.push_back({.where = first->key.where, .message = "first defined here"});
    }
    if (merge || first != nullptr) return reject_member(frame);
    frame.value = &append(frame.node->members, {.key = std::move(key), .value = {}}).value;
    note_anchor(anchor, true, false);
}

/// What comes under a refused key is read, checked and thrown away.
void TreeBuilder::reject_member(Frame& frame) {
    frame.rejected = std::make_unique<Node>();
    frame.value = frame.rejected.get();
    frame.key_next = false;
}

bool TreeBuilder::is_new_key(Frame& frame, Node const& key, Member const*& first) {
    std::vector<Member> const& members = frame.node->members;
    if (members.size() < large_map) {
        first = frame.node->find(key.text);
        return first == nullptr;
    }
    auto& index = frame.index_of_large_map;
    if (index.empty()) {
        for (std::size_t i = 0; i < members.size(); ++i) index.emplace(members[i].key.text, i);
    }
    auto const [found, is_new] = index.emplace(key.text, members.size());
    if (!is_new) first = &members[found->second];
    return is_new;
}

void TreeBuilder::note_anchor(std::size_t anchor, bool is_key, bool open) {
    if (anchor == 0) return;
    Anchored anchored{.path = {}, .is_key = is_key, .open = open, .lost = false};
    for (Frame const& frame : frames_) {
        if (frame.owned != nullptr || (frame.rejected != nullptr && frame.value == frame.rejected.get())) anchored.lost = true;
        std::size_t const children = frame.node->is_list() ? frame.node->items.size() : frame.node->members.size();
        anchored.path.push_back(children == 0 ? 0 : children - 1);
        if (children == 0) anchored.lost = true;
    }
    anchors_[anchor] = std::move(anchored);
}

Node const* TreeBuilder::resolve(Anchored const& anchored) const {
    if (anchored.lost) return nullptr;
    Node const* node = &document_->root;
    for (std::size_t i = 0; i < anchored.path.size(); ++i) {
        std::size_t const child = anchored.path[i];
        bool const last = i + 1 == anchored.path.size();
        if (node->is_list()) node = &node->items[child];
        else node = last && anchored.is_key ? &node->members[child].key : &node->members[child].value;
    }
    return node;
}

// --- nodes -----------------------------------------------------------------------------------------------------------

/// Skips an anchor, and notices what only looks like one, and tags: `!x`, `! x`, `!has(x) && y` and `&& y` arrive as harmless scalars.
TreeBuilder::Content TreeBuilder::content_of(std::size_t mark) const {
    std::size_t at = std::min(mark, text_.size());
    while (at < text_.size() && text_[at] == '&') {
        std::size_t name_end = at + 1;
        while (name_end < text_.size() && is_anchor_letter(text_[name_end])) ++name_end;
        bool const is_anchor = name_end > at + 1 && name_end == end_of_word(text_, at);
        if (!is_anchor) return {.offset = at, .refused = true};
        at = next_token(text_, name_end);
    }
    return {.offset = at, .refused = at < text_.size() && text_[at] == '!'};
}

Node TreeBuilder::make_scalar(std::size_t mark, std::string const& value) {
    Content const content = content_of(mark);
    if (content.refused) return make_refused(content.offset);
    Style const style = style_of(text_, content.offset);
    Node node;
    node.kind = Kind::scalar;
    node.text = value;
    node.quoted = style != Style::plain;
    node.block = style == Style::block;
    node.offset = content.offset;
    node.end = end_of_scalar(text_, content.offset, style, value);
    bool const in_quotes = style == Style::double_quoted || style == Style::single_quoted;
    if (in_quotes && !end_of_quoted(text_, content.offset)) {
        // The parser takes the rest of the file for the text when it ends with a line break.
        stop(report(code::invalid_yaml, "quote is not closed", content.offset, content.offset + 1,
                    std::string("add the closing ") + text_[content.offset]));
    }
    if (style == Style::double_quoted) check_escapes(node);
    node.where = positions_.at(node.offset, node.block ? node.offset + 1 : node.end);
    return node;
}

void TreeBuilder::check_escapes(Node& node) {
    if (node.text.find('\0') != std::string::npos) {
        report(code::invalid_yaml, "text cannot hold a NUL character", node.offset, node.end, "remove the '\\0'");
    } else if (find_invalid_utf8(node.text) != std::string_view::npos) {
        // yaml-cpp 0.7 gives \N and \_ as single bytes.
        report(code::invalid_yaml, "escapes '\\N' and '\\_' are not supported", node.offset, node.end, "write '\\u0085' or '\\u00a0'");
        node.text = printable(node.text);
    }
}

/// A scalar behind a tag or a stray '&'. It holds what was meant, so that later checks complain about the right thing.
Node TreeBuilder::make_refused(std::size_t offset) {
    bool const flow = !frames_.empty() && frames_.back().flow;
    std::string_view const rest = rest_of_value(text_, offset, flow);
    Node node;
    node.kind = Kind::scalar;
    node.text = rest;
    node.offset = offset;
    node.end = offset + rest.size();
    node.where = positions_.at(offset, node.end);
    if (!refused_.insert(offset).second) return node;
    std::string const quoted = quoted_for_yaml(rest);
    std::string const proposed = quoted.size() <= 200 ? printable(quoted) : shortened(quoted);
    bool const under_key = !at_key() && !frames_.empty() && frames_.back().node->is_map() && last_.key.size() <= 64;
    std::string const key = under_key ? printable(last_.key) + ": " : "";
    Error& error = report(code::invalid_yaml, std::string("a value cannot start with '") + text_[offset] + "'", offset, node.end,
                          "quote it: " + key + proposed);
    if (rest.starts_with("!!")) {
        error.hint = "leave '" + shortened(rest.substr(0, rest.find_first_of(" \t"))) + "' out, or quote it: " + key + proposed;
    }
    error.fixes.push_back({.offset = offset, .length = rest.size(), .replacement = quoted});
    return node;
}

/// Blamed on its key; in a list, on the dash or comma that promised an item.
Node TreeBuilder::make_empty(std::size_t mark) {
    Node node;
    bool const in_map = !frames_.empty() && frames_.back().node->is_map();
    if (in_map && !frames_.back().node->members.empty() && frames_.back().rejected.get() != frames_.back().value) {
        Node const& key = frames_.back().node->members.back().key;
        node.where = key.where;
        node.offset = key.offset;
        node.end = key.end;
        return node;
    }
    node.offset = node.end = std::min(mark, next_token(text_, read_up_to_));
    node.where = positions_.at(node.offset);
    return node;
}

void TreeBuilder::remember(Node const& scalar, bool is_value) {
    read_up_to_ = std::max(read_up_to_, scalar.end);
    bool const in_map = !frames_.empty() && frames_.back().node->is_map();
    last_.offset = scalar.offset;
    last_.end = scalar.end;
    last_.is_value = is_value;
    last_.in_flow = !frames_.empty() && frames_.back().flow;
    if (!is_value) last_.key = scalar.text;
    else if (!in_map) last_.key.clear();
}

void TreeBuilder::count(std::size_t nodes, std::size_t offset) {
    nodes_ += nodes;
    if (nodes_ > nodes_max) {
        stop(report(code::limit_exceeded, "more than 100,000 values, aliases counted as copies", offset, 0));
    }
}

std::size_t const* TreeBuilder::open_bracket() const {
    auto const frame = std::ranges::find_if(frames_.rbegin(), frames_.rend(), [](Frame const& f) { return f.flow; });
    return frame == frames_.rend() ? nullptr : &frame->bracket;
}

Error& TreeBuilder::report(ErrorCode code, std::string message, std::size_t offset, std::size_t end, std::string hint) {
    if (file_.diagnostics.size() >= mistakes_max) {
        add_stop_note(file_.diagnostics.back());
        throw Stop{};
    }
    return file_.diagnostics.emplace_back(
        Error{.code = code, .message = std::move(message), .where = positions_.at(offset, end), .hint = std::move(hint)});
}

void TreeBuilder::stop(Error& error) {
    add_stop_note(error);
    throw Stop{};
}

}  // namespace pawl::yaml
