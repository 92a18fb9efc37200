// The form of pawl.yaml(5) "Diagnostics": place and message, the line with a caret under what is to blame, the hint, further places.
#include "common/yaml/render.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/yaml/positions.h"

namespace pawl::yaml {

namespace {

constexpr std::string_view gutter = "      | ";  // as wide as a line number of up to five digits
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

std::string place_prefix(SourcePos const& where) {
    std::string out = printable(where.file);
    if (where.line > 0) out += ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
    return out + ": ";
}

/// Line `number`, counted from 1, without its break and without a byte order mark.
std::optional<std::string_view> line_of(std::string_view text, std::uint32_t number) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (std::uint32_t i = 1; i < number; ++i) {
        std::size_t const end = text.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        text.remove_prefix(end + 1);
    }
    return text.substr(0, end_of_line(text, 0));
}

/// One character of the source as it is shown.
struct Glyph {
    std::string shown;
    std::size_t columns = 1;
    bool tab = false;
};

std::vector<Glyph> glyphs_of(std::string_view line) {
    std::vector<Glyph> glyphs;
    for (std::size_t at = 0; at < line.size();) {
        std::size_t const length = utf8::step(line, at);
        std::string_view const letter = line.substr(at, length);
        bool const tab = letter == "\t";
        std::string shown = tab ? "\t" : printable(letter);
        std::size_t const columns = tab ? 1 : display_width(shown);
        glyphs.push_back({.shown = std::move(shown), .columns = columns, .tab = tab});
        at += length;
    }
    return glyphs;
}

/// What of a line can be shown at all: `width` characters to each side of the caret. A line may be a megabyte long.
struct Neighbourhood {
    std::string_view text;
    std::size_t caret = 0;  ///< characters before the caret in `text`
    bool cut_left = false;
    bool cut_right = false;
};

Neighbourhood neighbourhood_of(std::string_view line, std::size_t caret, std::size_t width) {
    std::string_view const before = take_characters(line, caret);
    std::size_t const characters = count_characters(before);
    std::size_t const skipped = characters > width ? characters - width : 0;
    std::string_view const rest = line.substr(take_characters(before, skipped).size());
    std::string_view const shown = take_characters(rest, characters - skipped + width + 1);
    return {.text = shown, .caret = characters - skipped, .cut_left = skipped > 0, .cut_right = shown.size() < rest.size()};
}

std::size_t columns_of(std::vector<Glyph> const& glyphs, std::size_t from, std::size_t to) {
    std::size_t columns = 0;
    for (std::size_t i = from; i < to && i < glyphs.size(); ++i) columns += glyphs[i].columns;
    return columns;
}

/// The part of a line that fits, around the caret: glyphs [from, to).
struct Window {
    std::size_t from = 0;
    std::size_t to = 0;
};

Window window_around(std::vector<Glyph> const& glyphs, std::size_t caret, std::size_t columns) {
    if (columns_of(glyphs, 0, glyphs.size()) <= columns) return {.from = 0, .to = glyphs.size()};
    std::size_t const room = std::max<std::size_t>(columns, 10) - 2;  // for an ellipsis on each side
    Window window{.from = std::min(caret, glyphs.size()), .to = std::min(caret, glyphs.size())};
    std::size_t used = 0;
    // A third of the room for what is before the caret, the rest behind it, then whatever is left before it again.
    auto const extend_left = [&](std::size_t most) {
        while (window.from > 0 && used + glyphs[window.from - 1].columns <= most) used += glyphs[--window.from].columns;
    };
    extend_left(room / 3);
    while (window.to < glyphs.size() && used + glyphs[window.to].columns <= room) used += glyphs[window.to++].columns;
    extend_left(room);
    return window;
}

/// The source line and the caret line.
std::string excerpt(std::string_view line, SourcePos const& where, std::size_t width) {
    Neighbourhood const near = neighbourhood_of(line, where.column > 0 ? where.column - 1 : 0, std::max(width, gutter.size()));
    std::vector<Glyph> const glyphs = glyphs_of(near.text);
    std::size_t const caret = near.caret;
    Window const window = window_around(glyphs, caret, width > gutter.size() ? width - gutter.size() : 0);
    bool const cut_left = near.cut_left || window.from > 0;
    bool const cut_right = near.cut_right || window.to < glyphs.size();

    std::string number = std::to_string(where.line);
    std::string source = std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') + number + " | ";
    std::string below = std::string(source.size() - 2, ' ') + "| ";
    if (cut_left) {
        source += ellipsis;
        below += ' ';
    }
    for (std::size_t i = window.from; i < window.to; ++i) source += glyphs[i].tab && cut_left ? " " : glyphs[i].shown;
    if (cut_right) source += ellipsis;
    for (std::size_t i = window.from; i < caret; ++i) {
        below += glyphs[i].tab && !cut_left ? "\t" : std::string(glyphs[i].columns, ' ');
    }
    std::size_t const end = std::min(caret + std::max<std::uint32_t>(where.length, 1), window.to);
    std::size_t const underlined = std::max<std::size_t>(1, columns_of(glyphs, caret, end));
    below += '^' + std::string(underlined - 1, '~');
    while (!source.empty() && (source.back() == ' ' || source.back() == '\t')) source.pop_back();
    return source + '\n' + below + '\n';
}

/// Further lines of a hint, a rewrite for example, stand under its first.
std::string indented(std::string_view text) {
    std::string out;
    for (std::string_view line : split(text, '\n')) {
        if (!out.empty()) out += "\n         ";
        out += printable(line);
    }
    return out;
}

}  // namespace

std::string render(Error const& error, TextOf const& text_of, std::size_t width) {
    SourcePos const* where = error.where ? &*error.where : nullptr;
    std::string out = where != nullptr && !where->file.empty() ? place_prefix(*where) : "";
    out += error.severity == Severity::warning ? "warning: " : "error: ";
    out += printable(error.message) + " [" + std::string(error.code.name) + "]\n";
    if (where != nullptr && where->line > 0) {
        std::string const* text = text_of ? text_of(where->file) : nullptr;
        auto const line = text != nullptr ? line_of(*text, where->line) : std::nullopt;
        if (line) out += excerpt(*line, *where, width);
    }
    if (!error.hint.empty()) out += "   hint: " + indented(error.hint) + '\n';
    for (Note const& note : error.notes) out += place_prefix(note.where) + "note: " + printable(note.message) + '\n';
    return out;
}

std::string render_all(Diagnostics const& diagnostics, TextOf const& text_of, std::size_t width) {
    std::string out;
    for (Error const& error : diagnostics) out += render(error, text_of, width);
    return out;
}

}  // namespace pawl::yaml
