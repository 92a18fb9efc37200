// Only what surely means the same is translated; the rest is the reader's to decide.
#include "cli/import/github_scope.h"

#include <algorithm>
#include <vector>

#include "cli/import/names.h"

namespace pawl::cli {
namespace {

bool is_path(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; });
}

bool is_literal(std::string_view text) { return text.size() >= 2 && text.front() == '\'' && text.find('\'', 1) == text.size() - 1; }
std::string_view literal_text(std::string_view text) { return text.substr(1, text.size() - 2); }

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (char const c : text) {
        if (c == '\\' || c == '\'') out += '\\';
        out += c;
    }
    return out + "'";
}

/// Splits where the mark stands outside of '…'.
std::vector<std::string_view> split_outside_quotes(std::string_view text, std::string_view mark) {
    std::vector<std::string_view> parts;
    bool in_quotes = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\'') in_quotes = !in_quotes;
        if (in_quotes || !text.substr(at).starts_with(mark)) continue;
        parts.push_back(trim(text.substr(begin, at - begin)));
        at += mark.size() - 1;
        begin = at + 1;
    }
    parts.push_back(trim(text.substr(begin)));
    return parts;
}

std::string_view without_braces(std::string_view text) {
    text = trim(text);
    if (text.starts_with("${{") && text.ends_with("}}") && text.find("${{", 3) == std::string_view::npos) text = trim(text.substr(3, text.size() - 5));
    return text;
}

bool is_status_function(std::string_view text) {
    if (text.starts_with('!')) text = trim(text.substr(1));
    return text == "always()" || text == "success()" || text == "failure()" || text == "cancelled()";
}

/// How a step ended, in our word.
std::string_view state_of(std::string_view outcome) {
    if (outcome == "success") return "succeeded";
    if (outcome == "failure") return "failed";
    return outcome == "skipped" || outcome == "cancelled" ? outcome : std::string_view();
}

}  // namespace

std::optional<GithubValue> GithubScope::value(std::string_view expression) const {
    if (!is_path(expression)) return {};
    std::string_view name = expression;
    if (name.starts_with("github.event.inputs.")) name.remove_prefix(13);
    if (name.starts_with("inputs.")) {
        auto const found = inputs.find(std::string(name.substr(7)));
        return found == inputs.end() ? std::nullopt : std::optional(found->second);
    }
    if (name.starts_with("matrix.")) return of_matrix(name.substr(7));
    auto const parts = split(expression, '.');
    if (parts.size() != 4 || parts[2] != "outputs") return {};
    if (parts[0] == "needs") {
        auto const found = needs.find(std::string(parts[1]) + "." + std::string(parts[3]));
        return found == needs.end() ? std::nullopt : std::optional(found->second);
    }
    auto const step = step_ids.find(std::string(parts[1]));
    if (parts[0] != "steps" || step == step_ids.end() || !is_identifier(parts[3])) return {};
    // Of a job with a matrix the outputs are those of the same combination.
    auto const of_combination = items_word.empty() ? std::string() : ".items.filter(i, i.item == " + items_word + ")[0]";
    // An output that was never written is the empty text there, and none here.
    return GithubValue{"steps." + step->second + of_combination + ".outputs.?" + std::string(parts[3]) + ".orValue('')", GithubType::text};
}

/// `node-version`, or `config.os` of a value that is a map.
std::optional<GithubValue> GithubScope::of_matrix(std::string_view path) const {
    std::size_t const dot = path.find('.');
    auto const found = matrix.find(identifier_from(path.substr(0, dot), "value"));
    if (found == matrix.end()) return {};
    if (dot == std::string_view::npos) return found->second;
    GithubValue value{found->second.cel, GithubType::text};
    for (auto const part : split(path.substr(dot + 1), '.')) {
        if (!is_identifier(part)) return {};
        value.cel += "." + std::string(part);
    }
    return value;
}

std::optional<std::string> GithubScope::pasted(std::string_view expression) const {
    if (is_literal(expression)) return std::string(literal_text(expression));
    if (expression.starts_with("env.")) {
        auto const found = variables.find(variable_from(expression.substr(4)));
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    }
    if (auto const found = value(expression)) return "${{ " + found->cel + " }}";
    return {};
}

std::optional<GithubCondition> GithubScope::condition(std::string_view text) const {
    text = without_braces(text);
    GithubCondition result;
    for (auto const piece : split_outside_quotes(text, "&&")) {
        if (piece == "true" || piece == "success()") continue;
        auto const one = part(piece);
        if (!one) return {};
        result.has_status = result.has_status || is_status_function(piece);
        result.cel += (result.cel.empty() ? "" : " && ") + *one;
    }
    return result;
}

std::optional<std::string> GithubScope::part(std::string_view text) const {
    if (text == "false" || is_status_function(text)) return std::string(text);
    for (bool const equal : {true, false}) {
        auto const sides = split_outside_quotes(text, equal ? "==" : "!=");
        if (sides.size() == 2) return comparison(sides[0], sides[1], equal);
    }
    bool const negated = text.starts_with('!');
    auto const found = value(negated ? trim(text.substr(1)) : text);
    if (!found || found->type == GithubType::number) return {};
    if (found->type == GithubType::boolean) return (negated ? "!" : "") + found->cel;
    return found->cel + (negated ? " == ''" : " != ''");
}

std::optional<std::string> GithubScope::comparison(std::string_view left, std::string_view right, bool equal) const {
    std::string const sign = equal ? " == " : " != ";
    auto const path = split(left, '.');
    bool const asks_state = path.size() == 3 && path[0] == "steps" && path[2] == "outcome";
    if (asks_state) {
        auto const step = step_ids.find(std::string(path[1]));
        auto const state = is_literal(right) ? state_of(literal_text(right)) : std::string_view();
        if (step == step_ids.end() || state.empty()) return {};
        return "steps." + step->second + ".status" + sign + quoted(state);
    }
    auto const found = value(left);
    if (!found) return {};
    auto const word = is_literal(right) ? literal_text(right) : right;
    if (found->type == GithubType::boolean) {
        if (word != "true" && word != "false") return {};
        return ((word == "true") == equal ? "" : "!") + found->cel;
    }
    if (found->type == GithubType::text && is_literal(right)) return found->cel + sign + quoted(word);
    return {};
}

}  // namespace pawl::cli
