// The one door through which text of steps reaches a terminal.
#include "cli/render/log_text.h"

#include "common/base/text.h"

namespace pawl::cli {
namespace {

std::string_view last_state(std::string_view line) {
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    auto const turn = line.rfind('\r');
    return turn == std::string_view::npos ? line : line.substr(turn + 1);
}

std::string without_sgr(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text.substr(at, 2) == "\x1b[") {
            auto const end = text.find_first_not_of("0123456789;:", at + 2);
            if (end != std::string_view::npos && text[end] == 'm') {
                at = end + 1;
                continue;
            }
        }
        out += text[at++];
    }
    return out;
}

std::string tabs_as_spaces(std::string_view text) {
    std::string out;
    std::size_t columns = 0, counted = 0;  // of `out`: columns up to the byte `counted`
    for (char const c : text) {
        if (c != '\t') {
            out += c;
            continue;
        }
        columns += visible_width(std::string_view(out).substr(counted));
        auto const spaces = 8 - columns % 8;
        out.append(spaces, ' ');
        columns += spaces;
        counted = out.size();
    }
    return out;
}

}  // namespace

std::string log_text(Look const& look, std::string_view line) {
    auto text = std::string(last_state(line));
    if (!look.colour) text = without_sgr(text);
    if (text.find('\t') != std::string::npos) text = tabs_as_spaces(text);
    text = printable(text, look.colour);
    if (text.find('\x1b') != std::string::npos) text += "\x1b[0m";
    return text;
}

}  // namespace pawl::cli
