// A scanner of SQLite's tokens, as far as quotes, comments and parameters go.
#include "common/flow/sql_text.h"

#include <algorithm>

#include "common/base/text.h"

namespace pawl::flow {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Behind the token that begins at `at` and holds no parameter; `at` itself when it is a single other character.
std::size_t skip(std::string_view text, std::size_t at) {
    auto const behind = [&](std::string_view end, std::size_t from) {
        std::size_t const found = text.find(end, from);
        return found == std::string_view::npos ? text.size() : found + end.size();
    };
    switch (text[at]) {
    case '\'': case '"': case '`': return behind(text.substr(at, 1), at + 1);  // a doubled quote is two texts side by side: the same to us
    case '[': return behind("]", at + 1);
    case '-': return text.substr(at).starts_with("--") ? behind("\n", at) : at;
    case '/': return text.substr(at).starts_with("/*") ? behind("*/", at + 2) : at;
    default: break;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    return end;
}

}  // namespace

std::vector<SqlParameter> sql_parameters(std::string_view query) {
    std::vector<SqlParameter> found;
    for (std::size_t at = 0; at < query.size();) {
        if (std::size_t const behind = skip(query, at); behind > at) {
            at = behind;
            continue;
        }
        std::size_t end = at + 1;
        char const mark = query[at];
        bool const named = mark == ':' || mark == '@' || mark == '$';
        if (named || mark == '?')
            while (end < query.size() && is_word(query[end])) ++end;
        if (mark == '?') found.push_back({{}, at, end - at});
        else if (named && end > at + 1) found.push_back({query.substr(at + 1, end - at - 1), at, end - at});
        at = end;
    }
    return found;
}

bool only_reads(std::string_view query) {
    std::string first;
    bool ended = false;
    for (std::size_t at = 0; at < query.size();) {
        std::size_t const end = std::max(skip(query, at), at + 1);
        std::string_view const token = query.substr(at, end - at);
        at = end;
        if (trim(token).empty() || token.starts_with("--") || token.starts_with("/*")) continue;
        if (ended) return false;  // a second statement
        ended = token == ";";
        std::string word(token);
        std::ranges::transform(word, word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
        if (first.empty()) first = word;
        bool const changes = word == "insert" || word == "update" || word == "delete" || word == "replace";
        if (first == "with" && changes) return false;
    }
    return first == "select" || first == "values" || first == "with";
}

}  // namespace pawl::flow
