// Lines and columns. A byte order mark belongs to no column: the first character behind it is 1:1.
#include "common/yaml/positions.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace pawl::yaml {

Positions::Positions(std::string_view name, std::string_view text)
    : name_(std::string(name)), text_(text), ascii_(utf8::skip_ascii(text, 0) == text.size()) {
    line_starts_.push_back(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) line_starts_.push_back(at + 1);
}

std::size_t Positions::line_index(std::size_t offset) const {
    auto const after = std::ranges::upper_bound(line_starts_, offset);
    return after == line_starts_.begin() ? 0 : static_cast<std::size_t>(after - line_starts_.begin()) - 1;
}

std::uint32_t Positions::column(std::size_t line_start, std::size_t offset) const {
    if (offset <= line_start) return 1;
    if (ascii_) return static_cast<std::uint32_t>(offset - line_start + 1);
    if (counted_from_ != line_start || counted_to_ > offset) {
        counted_from_ = counted_to_ = line_start;
        characters_ = 0;
    }
    characters_ += count_characters(text_.substr(counted_to_, offset - counted_to_));
    counted_to_ = offset;
    return static_cast<std::uint32_t>(characters_ + 1);
}

SourcePos Positions::at(std::size_t offset, std::size_t end) const {
    offset = std::min(offset, text_.size());
    std::size_t const line = line_index(offset);
    std::size_t const stop = std::min(end, offset < end ? end_of_line(text_, offset) : end);
    std::size_t const length = stop > offset ? count_characters(text_.substr(offset, stop - offset)) : 1;
    return {.file = name_,
            .line = static_cast<std::uint32_t>(line + 1),
            .column = column(line_starts_[line], offset),
            .length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1))};
}

std::size_t Positions::line_start(std::size_t offset) const { return line_starts_[line_index(std::min(offset, text_.size()))]; }
std::size_t Positions::line_end(std::size_t offset) const { return end_of_line(text_, offset); }

std::size_t end_of_line(std::string_view text, std::size_t offset) {
    std::size_t const end = std::min(text.find('\n', offset), text.size());
    return end > offset && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

}  // namespace pawl::yaml
