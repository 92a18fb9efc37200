// Walks a spelling and its value side by side: quotes, escapes, folded lines, block scalars. YAML's rules, as yaml-cpp reads them.
#include "common/yaml/spelling.h"

#include <algorithm>

#include "common/yaml/positions.h"

namespace pawl::yaml {

namespace {

/// Length of the line break at `at`: 0 (none), 1 or 2.
std::size_t break_length(std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    if (text[at] == '\n') return 1;
    if (text[at] == '\r') return at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
    return 0;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
}

std::optional<unsigned> hex_value(std::string_view digits) {
    unsigned value = 0;
    for (char digit : digits) {
        unsigned const nibble = digit >= '0' && digit <= '9'   ? static_cast<unsigned>(digit - '0')
                                : digit >= 'a' && digit <= 'f' ? static_cast<unsigned>(digit - 'a') + 10
                                : digit >= 'A' && digit <= 'F' ? static_cast<unsigned>(digit - 'A') + 10
                                                               : 16;
        if (nibble == 16) return std::nullopt;
        value = value << 4 | nibble;
    }
    return value;
}

struct Escape {
    std::size_t spelled = 2;  ///< bytes in the file
    std::size_t meant = 1;    ///< bytes in the value
};

std::optional<Escape> escape_at(std::string_view text, std::size_t at) {
    char const letter = at + 1 < text.size() ? text[at + 1] : '\0';
    if (letter == 'L' || letter == 'P') return Escape{.spelled = 2, .meant = 3};
    std::size_t const digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits == 0) return Escape{};
    if (at + 2 + digits > text.size()) return std::nullopt;
    auto const code = hex_value(text.substr(at + 2, digits));
    if (!code) return std::nullopt;
    std::size_t const meant = *code < 0x80 ? 1 : *code < 0x800 ? 2 : *code < 0x10000 ? 3 : 4;
    return Escape{.spelled = 2 + digits, .meant = meant};
}

/// Plain and quoted scalars: lines are folded, one break to a space, more to one newline less.
class FlowWalk {
public:
    FlowWalk(std::string_view text, std::size_t offset, Style style, std::string_view value, std::size_t wanted)
        : text_(text), style_(style), value_(value), wanted_(wanted), at_(style == Style::plain ? offset : offset + 1) {}

    std::optional<std::size_t> run() {
        while (!found_ && !lost_) {
            if (finished()) return done_ == value_.size() ? std::optional(at_) : std::nullopt;
            step();
        }
        return lost_ ? std::nullopt : found_;
    }

private:
    bool finished() const {
        if (style_ == Style::plain) return done_ == value_.size();
        if (style_ == Style::double_quoted) return at_ < text_.size() && text_[at_] == '"';
        return at_ < text_.size() && text_[at_] == '\'' && !text_.substr(at_ + 1).starts_with('\'');
    }

    void step() {
        if (at_ >= text_.size()) {
            lost_ = true;
            return;
        }
        std::size_t const ink = skip_blanks(text_, at_);
        if (break_length(text_, ink) > 0) return fold(ink, false);
        if (ink > at_) return copy(ink - at_);
        if (style_ == Style::double_quoted && text_[at_] == '\\') return escape();
        if (style_ == Style::single_quoted && text_[at_] == '\'') return produce(at_, 1, at_ + 2);
        copy(1);
    }

    void copy(std::size_t length) {
        if (value_.substr(done_, length) != text_.substr(at_, length)) {
            // The blanks behind a plain scalar are no part of it.
            lost_ = true;
            return;
        }
        if (wanted_ >= done_ && wanted_ < done_ + length) found_ = at_ + (wanted_ - done_);
        done_ += length;
        at_ += length;
    }

    void escape() {
        if (break_length(text_, at_ + 1) > 0) return fold(at_ + 1, true);
        auto const escape = escape_at(text_, at_);
        if (!escape) lost_ = true;
        else produce(at_, escape->meant, at_ + escape->spelled);
    }

    /// `escaped`: a backslash before the break swallows the space that one break is folded to.
    void fold(std::size_t first_break, bool escaped) {
        std::size_t breaks = 0;
        std::size_t next = first_break;
        while (std::size_t const length = break_length(text_, next)) {
            ++breaks;
            next = skip_blanks(text_, next + length);
        }
        std::size_t const spaces = escaped ? 0 : 1;
        produce(first_break, breaks == 1 ? spaces : breaks - 1, next);
    }

    void produce(std::size_t from, std::size_t meant, std::size_t next) {
        if (done_ + meant > value_.size()) {
            lost_ = true;
            return;
        }
        if (wanted_ >= done_ && wanted_ < done_ + meant) found_ = from;
        done_ += meant;
        at_ = next;
    }

    std::string_view text_;
    Style style_;
    std::string_view value_;
    std::size_t wanted_;
    std::size_t at_;        ///< in the text
    std::size_t done_ = 0;  ///< bytes of the value accounted for
    std::optional<std::size_t> found_;
    bool lost_ = false;
};

/// `|` and `>`: whole lines without their indentation; what stands between two lines of text is a space or some newlines.
std::optional<std::size_t> walk_block(std::string_view text, std::size_t offset, std::string_view value, std::size_t wanted) {
    std::size_t line = end_of_line(text, offset);
    std::size_t end = line;
    line += break_length(text, line);

    std::size_t const first_ink = std::min(text.find_first_not_of(" \r\n", line), text.size());
    std::size_t const ink_line = line > first_ink ? line : std::max(line, text.rfind('\n', first_ink) + 1);
    std::size_t const value_ink = std::min(value.find_first_not_of('\n'), value.size());
    std::size_t const value_lead = std::min(value.find_first_not_of(' ', value_ink), value.size()) - value_ink;
    if (first_ink - ink_line < value_lead) return std::nullopt;
    std::size_t const indent = first_ink - ink_line - value_lead;

    std::size_t done = 0;
    std::size_t separator = line;  // where the breaks between the last text and the next begin
    while (done < value.size()) {
        std::size_t start = line;
        while (start < text.size() && start - line < indent && text[start] == ' ') ++start;
        std::size_t const stop = end_of_line(text, start);
        if (stop > start) {
            std::string_view const content = text.substr(start, stop - start);
            if (done > 0 && separator < line && value[done] == ' ' && value.substr(done, content.size()) != content) {
                if (wanted == done) return separator;
                ++done;
            }
            if (value.substr(done, content.size()) != content) return std::nullopt;
            if (wanted >= done && wanted < done + content.size()) return start + (wanted - done);
            done += content.size();
            end = separator = stop;
        }
        std::size_t const length = break_length(text, stop);
        // Every newline of the value belongs to some break; a fold may leave more breaks than newlines.
        if (done < value.size() && value[done] == '\n') {
            if (wanted == done) return stop;
            ++done;
        }
        if (length == 0) return done == value.size() ? std::optional(end) : std::nullopt;
        line = stop + length;
    }
    return end;
}

}  // namespace

Style style_of(std::string_view text, std::size_t offset) {
    char const letter = offset < text.size() ? text[offset] : '\0';
    switch (letter) {
    case '"': return Style::double_quoted;
    case '\'': return Style::single_quoted;
    case '|':
    case '>': return Style::block;
    default: return Style::plain;
    }
}

std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t offset) {
    char const quote = text[offset];
    for (std::size_t at = offset + 1; at < text.size(); ++at) {
        if (quote == '"' && text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            if (quote == '"' || !text.substr(at + 1).starts_with(quote)) return at + 1;
            ++at;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> spelled_at(std::string_view text, std::size_t offset, Style style, std::string_view value,
                                      std::size_t wanted) {
    if (style == Style::block) return walk_block(text, offset, value, wanted);
    std::size_t const start = style == Style::plain ? offset : offset + 1;
    bool const as_it_is = start <= text.size() && text.substr(start, value.size()) == value &&
                          (style == Style::plain || text.substr(start + value.size(), 1) == text.substr(offset, 1));
    if (as_it_is) return start + std::min(wanted, value.size());
    return FlowWalk{text, offset, style, value, wanted}.run();
}

std::size_t end_of_scalar(std::string_view text, std::size_t offset, Style style, std::string_view value) {
    std::optional<std::size_t> const end = style == Style::single_quoted || style == Style::double_quoted
                                               ? end_of_quoted(text, offset)
                                               : spelled_at(text, offset, style, value, value.size());
    return end ? *end : end_of_line(text, offset);
}

std::size_t next_token(std::string_view text, std::size_t offset) {
    while (offset < text.size()) {
        if (text[offset] == '#') offset = std::min(text.find('\n', offset), text.size());
        else if (is_blank(text[offset]) || is_break(text[offset])) ++offset;
        else break;
    }
    return offset;
}

}  // namespace pawl::yaml
