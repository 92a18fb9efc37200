// YAML and CSV writers: small, because we only write what our own API answers with.
#include "cli/render/formats.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace pawl::cli {
namespace {

bool plain_in_yaml(std::string_view text) {
    static constexpr std::array<std::string_view, 14> words{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "True", "False", "Null", "~", ""};
    if (std::find(words.begin(), words.end(), text) != words.end()) return false;
    auto const first = static_cast<unsigned char>(text.front());
    bool const starts_as_word = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/' || first == '_';
    if (!starts_as_word || text.back() == ' ') return false;
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (std::find(words.begin(), words.end(), lower) != words.end()) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/' || c == ' ';
    });
}

std::string yaml_scalar(Json const& value) {
    if (value.is_string() && plain_in_yaml(value.as_string())) return value.as_string();
    return dump_json(value);  // JSON's scalars, strings and empty collections are YAML
}

void write_yaml(std::string& out, Json const& value, std::size_t indent);

bool is_nested(Json const& value) {
    return (value.is_map() && !value.as_map().empty()) || (value.is_list() && !value.as_list().empty());
}

void write_member(std::string& out, std::string const& key, Json const& value, std::size_t indent) {
    out += yaml_scalar(Json(key)) + ":";
    if (!is_nested(value)) {
        out += " " + yaml_scalar(value) + "\n";
        return;
    }
    out += "\n";
    write_yaml(out, value, indent + 2);
}

void write_yaml(std::string& out, Json const& value, std::size_t indent) {
    std::string const space(indent, ' ');
    if (value.is_map()) {
        for (auto const& [key, member] : value.as_map()) {
            out += space;
            write_member(out, key, member, indent);
        }
        return;
    }
    for (auto const& item : value.as_list()) {
        if (!is_nested(item)) {
            out += space + "- " + yaml_scalar(item) + "\n";
            continue;
        }
        std::string inner;
        write_yaml(inner, item, indent + 2);
        inner.replace(indent, 2, "- ");
        out += inner;
    }
}

std::string csv_field(std::string const& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string csv_line(std::vector<std::string> const& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? "," : "") + csv_field(cells[i]);
    return line + "\n";
}

}  // namespace

std::string plain_text(Json const& value) {
    if (value.is_null()) return "";
    return value.is_string() ? value.as_string() : dump_json(value);
}

std::string dump_yaml(Json const& value) {
    if (!is_nested(value)) return yaml_scalar(value) + "\n";
    std::string out;
    write_yaml(out, value, 0);
    return out;
}

std::vector<std::string> fields_of(JsonList const& items) {
    std::vector<std::string> fields;
    for (auto const& item : items) {
        if (!item.is_map()) continue;
        for (auto const& [key, value] : item.as_map()) {
            if (std::find(fields.begin(), fields.end(), key) == fields.end()) fields.push_back(key);
        }
    }
    return fields;
}

std::string dump_csv(std::vector<std::string> const& fields, JsonList const& items) {
    std::string out = csv_line(fields);
    for (auto const& item : items) {
        std::vector<std::string> cells;
        for (auto const& field : fields) {
            auto const* value = item.find(field);
            cells.push_back(value == nullptr ? "" : plain_text(*value));
        }
        out += csv_line(cells);
    }
    return out;
}

}  // namespace pawl::cli
