// Layered drawing: steps in rows by depth, edges through the gaps between rows. An edge that spans several rows passes the rows between as a
// vertical line of its own; every step that has dependents gets one horizontal track a gap, so that lines never run over one another.
#include <algorithm>
#include <map>

#include "cli/render/graph.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t box_gap = 2;
constexpr unsigned north = 1, east = 2, south = 4, west = 8;

/// A box, or a place where a long edge passes a row.
struct Spot {
    std::size_t node = std::string::npos;  ///< npos: an edge passes
    std::size_t source = 0;                ///< of a passing edge: whose edge it is
    std::size_t width = 1, x = 0;
    double order = 0;
    std::size_t middle() const { return x + width / 2; }
};
struct Link {
    std::size_t from, to;                  ///< spots of this row and the next
};

std::string label_of_box(Look const& look, GraphNode const& node) {
    auto text = printable(node.id);
    if (!node.status.empty()) text = std::string(trim(symbol_of(look, node.status))) + " " + text;
    return text;
}

class Layout {
public:
    Layout(Look const& look, Graph const& graph) : look_(look), graph_(graph), layers_(graph_layers(graph)) {
        std::size_t depth = 0;
        for (auto const layer : layers_) {
            if (layer != std::string::npos) depth = std::max(depth, layer + 1);
        }
        rows_.resize(depth);
        links_.resize(depth);
        place_nodes();
        connect();
        for (int sweep = 0; sweep < 4; ++sweep) reorder();
        set_x();
    }

    std::size_t width() const {
        std::size_t widest = 0;
        for (auto const& row : rows_) {
            if (!row.empty()) widest = std::max(widest, row.back().x + row.back().width);
        }
        return widest;
    }

    std::string draw() const {
        std::string out;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            draw_row(out, i);
            if (i + 1 < rows_.size()) draw_gap(out, i);
        }
        return out;
    }

private:
    void place_nodes() {
        for (std::size_t i = 0; i < graph_.size(); ++i) {
            if (layers_[i] == std::string::npos) continue;
            rows_[layers_[i]].push_back({.node = i, .source = i, .width = std::max(display_width(label_of_box(look_, graph_[i])), display_width(printable(graph_[i].note))) + 4});
            spot_of_[i] = rows_[layers_[i]].size() - 1;
        }
    }

    /// One link a row for each edge; passing spots are shared by the long edges of one source.
    void connect() {
        std::map<std::string_view, std::size_t> index;
        for (std::size_t i = 0; i < graph_.size(); ++i) {
            if (layers_[i] != std::string::npos) index[graph_[i].id] = i;
        }
        std::map<std::pair<std::size_t, std::size_t>, std::size_t> passing;  // (source, row) → spot
        for (std::size_t i = 0; i < graph_.size(); ++i) {
            if (layers_[i] == std::string::npos) continue;
            for (auto const& need : graph_[i].needs) {
                auto const found = index.find(need);
                if (found == index.end()) continue;
                auto const source = found->second;
                auto from = spot_of_[source];
                for (auto row = layers_[source] + 1; row < layers_[i]; ++row) {
                    auto const [place, is_new] = passing.try_emplace({source, row}, rows_[row].size());
                    if (is_new) {
                        rows_[row].push_back({.source = source});
                        links_[row - 1].push_back({from, place->second});
                    }
                    from = place->second;
                }
                links_[layers_[i] - 1].push_back({from, spot_of_[i]});
            }
        }
    }

    /// Sorts each row by the mean position of what lies above: fewer crossings.
    void reorder() {
        for (std::size_t row = 1; row < rows_.size(); ++row) {
            std::vector<std::vector<double>> above(rows_[row].size());
            for (auto const& link : links_[row - 1]) above[link.to].push_back(static_cast<double>(link.from));
            for (std::size_t i = 0; i < rows_[row].size(); ++i) {
                double sum = 0;
                for (double const position : above[i]) sum += position;
                rows_[row][i].order = above[i].empty() ? static_cast<double>(i) : sum / static_cast<double>(above[i].size());
            }
            std::vector<std::size_t> order(rows_[row].size());
            for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows_[row][a].order < rows_[row][b].order; });
            std::vector<Spot> sorted;
            std::vector<std::size_t> now_at(order.size());
            for (std::size_t i = 0; i < order.size(); ++i) {
                now_at[order[i]] = i;
                sorted.push_back(rows_[row][order[i]]);
            }
            rows_[row] = std::move(sorted);
            for (auto& link : links_[row - 1]) link.to = now_at[link.to];
            for (auto& link : links_[row]) link.from = now_at[link.from];
        }
    }

    /// Left to right, then each row as a whole is moved to the middle.
    void set_x() {
        std::size_t widest = 0;
        for (auto& row : rows_) {
            std::size_t x = 0;
            for (auto& spot : row) {
                spot.x = x;
                x += spot.width + box_gap;
            }
            widest = std::max(widest, x - (x > 0 ? box_gap : 0));
        }
        for (auto& row : rows_) {
            if (row.empty()) continue;
            auto const shift = (widest - (row.back().x + row.back().width)) / 2;
            for (auto& spot : row) spot.x += shift;
        }
    }

    bool has_link_down(std::size_t row, std::size_t spot) const {
        return std::any_of(links_[row].begin(), links_[row].end(), [&](Link const& link) { return link.from == spot; });
    }
    bool has_link_up(std::size_t row, std::size_t spot) const {
        return row > 0 && std::any_of(links_[row - 1].begin(), links_[row - 1].end(), [&](Link const& link) { return link.to == spot; });
    }

    std::string glyph(unsigned bits) const {
        if (look_.ascii) {
            if (bits == 0) return " ";
            if ((bits & (east | west)) == 0) return "|";
            return (bits & (north | south)) == 0 ? "-" : "+";
        }
        static constexpr std::string_view glyphs[16] = {" ", "│", "─", "╰", "│", "│", "╭", "├", "─", "╯", "─", "┴", "╮", "┤", "┬", "┼"};
        return std::string(glyphs[bits & 15]);
    }

    std::string box_edge(std::size_t inner, bool top, std::size_t middle, bool linked) const {
        std::string line = look_.ascii ? "+" : (top ? "┌" : "└");
        for (std::size_t i = 1; i <= inner; ++i) {
            bool const joint = linked && i == middle;
            if (look_.ascii) line += joint ? "+" : "-";
            else line += joint ? (top ? "┴" : "┬") : "─";
        }
        return line + (look_.ascii ? "+" : (top ? "┐" : "┘"));
    }

    std::string box_text(std::string const& text, std::size_t inner, Paint paint) const {
        auto const width = display_width(text);
        auto const left = (inner - width) / 2;
        std::string const side = look_.ascii ? "|" : "│";
        return side + std::string(left, ' ') + painted(look_, paint, text) + std::string(inner - width - left, ' ') + side;
    }

    void draw_row(std::string& out, std::size_t row) const {
        bool has_notes = false;
        for (auto const& spot : rows_[row]) has_notes = has_notes || (spot.node != std::string::npos && !graph_[spot.node].note.empty());
        int const lines = has_notes ? 4 : 3;
        for (int line = 0; line < lines; ++line) {
            std::string text;
            std::size_t at = 0;
            for (std::size_t i = 0; i < rows_[row].size(); ++i) {
                auto const& spot = rows_[row][i];
                text += std::string(spot.x - at, ' ');
                at = spot.x + spot.width;
                if (spot.node == std::string::npos) {
                    text += look_.ascii ? "|" : "│";
                    continue;
                }
                auto const& node = graph_[spot.node];
                auto const inner = spot.width - 2;
                if (line == 0) text += box_edge(inner, true, spot.width / 2, has_link_up(row, i));
                else if (line == lines - 1) text += box_edge(inner, false, spot.width / 2, has_link_down(row, i));
                else if (line == 1) text += box_text(label_of_box(look_, node), inner, paint_of(node.status));
                else text += box_text(printable(node.note), inner, Paint::dim);
            }
            out += text + "\n";
        }
    }

    /// The gap below a row: one track a source that does not go straight down.
    void draw_gap(std::string& out, std::size_t row) const {
        auto const columns = width() + 1;
        std::map<std::size_t, std::vector<std::size_t>> targets;  // x of a source spot → x of what it leads to
        for (auto const& link : links_[row]) targets[rows_[row][link.from].middle()].push_back(rows_[row + 1][link.to].middle());
        std::vector<std::size_t> bent;
        for (auto const& [from, to] : targets) {
            if (to.size() > 1 || to.front() != from) bent.push_back(from);
        }
        auto const tracks = std::max<std::size_t>(bent.size(), 1);
        std::vector<std::vector<unsigned>> grid(tracks, std::vector<unsigned>(columns, 0));
        auto const vertical = [&](std::size_t x, std::size_t first, std::size_t last) {
            for (auto y = first; y < last; ++y) grid[y][x] |= north | south;
        };
        // Lines that bend left are laid from the left, so that most of them do not cross.
        std::size_t track = 0;
        for (auto const& [from, to] : targets) {
            bool const straight = to.size() == 1 && to.front() == from;
            if (straight) {
                vertical(from, 0, tracks);
                continue;
            }
            auto const [low, high] = std::minmax_element(to.begin(), to.end());
            auto const left = std::min(*low, from), right = std::max(*high, from);
            vertical(from, 0, track);
            grid[track][from] |= north;
            for (auto x = left; x < right; ++x) {
                grid[track][x] |= east;
                grid[track][x + 1] |= west;
            }
            for (auto const x : to) {
                grid[track][x] |= south;
                vertical(x, track + 1, tracks);
            }
            ++track;
        }
        for (auto const& line : grid) {
            std::string text;
            for (auto const bits : line) text += glyph(bits);
            while (text.ends_with(' ')) text.pop_back();
            out += text + "\n";
        }
    }

    Look const& look_;
    Graph const& graph_;
    std::vector<std::size_t> layers_;
    std::map<std::size_t, std::size_t> spot_of_;
    std::vector<std::vector<Spot>> rows_;
    std::vector<std::vector<Link>> links_;  ///< from row i to row i + 1
};

std::string handlers_text(Look const& look, Graph const& graph) {
    std::string out, section;
    for (auto const& node : graph) {
        if (node.section == "steps") continue;
        if (node.section != section) out += "\n" + painted(look, Paint::bold, node.section) + ":";
        section = node.section;
        out += " " + painted(look, paint_of(node.status), label_of_box(look, node));
    }
    return out.empty() ? "" : out + "\n";
}

}  // namespace

std::size_t boxes_width(Look const& look, Graph const& graph) { return Layout(look, graph).width(); }

std::string render_boxes(Look const& look, Graph const& graph) { return Layout(look, graph).draw() + handlers_text(look, graph); }

}  // namespace pawl::cli
