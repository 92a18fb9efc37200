// How output may look: colour, symbols, width. Decided once a process, passed to every renderer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::cli {

struct Look {
    bool colour = false;
    bool ascii = false;
    bool cut = false;        ///< a terminal: lines are cut to `width`; piped output is whole
    std::size_t width = 80;  ///< columns
};

enum class Paint { plain, bold, dim, red, green, yellow, blue, magenta, cyan };
std::string painted(Look const& look, Paint paint, std::string_view text);

/// The sign of a state: "✓", or "[ok]" without UTF-8. All symbols take one column, all words of the ASCII form six.
std::string_view symbol_of(Look const& look, std::string_view status);
Paint paint_of(std::string_view status);
/// Sign and word, coloured: a state is never told by colour alone.
std::string state_text(Look const& look, std::string_view status, std::string_view reason = "");

/// At most `width` columns: the middle gives way to "…" (ASCII: "..."). Colour codes must not be in `text`.
std::string cut_middle(Look const& look, std::string_view text, std::size_t width);
/// At most `width` columns, the end cut. SGR sequences in `text` take no column and are kept.
std::string cut_end(Look const& look, std::string_view text, std::size_t width);
/// Columns of a text that may hold SGR sequences.
std::size_t visible_width(std::string_view text);
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

}  // namespace pawl::cli
