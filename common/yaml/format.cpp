// Goes through the file line by line. The tree tells which lines begin with a key and which belong to a longer value; a stack of open
// collections maps the columns that were written to those that are wanted.
#include "common/yaml/format.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/base/error_codes.h"
#include "common/yaml/spelling.h"

namespace pawl::yaml {
namespace {

constexpr std::size_t step = 2;

/// A value that may go on over several lines, as bytes of the file.
struct Span {
    enum class Kind : std::uint8_t { plain, quoted, block, flow } kind;
    std::size_t begin, end;
};

/// What the tree knows about the text.
struct Layout {
    std::unordered_set<std::size_t> block_keys;  ///< offsets of keys that are not within {}
    std::vector<Span> spans;                     ///< by begin
    std::vector<Span> quotes;                    ///< single-quoted scalars that may as well be double-quoted
};

class LayoutReader {
public:
    explicit LayoutReader(std::string_view text) : text_(text) {}

    Layout read(File const& file) {
        for (auto const& document : file.documents) node(document->root, false);
        std::sort(layout_.spans.begin(), layout_.spans.end(), [](Span const& a, Span const& b) { return a.begin < b.begin; });
        return std::move(layout_);
    }

private:
    /// Returns where the value ends. What an alias repeats stands elsewhere and is passed over there.
    std::size_t node(Node const& value, bool in_flow) {
        if (value.is_empty() || value.offset >= text_.size() || text_[value.offset] == '*') return value.offset;
        if (value.is_scalar()) return scalar(value);
        bool const flow = text_[value.offset] == '{' || text_[value.offset] == '[';
        std::size_t end = value.offset + 1;
        for (Node const& item : value.items) follow(end, item, value, in_flow || flow);
        for (Member const& member : value.members) {
            if (!flow) layout_.block_keys.insert(member.key.offset);
            end = std::max(end, member.key.offset < value.offset ? end : member.key.end);
            follow(end, member.value, value, in_flow || flow);
        }
        if (!flow) return end;
        end = past_bracket(end);
        if (!in_flow) layout_.spans.push_back({Span::Kind::flow, value.offset, end});
        return end;
    }

    void follow(std::size_t& end, Node const& child, Node const& parent, bool in_flow) {
        if (child.offset < parent.offset) return;
        end = std::max(end, node(child, in_flow));
    }

    std::size_t scalar(Node const& value) {
        Style const style = style_of(text_, value.offset);
        auto const kind = style == Style::block ? Span::Kind::block : style == Style::plain ? Span::Kind::plain : Span::Kind::quoted;
        std::size_t const end = std::min(value.end, text_.size());
        layout_.spans.push_back({kind, value.offset, end});
        if (style == Style::single_quoted && is_simple(value, end)) layout_.quotes.push_back({kind, value.offset, end});
        return end;
    }

    bool is_simple(Node const& value, std::size_t end) const {
        if (end - value.offset != value.text.size() + 2 || text_.substr(value.offset + 1, value.text.size()) != value.text) return false;
        return std::all_of(value.text.begin(), value.text.end(), [](char letter) { return static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7f && letter != '"' && letter != '\\'; });
    }

    /// Behind the last value of a {} or [] only commas, comments and brackets follow.
    std::size_t past_bracket(std::size_t at) const {
        while (at < text_.size() && text_[at] != '}' && text_[at] != ']') {
            bool const comment = text_[at] == '#' && at > 0 && (is_blank(text_[at - 1]) || is_break(text_[at - 1]));
            at = comment ? std::min(text_.find('\n', at), text_.size()) : at + 1;
        }
        return std::min(at + 1, text_.size());
    }

    std::string_view text_;
    Layout layout_;
};

std::string_view without_end_blanks(std::string_view line) {
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    return line;
}

std::size_t indent_of(std::string_view line) {
    std::size_t indent = 0;
    while (indent < line.size() && line[indent] == ' ') ++indent;
    return indent;
}

bool is_blank_line(std::string_view line) { return without_end_blanks(line).empty(); }

/// "---", "...", "%YAML": what stands between documents.
bool is_marker(std::string_view line) {
    bool const dashes = line.starts_with("---") || line.starts_with("...");
    return line.starts_with('%') || (dashes && (line.size() == 3 || is_blank(line[3])));
}

class Formatter {
public:
    Formatter(std::string_view text, Layout const& layout) : text_(text), layout_(layout) {}

    std::string run() {
        while (at_ < text_.size()) {
            auto const line = line_at(at_);
            auto const content = without_end_blanks(line);
            if (content.empty()) {
                blank_before_ = true;
                skip(line);
            } else if (content[indent_of(content)] == '#') {
                comments_.push_back({indent_of(content), content.substr(indent_of(content)), std::exchange(blank_before_, false)});
                skip(line);
            } else if (is_marker(content)) {
                marker(line);
            } else {
                structure(line);
            }
        }
        tell_comments(std::nullopt);
        return std::move(out_);
    }

private:
    /// An open collection: the column it was written at, and the one it gets.
    struct Level {
        std::size_t old, fresh;
        bool list;
    };
    struct Comment {
        std::size_t indent;
        std::string_view text;
        bool blank_before;
    };

    std::string_view line_at(std::size_t at) const { return text_.substr(at, std::min(text_.find('\n', at), text_.size()) - at); }
    void skip(std::string_view line) { at_ = std::min(at_ + line.size() + 1, text_.size()); }

    void put(std::size_t indent, std::string_view content) {
        if (!content.empty()) out_.append(indent, ' ').append(content);
        out_ += '\n';
    }
    void put_blank(bool wanted) {
        if (wanted && !out_.empty()) out_ += '\n';
    }

    std::size_t inner() const { return levels_.empty() ? 0 : levels_.back().fresh + step; }

    /// The wanted column of a key or dash that stands at `column`.
    std::size_t enter(std::size_t column, bool list) {
        while (!levels_.empty() && levels_.back().old > column) levels_.pop_back();
        // A list may stand at the column of its key; a key there ends it.
        if (!levels_.empty() && levels_.back().old == column && levels_.back().list && !list) levels_.pop_back();
        bool const open = !levels_.empty() && levels_.back().old == column && levels_.back().list == list;
        if (!open) levels_.push_back({column, inner(), list});
        return levels_.back().fresh;
    }

    /// Comments go with the line below when they stand at its column, else with the open collection at theirs.
    void tell_comments(std::optional<std::pair<std::size_t, std::size_t>> next) {
        for (auto const& comment : comments_) {
            auto const level = std::find_if(levels_before_.rbegin(), levels_before_.rend(), [&](Level const& open) { return open.old == comment.indent; });
            std::size_t indent = next ? next->second : 0;
            if (!(next && next->first == comment.indent) && level != levels_before_.rend()) indent = level->fresh;
            put_blank(comment.blank_before);
            put(indent, comment.text);
        }
        comments_.clear();
    }

    void marker(std::string_view line) {
        levels_before_ = std::exchange(levels_, {});
        tell_comments(std::nullopt);
        put_blank(std::exchange(blank_before_, false));
        put(0, without_end_blanks(line));
        auto const begin = at_;
        skip(line);
        if (auto const span = span_beyond(begin, line)) {  // "--- |": a value that is a whole document stays as it is
            while (at_ < span->end) {
                auto const next = line_at(at_);
                put(0, next);
                skip(next);
            }
        }
    }

    void structure(std::string_view line) {
        levels_before_ = levels_;
        std::size_t const first = indent_of(line);
        std::optional<std::size_t> wanted;
        std::size_t column = first;
        std::string content;
        while (line[column] == '-' && (column + 1 >= line.size() || is_blank(line[column + 1]))) {
            std::size_t const fresh = enter(column, true);
            if (!wanted) wanted = fresh;
            auto const next = line.find_first_not_of(" \t", column + 1);
            content += '-';
            if (next == std::string_view::npos) {
                column = line.size();
                break;
            }
            content += ' ';
            column = next;
        }
        if (column < line.size() && layout_.block_keys.contains(at_ + column)) {
            std::size_t const fresh = enter(column, false);
            if (!wanted) wanted = fresh;
        }
        if (!wanted) {
            while (!levels_.empty() && levels_.back().old >= first) levels_.pop_back();
            wanted = inner();
        }
        content += line.substr(column);
        auto const span = span_beyond(at_, line);
        bool const keep_end = span && span->kind != Span::Kind::plain && span->kind != Span::Kind::block;
        tell_comments(std::pair(first, *wanted));
        put_blank(std::exchange(blank_before_, false));
        put(*wanted, keep_end ? std::string_view(content) : without_end_blanks(content));
        skip(line);
        if (span) value_goes_on(*span);
    }

    /// The value that begins on this line and ends on a later one.
    std::optional<Span> span_beyond(std::size_t begin, std::string_view line) const {
        auto at = std::lower_bound(layout_.spans.begin(), layout_.spans.end(), begin, [](Span const& span, std::size_t offset) { return span.begin < offset; });
        for (; at != layout_.spans.end() && at->begin < begin + line.size(); ++at) {
            if (at->end > begin + line.size() || at->kind == Span::Kind::block) return *at;
        }
        return std::nullopt;
    }

    void value_goes_on(Span const& span) {
        if (span.kind == Span::Kind::block) return block_scalar(span);
        std::size_t const old = levels_.empty() ? 0 : levels_.back().old;
        std::size_t const fresh = levels_.empty() ? 0 : levels_.back().fresh;
        while (at_ < span.end) {
            auto const line = line_at(at_);
            std::size_t const indent = indent_of(line);
            bool const ends_here = at_ + line.size() >= span.end;
            auto const content = span.kind == Span::Kind::plain || ends_here ? without_end_blanks(line) : line;
            if (is_blank_line(line)) put(0, "");
            else if (span.kind == Span::Kind::flow) put(indent + fresh >= old ? indent + fresh - old : 0, content.substr(indent));
            else put(inner(), content.substr(std::min(content.find_first_not_of(" \t"), content.size())));
            skip(line);
        }
    }

    void block_scalar(Span const& span) {
        auto const head = text_.substr(span.begin, std::min(text_.find('\n', span.begin), text_.size()) - span.begin);
        auto const marks = head.substr(0, head.find_first_of(" \t#"));
        bool const explicit_indent = marks.find_first_of("123456789") != std::string_view::npos;
        bool const keep = marks.find('+') != std::string_view::npos;
        std::size_t const parent = levels_.empty() ? 0 : levels_.back().old;
        std::optional<std::size_t> indent;
        if (explicit_indent) indent = parent + static_cast<std::size_t>(marks[marks.find_first_of("123456789")] - '0');
        std::vector<std::string_view> lines;
        std::size_t used = 0;  // lines up to the last that is not blank
        for (std::size_t at = at_; at < text_.size();) {
            auto const line = line_at(at);
            bool const blank = is_blank_line(line);
            if (!blank && !indent) indent = indent_of(line);
            if (!blank && (indent_of(line) < *indent || *indent <= (levels_.empty() ? 0 : parent))) break;
            lines.push_back(line);
            if (keep || !blank || (indent && line.size() > *indent)) used = lines.size();
            at += line.size() + 1;
        }
        std::size_t const old = indent.value_or(0);
        std::size_t const fresh = explicit_indent ? old - parent + (levels_.empty() ? 0 : levels_.back().fresh) : inner();
        for (std::size_t i = 0; i < used; ++i) {
            auto const line = lines[i];
            if (line.size() <= old) out_ += '\n';
            else out_.append(indent_of(line) - old + fresh, ' ').append(line.substr(indent_of(line))) += '\n';
            skip(line);
        }
    }

    std::string_view text_;
    Layout const& layout_;
    std::size_t at_ = 0;               ///< where the present line begins
    std::vector<Level> levels_;
    std::vector<Level> levels_before_;  ///< as they were above the present line
    std::vector<Comment> comments_;    ///< those that wait for the line below
    bool blank_before_ = false;
    std::string out_;
};

/// Line ends as '\n', and no mark of byte order.
std::string plain_text(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') out += text[i];
        else if (i + 1 >= text.size() || text[i + 1] != '\n') out += '\n';
    }
    return out;
}

bool same(Node const& one, Node const& other) {
    if (one.kind != other.kind || one.quoted != other.quoted || one.block != other.block || one.text != other.text) return false;
    if (one.items.size() != other.items.size() || one.members.size() != other.members.size()) return false;
    for (std::size_t i = 0; i < one.items.size(); ++i)
        if (!same(one.items[i], other.items[i])) return false;
    for (std::size_t i = 0; i < one.members.size(); ++i)
        if (!same(one.members[i].key, other.members[i].key) || !same(one.members[i].value, other.members[i].value)) return false;
    return true;
}

Error refusal(File const& file, ErrorCode why, std::string message, std::string hint) {
    return Error{.code = why, .message = std::move(message), .where = SourcePos{.file = file.name}, .hint = std::move(hint)};
}

}  // namespace

bool same_trees(File const& one, File const& other) {
    if (has_errors(one.diagnostics) != has_errors(other.diagnostics) || one.documents.size() != other.documents.size()) return false;
    for (std::size_t i = 0; i < one.documents.size(); ++i)
        if (!same(one.documents[i]->root, other.documents[i]->root)) return false;
    return true;
}

Result<std::string> format(File const& file) {
    if (has_errors(file.diagnostics)) return refusal(file, code::invalid_yaml, "a file with mistakes in its YAML cannot be formatted", "pawl check tells them");
    auto text = plain_text(file.text);
    if (text != file.text) {
        auto const plain = parse(file.name, std::move(text));
        if (!same_trees(file, plain)) return refusal(file, code::invalid_yaml, "its line ends have a meaning of their own", "leave it as it is");
        return format(plain);
    }
    auto const layout = LayoutReader(file.text).read(file);
    for (Span const& quote : layout.quotes) text[quote.begin] = text[quote.end - 1] = '"';
    auto formatted = Formatter(text, layout).run();
    if (same_trees(file, parse(file.name, formatted))) return formatted;
    // A text block at the end of a file without a last line break would get one.
    if (!file.text.ends_with('\n') && formatted.ends_with('\n')) {
        formatted.pop_back();
        if (same_trees(file, parse(file.name, formatted))) return formatted;
    }
    return refusal(file, code::invalid_yaml, "this layout cannot be changed without changing what the file says", "leave it as it is, or write the value that looks unusual in another way");
}

}  // namespace pawl::yaml
