// Lists for people: aligned columns by display width, or stacked records where the terminal is narrow.
#pragma once

#include <string>
#include <vector>

#include "cli/render/look.h"

namespace pawl::cli {

struct Cell {
    std::string text;             ///< without colour codes; control characters are escaped when drawn
    Paint paint = Paint::plain;
};

struct TableColumn {
    std::string title;
    bool right = false;           ///< numbers
    bool may_shrink = true;       ///< ids and states keep their width
};

struct Table {
    std::vector<TableColumn> columns;
    std::vector<std::vector<Cell>> rows;  ///< as many cells as columns
};

/// Never wraps: on a terminal cells are cut in the middle so that a line fits `look.width`; below 60 columns each row becomes a record of
/// `title value` lines. Piped output is whole. Ends with a newline when there is a row; an empty table gives "".
std::string render_table(Look const& look, Table const& table);

/// `key   value` lines, aligned; values are not cut.
std::string render_pairs(Look const& look, std::vector<std::pair<std::string, std::string>> const& pairs);

}  // namespace pawl::cli
