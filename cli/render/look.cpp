// Colours, state symbols, cutting and padding by columns of the terminal.
#include "cli/render/look.h"

#include <array>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace pawl::cli {
namespace {

struct StateSign {
    std::string_view status, symbol, ascii;
    Paint paint;
};

constexpr std::array state_signs{
    StateSign{"succeeded", "✓", "[ok]  ", Paint::green},
    StateSign{"failed", "✗", "[FAIL]", Paint::red},
    StateSign{"lost", "?", "[LOST]", Paint::magenta},
    StateSign{"cancelled", "■", "[stop]", Paint::yellow},
    StateSign{"interrupted", "■", "[intr]", Paint::yellow},
    StateSign{"skipped", "⊘", "[skip]", Paint::dim},
    StateSign{"running", "◐", "[run] ", Paint::blue},
    StateSign{"launching", "◐", "[run] ", Paint::blue},
    StateSign{"finishing", "◑", "[end] ", Paint::blue},
    StateSign{"stopping", "◑", "[end] ", Paint::yellow},
    StateSign{"waiting", "◌", "[wait]", Paint::cyan},
    StateSign{"queued", "○", "[que] ", Paint::dim},
    StateSign{"pending", "○", "[ -- ]", Paint::dim},
};

StateSign const& sign_of(std::string_view status) {
    static constexpr StateSign unknown{"", "·", "[ ?? ]", Paint::plain};
    for (auto const& sign : state_signs) {
        if (sign.status == status) return sign;
    }
    return unknown;
}

/// Bytes of the SGR sequence (ESC [ … m) that starts at `at`, or 0.
std::size_t sgr_length(std::string_view text, std::size_t at) {
    if (text.substr(at, 2) != "\x1b[") return 0;
    std::size_t end = at + 2;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == ';' || text[end] == ':')) ++end;
    return end < text.size() && text[end] == 'm' ? end - at + 1 : 0;
}

std::string_view ellipsis(Look const& look) { return look.ascii ? "..." : "…"; }

}  // namespace

std::string painted(Look const& look, Paint paint, std::string_view text) {
    static constexpr std::array<std::string_view, 9> codes{"", "1", "2", "31", "32", "33", "34", "35", "36"};
    auto const code = codes[static_cast<std::size_t>(paint)];
    if (!look.colour || code.empty() || text.empty()) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string_view symbol_of(Look const& look, std::string_view status) {
    auto const& sign = sign_of(status);
    return look.ascii ? sign.ascii : sign.symbol;
}

Paint paint_of(std::string_view status) { return sign_of(status).paint; }

std::string state_text(Look const& look, std::string_view status, std::string_view reason) {
    std::string text = std::string(trim(symbol_of(look, status))) + " " + std::string(status);
    if (!reason.empty() && reason != status) text += " (" + std::string(reason) + ")";
    return painted(look, paint_of(status), text);
}

std::size_t visible_width(std::string_view text) {
    if (text.find('\x1b') == std::string_view::npos) return display_width(text);
    std::string plain;
    for (std::size_t at = 0; at < text.size();) {
        if (auto const length = sgr_length(text, at); length != 0) at += length;
        else plain += text[at++];
    }
    return display_width(plain);
}

std::string cut_end(Look const& look, std::string_view text, std::size_t width) {
    if (visible_width(text) <= width) return std::string(text);
    std::size_t const room = width > display_width(ellipsis(look)) ? width - display_width(ellipsis(look)) : 0;
    std::string out;
    std::size_t used = 0;
    bool coloured = false;
    for (std::size_t at = 0; at < text.size();) {
        if (auto const length = sgr_length(text, at); length != 0) {
            out += text.substr(at, length);
            at += length;
            coloured = true;
            continue;
        }
        auto const length = utf8::step(text, at);
        auto const columns = display_width(text.substr(at, length));
        if (used + columns > room) break;
        out += text.substr(at, length);
        used += columns;
        at += length;
    }
    out += ellipsis(look);
    if (coloured) out += "\x1b[0m";
    return out;
}

std::string cut_middle(Look const& look, std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    std::size_t const mark = display_width(ellipsis(look));
    if (width <= mark) return std::string(ellipsis(look).substr(0, look.ascii ? width : std::string_view::npos));
    std::size_t const head_room = (width - mark + 1) / 2;
    std::size_t const tail_room = width - mark - head_room;
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < text.size(); at += utf8::step(text, at)) starts.push_back(at);
    starts.push_back(text.size());
    std::size_t head = 0;
    while (head + 1 < starts.size() && display_width(text.substr(0, starts[head + 1])) <= head_room) ++head;
    std::size_t tail = starts.size() - 1;
    while (tail > head && display_width(text.substr(starts[tail - 1])) <= tail_room) --tail;
    return std::string(text.substr(0, starts[head])) + std::string(ellipsis(look)) + std::string(text.substr(starts[tail]));
}

std::string pad_right(std::string_view text, std::size_t width) {
    auto const has = visible_width(text);
    return std::string(text) + std::string(has < width ? width - has : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
    auto const has = visible_width(text);
    return std::string(has < width ? width - has : 0, ' ') + std::string(text);
}

}  // namespace pawl::cli
