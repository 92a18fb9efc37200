// A trace as text: bars lead from each part of the expression down to its value.
#include <algorithm>

#include "common/base/text.h"
#include "common/cel/trace.h"

namespace pawl::cel {
namespace {

/// On one line, so that a column is a place: line breaks and tabs become spaces.
std::string on_one_line(std::string text) {
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return text;
}

struct Label {
    std::size_t column;
    std::string text;
};

void put(std::string& line, std::size_t column, std::string_view text) {
    std::size_t const width = count_characters(line);
    if (width < column) line.append(column - width, ' ');
    line += text;
}

/// From right to left each label goes onto the first line where it fits; a bar on the lines above leads to it.
std::vector<std::vector<Label>> arranged(std::vector<Label> const& labels) {
    std::vector<std::vector<Label>> lines(1);  // the first one has only bars
    std::vector<std::size_t> limits(1, ~std::size_t{0});
    for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
        std::size_t line = 1;
        while (line < lines.size() && label->column + count_characters(label->text) + 1 > limits[line]) ++line;
        if (line == lines.size()) {
            lines.emplace_back();
            limits.push_back(~std::size_t{0});
        }
        for (std::size_t above = 0; above < line; ++above) {
            lines[above].push_back({label->column, "|"});
            limits[above] = label->column;
        }
        lines[line].push_back(*label);
        limits[line] = label->column;
    }
    for (auto& line : lines) std::reverse(line.begin(), line.end());
    return lines;
}

}  // namespace

std::string diagram(Trace const& trace) {
    std::vector<Label> labels;
    std::string_view const text = trace.text;
    for (Trace::Part const& part : trace.parts) {
        std::string value = part.value + (part.times > 1 ? " (last of " + std::to_string(part.times) + ")" : "");
        labels.push_back({count_characters(text.substr(0, part.mark)), std::move(value)});
    }
    std::stable_sort(labels.begin(), labels.end(), [](Label const& a, Label const& b) { return a.column < b.column; });
    // Two parts with one mark: the outer one comes first and says it.
    labels.erase(std::unique(labels.begin(), labels.end(), [](Label const& a, Label const& b) { return a.column == b.column; }), labels.end());
    std::string out = on_one_line(trace.text) + "\n";
    for (auto const& line : arranged(labels)) {
        std::string row;
        for (Label const& label : line) put(row, label.column, label.text);
        out += row + "\n";
    }
    return out;
}

std::string conditions(Trace const& trace) {
    std::size_t width = 0;
    for (Trace::Part const& part : trace.parts) {
        if (part.condition) width = std::max(width, count_characters(std::string_view(trace.text).substr(part.begin, part.end - part.begin)));
    }
    std::string out;
    for (Trace::Part const& part : trace.parts) {
        if (!part.condition) continue;
        std::string const text = on_one_line(trace.text.substr(part.begin, part.end - part.begin));
        std::string line = part.failed ? "error" : part.value;
        put(line, 8, text);
        if (part.decided) put(line, 8 + width + 2, "<- decided");
        out += line + "\n";
    }
    return out;
}

}  // namespace pawl::cel
