// Plain where every YAML reader reads the same text, a block for several lines, else JSON's quotes, which are YAML's too.
#include "cli/import/writer.h"

#include <algorithm>

#include "common/base/text.h"

namespace pawl::cli {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_option(std::string_view text) { return text.size() > 1 && text[0] == '-' && is_letter(text[1]); }
bool is_duration(std::string_view text) {
    auto const digits = text.substr(0, text.size() - 1);
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos && (text.back() == 's' || text.back() == 'm');
}

bool is_other_word(std::string_view text) {
    std::string lower;
    for (char const c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    static constexpr std::string_view words[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    return std::ranges::find(words, lower) != std::ranges::end(words);
}

/// `flow`: within [], where commas and brackets end a value.
bool may_be_plain(std::string_view text, bool flow) {
    if (text.empty() || is_other_word(text) || std::ranges::any_of(text, is_control)) return false;
    bool const begins_plainly = is_letter(text.front()) || text.front() == '/' || text.front() == '_' || text.starts_with("./") || is_option(text) || is_duration(text);
    if (!begins_plainly || text.back() == ' ' || text.back() == ':') return false;
    if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
    return !flow || text.find_first_of(",[]{}") == std::string_view::npos;
}

bool may_be_block(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n' || text.front() == '\t') return false;
    if (text.ends_with("\n\n")) return false;
    return std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\n' && c != '\t'; });
}

std::string scalar(Json const& value, bool flow) {
    if (!value.is_string()) return dump_json(value);
    if (may_be_plain(value.as_string(), flow)) return value.as_string();
    std::string quoted;
    append_json_string(quoted, value.as_string());
    return quoted;
}

class Writer {
public:
    std::string out;

    void map(JsonMap const& map, std::size_t indent, bool first_on_line = false) {
        bool behind_long_part = false;
        for (auto const& [key, value] : map) {
            if (key == comment_key) continue;
            bool const long_part = value.is_map() || value.is_list();
            if (indent == 0 && (long_part || behind_long_part)) out += "\n";
            behind_long_part = long_part;
            if (!first_on_line) out.append(indent, ' ');
            first_on_line = false;
            out += key + ":";
            member(value, indent);
        }
    }

private:
    void member(Json const& value, std::size_t indent) {
        if (value.is_map() && !value.as_map().empty()) {
            out += "\n";
            map(value.as_map(), indent + 2);
        } else if (value.is_map()) {
            out += " {}\n";
        } else if (value.is_list()) {
            list(value.as_list(), indent + 2);
        } else if (value.is_string() && may_be_block(value.as_string())) {
            block(value.as_string(), indent + 2);
        } else {
            out += " " + scalar(value, false) + "\n";
        }
    }

    void list(JsonList const& items, std::size_t indent) {
        if (std::ranges::none_of(items, &Json::is_map)) {
            out += " [";
            for (std::size_t i = 0; i < items.size(); ++i) out += (i > 0 ? ", " : "") + scalar(items[i], true);
            out += "]\n";
            return;
        }
        out += "\n";
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i > 0) out += "\n";
            if (auto const* text = items[i].find(comment_key)) comment(text->as_string(), indent);
            out.append(indent, ' ');
            out += "- ";
            map(items[i].as_map(), indent + 2, true);
        }
    }

    void comment(std::string const& text, std::size_t indent) {
        for (auto const line : split(text, '\n')) {
            out.append(indent, ' ');
            out += "# " + printable(line) + "\n";
        }
    }

    void block(std::string_view text, std::size_t indent) {
        bool const ends = text.ends_with('\n');
        out += ends ? " |\n" : " |-\n";
        if (ends) text.remove_suffix(1);
        for (auto const line : split(text, '\n')) {
            if (!line.empty()) out.append(indent, ' ');
            out += std::string(line) + "\n";
        }
    }
};

}  // namespace

std::string write_document(JsonMap const& document) {
    Writer writer;
    writer.map(document, 0);
    return std::move(writer.out);
}

}  // namespace pawl::cli
