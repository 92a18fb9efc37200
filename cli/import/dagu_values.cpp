// Texts with variables, shells, folders and conditions of Dagu.
#include "cli/import/dagu_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {

using yaml::Member;
using yaml::Node;

bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

void each_variable(std::string_view text, std::function<void(std::size_t, std::size_t, std::string)> const& use) {
    for (auto from = text.find('$'); from != std::string_view::npos; from = text.find('$', from + 1)) {
        bool const braces = text.substr(from + 1).starts_with('{');
        std::size_t const begin = from + (braces ? 2 : 1);
        std::size_t end = begin;
        while (end < text.size() && is_word(text[end])) ++end;
        if (end == begin) continue;
        bool const closed = braces && end < text.size() && text[end] == '}';
        use(from, (closed ? end + 1 : end) - from, std::string(text.substr(begin, end - begin)));
    }
}

std::string quoted_for_shell(std::string const& word) {
    bool const plain = !word.empty() && std::ranges::all_of(word, [](char c) { return is_word(c) || c == '-' || c == '.' || c == '/' || c == '=' || c == ':' || c == ','; });
    if (plain) return word;
    char const quote = word.find('$') != std::string::npos ? '"' : '\'';  // a variable is still put in
    std::string out(1, quote);
    for (char const c : word) {
        if (quote == '\'' && c == '\'') out += "'\\'";
        if (quote == '"' && (c == '"' || c == '\\')) out += '\\';
        out += c;
    }
    return out + quote;
}

std::optional<std::string> DaguImport::with_values(std::string_view text, Variables const& variables) const {
    if (text.find('`') != std::string_view::npos || text.find("$(") != std::string_view::npos || text.find("${{") != std::string_view::npos) return {};
    std::string result;
    std::size_t copied = 0;
    bool known = true;
    each_variable(text, [&](std::size_t from, std::size_t length, std::string const& name) {
        auto const found = variables.find(our_variable(name));
        known = known && found != variables.end() && length != name.size() + 2;  // no `${NAME:-…`
        if (!known) return;
        result += std::string(text.substr(copied, from - copied)) + found->second;
        copied = from + length;
    });
    result += text.substr(copied);
    return known ? std::optional(result) : std::nullopt;
}

std::string DaguImport::our_variable(std::string const& theirs) const {
    auto const found = renamed_.find(theirs);
    return found == renamed_.end() ? theirs : found->second;
}

void DaguImport::read_env(Node const& node, Variables& variables, JsonMap& env) {
    for (auto const& item : node.items) {
        if (item.is_map()) read_env(item, variables, env);
        else if (auto const sign = item.text.find('='); sign != std::string::npos) set_variable(item, item.text.substr(0, sign), item.text.substr(sign + 1), variables, env);
    }
    for (auto const& member : node.members) set_variable(member.key, member.key.text, member.value.text, variables, env);
}

void DaguImport::set_variable(Node const& place, std::string const& theirs, std::string const& text, Variables& variables, JsonMap& env) {
    auto const name = variable_from(theirs);
    if (name != theirs) {
        renamed_[theirs] = name;
        report_.add(place, Level::approximated, "the variable " + theirs + " is named " + name);
    }
    auto const value = with_values(text, variables);
    bool const steers = value && value->find("${{") != std::string::npos && is_special_variable(name);
    if (!value || steers) {
        report_.add(place, Level::not_translated, "env " + name + ": " + text);
        variables.erase(name);
        missing_.insert(name);
        return;
    }
    variables[name] = *value;
    env.set(name, *value);
}

Json DaguImport::seconds_at(Node const& map, std::string_view key) {
    auto const* member = map.find(key);
    if (member == nullptr) return {};
    auto const value = yaml::scalar_to_json(member->value);
    if (value.is_int() && value.as_int() > 0 && value.as_int() < 100000000) return std::to_string(value.as_int()) + "s";
    report_.add(member->key, Level::not_translated, std::string(key) + ": " + member->value.text);
    return {};
}

Json DaguImport::dir_of(Node const& map, std::string_view key, Variables const& variables) {
    auto const* member = map.find(key);
    if (member == nullptr) return {};
    auto const text = with_values(member->value.text, variables);
    if (text && !text->empty() && !text->starts_with('~')) return *text;
    report_.add(member->key, Level::not_translated, std::string(key) + " " + in_quotes(member->value.text));
    return {};
}

Json DaguImport::shell_of(Node const& map, std::string_view key) {
    auto const* member = map.find(key);
    if (member == nullptr) return {};
    auto words = member->value.is_list() ? texts_of(&member->value) : words_of(member->value.text);
    auto const program = words.empty() ? std::string() : words.front().substr(words.front().rfind('/') + 1);
    bool const known = program == "bash" || program == "sh" || program == "zsh" || program.starts_with("python") || program == "perl" || program == "node" || program == "ruby";
    if (!known) {
        report_.add(member->key, Level::not_translated, std::string(key) + " " + in_quotes(member->value.text));
        return {};
    }
    if (words.size() == 1 && (program == "sh" || program == "bash")) return program;
    bool const evaluates = program == "perl" || program == "node" || program == "ruby";
    if (words.back() != "-c") words.emplace_back(evaluates ? "-e" : "-c");
    return JsonList(words.begin(), words.end());
}

Member const* DaguImport::precondition_of(Node const& map) {
    auto const* member = map.find("preconditions");
    return member == nullptr ? map.find("precondition") : member;
}

std::optional<std::string> DaguImport::condition_of(Member const& member) {
    std::vector<Node const*> items;
    items.reserve(member.value.items.size() + 1);
    for (auto const& item : member.value.items) items.push_back(&item);
    if (!member.value.is_list()) items.push_back(&member.value);
    std::string cel;
    for (auto const* item : items) {
        auto const condition = text_at(*item, "condition"), expected = text_at(*item, "expected");
        std::string variable;
        each_variable(condition, [&](std::size_t from, std::size_t length, std::string const& name) {
            if (from == 0 && length == condition.size()) variable = our_variable(name);
        });
        auto const input = inputs_by_variable_.find(variable);
        bool const plain = expected.find_first_of("'\\`$\n") == std::string::npos && !expected.starts_with("re:");
        if (input == inputs_by_variable_.end() || !plain || item->find("expected") == nullptr || item->find("negate") != nullptr) return {};
        cel += (cel.empty() ? "" : " && ") + ("inputs." + input->second) + " == '" + expected + "'";
    }
    if (cel.empty()) return {};
    report_.add(member.key, Level::translated, "preconditions");
    return cel;
}

}  // namespace pawl::cli
