// Percent-encoding, strictly: what does not decode to clean text is no target.
#include "common/wire/url.h"

#include "common/base/text.h"

namespace pawl::wire {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// An encoded slash would make two paths of one: the decoded path is split at its slashes.
bool hides_a_slash(std::string_view path) {
    return path.find("%2f") != std::string_view::npos || path.find("%2F") != std::string_view::npos;
}

bool parse_query(std::string_view query, std::map<std::string, std::string>& out) {
    for (std::string_view pair : split(query, '&')) {
        if (pair.empty()) continue;
        std::size_t const equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
        if (!name || !value) return false;
        if (!out.emplace(std::move(*name), std::move(*value)).second) return false;
    }
    return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            int const high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        out += c;
    }
    if (find_invalid_utf8(out) != std::string_view::npos) return std::nullopt;
    return out;
}

std::optional<Target> parse_target(std::string_view target) {
    if (target.empty() || target[0] != '/') return std::nullopt;
    std::size_t const question = target.find('?');
    std::string_view const path = target.substr(0, question);
    if (hides_a_slash(path)) return std::nullopt;
    auto decoded = percent_decode(path);
    if (!decoded) return std::nullopt;
    Target out{std::move(*decoded), {}};
    if (question != std::string_view::npos && !parse_query(target.substr(question + 1), out.query)) return std::nullopt;
    return out;
}

}  // namespace pawl::wire
