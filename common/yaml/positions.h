// From byte offsets to the lines and columns that people count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace pawl::yaml {

/// Ends of lines, byte order mark, and characters instead of bytes. Borrows the text.
class Positions {
public:
    Positions(std::string_view name, std::string_view text);

    /// The place of the bytes [offset, end): underlined up to the end of the line, at least one character.
    SourcePos at(std::size_t offset, std::size_t end = 0) const;
    std::size_t line_start(std::size_t offset) const;
    /// The offset of the line's break, or the end of the text.
    std::size_t line_end(std::size_t offset) const;

private:
    std::size_t line_index(std::size_t offset) const;
    std::uint32_t column(std::size_t line_start, std::size_t offset) const;

    FileName name_;
    std::string_view text_;
    std::vector<std::size_t> line_starts_;
    bool ascii_;
    // Places are asked for in reading order: counting goes on where it ended, so that one long line costs no square of its length.
    mutable std::size_t counted_from_ = 0;
    mutable std::size_t counted_to_ = 0;
    mutable std::size_t characters_ = 0;
};

/// The offset of the line break that ends the line of `offset`, a CR before it excluded; or the size of the text.
std::size_t end_of_line(std::string_view text, std::size_t offset);

}  // namespace pawl::yaml
