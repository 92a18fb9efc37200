// Column widths: what the content needs, then the widest columns give until the line fits.
#include "cli/render/table.h"

#include <algorithm>
#include <numeric>

#include "common/base/assert.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t stacked_below = 60;
constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 6;

std::vector<std::size_t> natural_widths(Table const& table) {
    std::vector<std::size_t> widths;
    for (auto const& column : table.columns) widths.push_back(display_width(column.title));
    for (auto const& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));
    }
    return widths;
}

/// Takes columns of the widest cell that may shrink, one by one, until the line fits or nothing is left to take.
void fit(std::vector<std::size_t>& widths, Table const& table, std::size_t room) {
    auto const total = [&] { return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + gap * (widths.size() - 1); };
    while (total() > room) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            bool const can = table.columns[i].may_shrink && widths[i] > narrowest;
            if (can && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
        }
        if (widest == widths.size()) return;
        --widths[widest];
    }
}

std::string drawn(Look const& look, Cell const& cell, std::size_t width, bool right, bool last) {
    auto const text = look.cut ? cut_middle(look, cell.text, width) : cell.text;
    auto const used = display_width(text);
    std::string const space(used < width ? width - used : 0, ' ');
    auto const coloured = painted(look, cell.paint, text);
    if (right) return space + coloured;
    return last ? coloured : coloured + space;
}

std::string stacked(Look const& look, Table const& table) {
    std::size_t label = 0;
    for (auto const& column : table.columns) label = std::max(label, display_width(column.title));
    std::string out;
    for (auto const& row : table.rows) {
        if (!out.empty()) out += '\n';
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (row[i].text.empty()) continue;
            auto const room = look.width > label + gap ? look.width - label - gap : narrowest;
            out += painted(look, Paint::dim, pad_right(table.columns[i].title, label)) + std::string(gap, ' ');
            out += painted(look, row[i].paint, cut_middle(look, row[i].text, room)) + '\n';
        }
    }
    return out;
}

Table escaped(Table table) {
    for (auto& row : table.rows) {
        ASSERT(row.size() == table.columns.size());
        for (auto& cell : row) cell.text = printable(cell.text);
    }
    return table;
}

}  // namespace

std::string render_table(Look const& look, Table const& raw) {
    if (raw.rows.empty()) return "";
    auto const table = escaped(raw);
    if (look.cut && look.width < stacked_below) return stacked(look, table);
    auto widths = natural_widths(table);
    if (look.cut) fit(widths, table, look.width);
    std::string out;
    auto const line = [&](auto const& cell_of) {
        std::string text;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (i > 0) text += std::string(gap, ' ');
            text += drawn(look, cell_of(i), widths[i], table.columns[i].right, i + 1 == widths.size());
        }
        while (!text.empty() && text.back() == ' ') text.pop_back();
        out += text + '\n';
    };
    line([&](std::size_t i) { return Cell{table.columns[i].title, Paint::bold}; });
    for (auto const& row : table.rows) {
        line([&](std::size_t i) { return row[i]; });
    }
    return out;
}

std::string render_pairs(Look const& look, std::vector<std::pair<std::string, std::string>> const& pairs) {
    std::size_t label = 0;
    for (auto const& [key, value] : pairs) label = std::max(label, display_width(key));
    std::string out;
    for (auto const& [key, value] : pairs) {
        out += painted(look, Paint::dim, pad_right(key, label)) + "  " + value + '\n';
    }
    return out;
}

}  // namespace pawl::cli
