// Letters that may stay, stay; runs of others become one separator.
#include "cli/import/names.h"

#include <algorithm>

namespace pawl::cli {
namespace {

constexpr std::size_t length_max = 56;  // leaves room for a number behind

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lowered(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// Words in lower case with separators between; a capital behind a small letter begins a word.
std::string words_of(std::string_view text, char separator) {
    std::string name;
    bool gap = false;
    char before = ' ';
    for (char const c : text) {
        bool const letter = is_lower(c) || is_upper(c) || is_digit(c);
        gap = gap || !letter || (is_upper(c) && is_lower(before));
        before = c;
        if (!letter) continue;
        if (gap && !name.empty()) name += separator;
        gap = false;
        name += lowered(c);
    }
    if (name.size() > length_max) name.resize(length_max);
    while (!name.empty() && name.back() == separator) name.pop_back();
    return name;
}

std::string begun_with_letter(std::string name, std::string_view fallback, char separator) {
    if (name.empty()) return std::string(fallback);
    return is_lower(name.front()) ? name : std::string(fallback) + separator + name;
}

}  // namespace

std::string object_name_from(std::string_view text, std::string_view fallback) { return begun_with_letter(words_of(text, '-'), fallback, '-'); }

std::string identifier_from(std::string_view text, std::string_view fallback) {
    auto name = begun_with_letter(words_of(text, '_'), fallback, '_');
    for (std::string_view const reserved : {"true", "false", "null", "in"})
        if (name == reserved) name += "_value";
    return name;
}

std::string variable_from(std::string_view text) {
    std::string name;
    for (char const c : text.substr(0, length_max)) {
        if (is_lower(c)) name += static_cast<char>(c - 'a' + 'A');
        else name += is_upper(c) || is_digit(c) ? c : '_';
    }
    if (name.empty() || is_digit(name.front())) name.insert(0, "_");
    return name.starts_with("PAWL_") ? "X_" + name : name;
}

std::string unique_name(std::set<std::string>& taken, std::string const& name, char separator) {
    std::string free = name;
    for (int number = 2; !taken.insert(free).second; ++number) free = name + separator + std::to_string(number);
    return free;
}

bool is_special_variable(std::string_view name) {
    static constexpr std::string_view special[] = {"PATH",   "HOME", "USER",   "LOGNAME", "SHELL",  "LANG", "TMPDIR", "ENV",    "IFS",    "PWD", "OLDPWD", "UID", "EUID", "PPID",
                                                   "RANDOM", "PS1",  "PS4",    "SECONDS", "LINENO", "TERM", "TZ",     "OPTIND", "OPTARG", "CDPATH", "HOSTNAME", "REPLY", "GROUPS"};
    return name.starts_with("LD_") || name.starts_with("BASH") || name.starts_with("LC_") || std::ranges::find(special, name) != std::ranges::end(special);
}

bool holds_word(std::string_view text, std::string_view word) {
    auto const is_word = [](char c) { return c == '_' || is_digit(c) || is_lower(c) || is_upper(c); };
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        bool const begins = at == 0 || !is_word(text[at - 1]);
        bool const ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
        if (begins && ends) return true;
    }
    return false;
}

std::string stem_of(std::string_view path) {
    if (auto const slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
    return std::string(path.substr(0, path.find('.', 1)));
}

}  // namespace pawl::cli
