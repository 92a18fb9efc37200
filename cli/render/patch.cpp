// Myers' greedy comparison of lines, then hunks with three lines of context.
#include "cli/render/patch.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t context_lines = 3;
/// Texts that differ in more lines are shown as replaced whole: the comparison keeps a row of memory for each difference.
constexpr std::ptrdiff_t differences_max = 2000;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

/// ' ' both have it, '-' only the text before, '+' only the text after.
struct Line {
    char sign;
    std::string_view text;
};
using Lines = std::vector<std::string_view>;

std::vector<Line> replaced_whole(Lines const& before, Lines const& after) {
    std::vector<Line> lines;
    for (auto const line : before) lines.push_back({'-', line});
    for (auto const line : after) lines.push_back({'+', line});
    return lines;
}

/// The way back through the rows of the search, from the end to the begin.
std::vector<Line> traced_back(std::vector<std::vector<std::ptrdiff_t>> const& rows, Lines const& before, Lines const& after) {
    std::vector<Line> lines;
    auto x = static_cast<std::ptrdiff_t>(before.size()), y = static_cast<std::ptrdiff_t>(after.size());
    for (auto d = static_cast<std::ptrdiff_t>(rows.size()) - 1; d >= 0; --d) {
        auto const& row = rows[static_cast<std::size_t>(d)];  // diagonals -d … d of the step before, shifted by d + 1
        auto const at = [&](std::ptrdiff_t k) { return row[static_cast<std::size_t>(k + d + 1)]; };
        auto const k = x - y;
        bool const down = k == -d || (k != d && at(k - 1) < at(k + 1));
        auto const from_k = down ? k + 1 : k - 1;
        auto const from_x = d == 0 ? 0 : at(from_k);
        auto const from_y = d == 0 ? 0 : from_x - from_k;
        while (x > from_x && y > from_y) {
            lines.push_back({' ', before[static_cast<std::size_t>(x - 1)]});
            --x;
            --y;
        }
        if (d == 0) break;
        lines.push_back(down ? Line{'+', after[static_cast<std::size_t>(y - 1)]} : Line{'-', before[static_cast<std::size_t>(x - 1)]});
        x = from_x;
        y = from_y;
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

std::vector<Line> compared(Lines const& before, Lines const& after) {
    auto const n = static_cast<std::ptrdiff_t>(before.size()), m = static_cast<std::ptrdiff_t>(after.size());
    auto const most = std::min(n + m, differences_max);
    std::vector<std::ptrdiff_t> furthest(static_cast<std::size_t>(2 * most + 3), 0);  // by diagonal, shifted by most + 1
    std::vector<std::vector<std::ptrdiff_t>> rows;
    for (std::ptrdiff_t d = 0; d <= most; ++d) {
        auto const zero = furthest.begin() + most + 1;
        rows.emplace_back(zero - d - 1, zero + d + 2);
        for (std::ptrdiff_t k = -d; k <= d; k += 2) {
            bool const down = k == -d || (k != d && zero[k - 1] < zero[k + 1]);
            auto x = down ? zero[k + 1] : zero[k - 1] + 1;
            if (d == 0) x = 0;
            auto y = x - k;
            while (x < n && y < m && before[static_cast<std::size_t>(x)] == after[static_cast<std::size_t>(y)]) {
                ++x;
                ++y;
            }
            zero[k] = x;
            if (x >= n && y >= m) return traced_back(rows, before, after);
        }
    }
    return replaced_whole(before, after);
}

struct Hunk {
    std::size_t begin, end;  ///< of the compared lines
};

std::vector<Hunk> hunks_of(std::vector<Line> const& lines) {
    std::vector<Hunk> hunks;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].sign == ' ') continue;
        auto const begin = i > context_lines ? i - context_lines : 0;
        auto const end = std::min(i + context_lines + 1, lines.size());
        if (!hunks.empty() && hunks.back().end >= begin) hunks.back().end = end;
        else hunks.push_back({begin, end});
    }
    return hunks;
}

std::string range_text(std::size_t first, std::size_t count) {
    return std::to_string(count == 0 ? first - 1 : first) + (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

std::string unified_patch(Look const& look, std::string const& before_name, std::string_view before, std::string const& after_name, std::string_view after) {
    if (before == after) return "";
    auto const lines = compared(lines_of(before), lines_of(after));
    auto out = painted(look, Paint::bold, "--- " + printable(before_name)) + "\n" + painted(look, Paint::bold, "+++ " + printable(after_name)) + "\n";
    std::size_t before_line = 1, after_line = 1, told = 0;
    for (auto const& hunk : hunks_of(lines)) {
        for (; told < hunk.begin; ++told) {
            before_line += lines[told].sign != '+';
            after_line += lines[told].sign != '-';
        }
        std::size_t before_count = 0, after_count = 0;
        std::string body;
        for (; told < hunk.end; ++told) {
            auto const& line = lines[told];
            before_count += line.sign != '+';
            after_count += line.sign != '-';
            bool const whole = line.text.ends_with('\n');
            auto const text = line.sign + std::string(whole ? line.text.substr(0, line.text.size() - 1) : line.text);
            body += painted(look, line.sign == '-' ? Paint::red : line.sign == '+' ? Paint::green : Paint::plain, look.cut ? printable(text) : text) + "\n";
            if (!whole) body += "\\ No newline at end of file\n";
        }
        out += painted(look, Paint::cyan, "@@ -" + range_text(before_line, before_count) + " +" + range_text(after_line, after_count) + " @@") + "\n" + body;
        before_line += before_count;
        after_line += after_count;
    }
    return out;
}

}  // namespace pawl::cli
