// yaml-cpp names its grammar ("end of map not found"); people need the quote, the tab or the indentation that caused it. Each reason is
// looked up in a table and explained by looking at the line.
#include "common/yaml/syntax.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/yaml/spelling.h"

namespace pawl::yaml {

namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_quote(char letter) { return letter == '"' || letter == '\''; }
bool is_one_of(char letter, std::string_view letters) { return letters.find(letter) != npos; }
bool is_key_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_';
}

/// What there is to look at while explaining one error.
struct Scene {
    std::string_view text;
    Positions const& positions;
    TreeBuilder const& builder;
    std::size_t offset;  ///< where the parser gave up

    char letter_at(std::size_t at) const { return at < text.size() ? text[at] : '\0'; }
    std::string character_at(std::size_t at) const { return printable(take_characters(text.substr(std::min(at, text.size())), 1)); }
    bool same_line(std::size_t a, std::size_t b) const { return positions.line_start(a) == positions.line_start(b); }
    bool at_end() const { return next_token(text, offset) >= text.size(); }

    Error error(std::string message, std::size_t from, std::size_t to, std::string hint = "") const {
        return {.code = code::invalid_yaml, .message = std::move(message), .where = positions.at(from, to), .hint = std::move(hint)};
    }
};

using Explained = std::optional<Error>;

/// The key in front of a value, for a hint that can be copied: "if: ".
std::string key_prefix(Scene const& scene) {
    std::string const& key = scene.builder.last_scalar().key;
    return key.empty() || key.size() > 64 ? "" : printable(key) + ": ";
}

bool reads_as_expression(Scene const& scene, std::size_t value) {
    static constexpr std::array<std::string_view, 7> expression_keys{"if", "when", "expr", "foreach", "dedupe", "scope", "value"};
    bool const by_key = std::ranges::find(expression_keys, scene.builder.last_scalar().key) != expression_keys.end();
    return by_key || scene.text.substr(value, scene.positions.line_end(value) - value).find("${{") != npos;
}

std::string shortened_hint(std::string_view quoted) { return quoted.size() <= 200 ? printable(quoted) : shortened(quoted); }

/// `'it's'}}` → `'it's'`: what follows the last quote closes the brackets around the value.
std::string_view without_closing_brackets(std::string_view rest) {
    std::size_t const last = rest.find_last_of("\"'");
    bool const only_brackets = rest.find_first_not_of("]} \t", last + 1) == npos;
    return last > 0 && only_brackets ? rest.substr(0, last + 1) : rest;
}

/// A value that cannot start like this, or ends too early: shown and rewritten in quotes.
void offer_quotes(Error& error, Scene const& scene, std::size_t value, bool flow, std::string_view lead) {
    std::string_view rest = rest_of_value(scene.text, value, flow);
    if (flow && is_quote(rest.empty() ? ' ' : rest[0])) rest = without_closing_brackets(rest);
    // 'it's' was meant as text in quotes; "a" == "b" was not.
    bool const bad_quotes = rest.size() > 1 && is_quote(rest[0]) && rest.back() == rest[0] && !reads_as_expression(scene, value);
    std::string const quoted = quoted_for_yaml(bad_quotes ? rest.substr(1, rest.size() - 2) : rest);
    error.hint = std::string(lead) + key_prefix(scene) + shortened_hint(quoted);
    error.fixes.push_back({.offset = value, .length = rest.size(), .replacement = quoted});
}

Error bad_start(Scene const& scene, std::size_t at) {
    Error error = scene.error("a value cannot start with '" + scene.character_at(at) + "'", at, at + 1);
    offer_quotes(error, scene, at, scene.builder.open_bracket() != nullptr, "quote it: ");
    return error;
}

// --- quotes ----------------------------------------------------------------------------------------------------------

/// One past a plain scalar that starts at `at`, on its line.
std::size_t skip_plain(std::string_view text, std::size_t at, bool flow) {
    for (; at < text.size() && !is_break(text[at]); ++at) {
        bool const before_space = at + 1 >= text.size() || is_blank(text[at + 1]) || is_break(text[at + 1]);
        if (text[at] == ':' && before_space) break;
        if (is_blank(text[at]) && at + 1 < text.size() && text[at + 1] == '#') break;
        if (flow && is_one_of(text[at], ",[]{}")) break;
    }
    return at;
}

/// What is open where the parser gave up. Its events are behind: while it looks for the ':' of a key, it reads ahead.
struct Unclosed {
    std::size_t quote = npos;
    std::vector<std::size_t> brackets;
};

Unclosed find_unclosed(Scene const& scene, std::size_t until) {
    Unclosed found;
    if (std::size_t const* bracket = scene.builder.open_bracket()) found.brackets.push_back(*bracket);
    std::size_t at = scene.builder.read_up_to();
    // A bracket's own event leaves the reading position on it.
    if (!found.brackets.empty() && at == found.brackets.back()) ++at;
    while ((at = next_token(scene.text, at)) < until) {
        char const letter = scene.text[at];
        if (is_quote(letter)) {
            auto const end = end_of_quoted(scene.text, at);
            if (!end) {
                found.quote = at;
                return found;
            }
            at = *end;
        } else if (letter == '[' || letter == '{') {
            found.brackets.push_back(at++);
        } else if (letter == ']' || letter == '}') {
            if (!found.brackets.empty()) found.brackets.pop_back();
            ++at;
        } else if (is_one_of(letter, ":,?-")) {
            ++at;
        } else {
            at = std::max(at + 1, skip_plain(scene.text, at, !found.brackets.empty()));
        }
    }
    return found;
}

Explained open_quote(Scene const& scene) {
    std::size_t const quote = find_unclosed(scene, scene.text.size()).quote;
    if (quote == npos) return scene.error("quote is not closed", scene.offset, 0);
    return scene.error("quote is not closed", quote, quote + 1, std::string("add the closing ") + scene.text[quote]);
}

// --- indentation -----------------------------------------------------------------------------------------------------

/// A tab before the first character of a line (list dashes included) between what was understood and what was not.
Explained tab_in_indentation(Scene const& scene) {
    std::size_t line = scene.positions.line_start(std::min(scene.builder.read_up_to(), scene.offset));
    while (line <= scene.offset && line < scene.text.size()) {
        std::size_t tab = npos;
        std::size_t at = line;
        for (; at < scene.text.size() && is_one_of(scene.text[at], " \t-"); ++at) {
            if (scene.text[at] == '\t' && tab == npos) tab = at;
        }
        bool const has_text = at < scene.text.size() && !is_break(scene.text[at]) && scene.text[at] != '#';
        if (tab != npos && has_text) return scene.error("tab in indentation", tab, tab + 1, "indent with spaces");
        line = scene.positions.line_end(line);
        line = std::min(scene.text.find('\n', line), scene.text.size() - 1) + 1;
    }
    return std::nullopt;
}

/// "key:value" on the line before: YAML takes both lines for one text.
Explained missing_space(Scene const& scene) {
    std::size_t const line = scene.positions.line_start(scene.offset);
    if (line == 0) return std::nullopt;
    std::size_t at = scene.positions.line_start(line - 1);
    while (at < line && is_one_of(scene.text[at], " -")) ++at;
    std::size_t const key = at;
    while (at < line && is_key_letter(scene.text[at])) ++at;
    bool const glued = at > key && scene.letter_at(at) == ':' && !is_blank(scene.letter_at(at + 1)) && !is_break(scene.letter_at(at + 1));
    if (!glued || scene.text.substr(at, 3) == "://") return std::nullopt;
    Error error = scene.error("a space is missing after ':'", at, at + 1);
    error.hint = "write '" + shortened(scene.text.substr(key, at - key)) + ": '";
    error.fixes.push_back({.offset = at + 1, .length = 0, .replacement = " "});
    return error;
}

/// A line without any ':' above, indented alike, was meant as a key: YAML takes the two lines for one text.
Explained missing_colon(Scene const& scene, std::size_t line, std::size_t ink) {
    if (line == 0) return std::nullopt;
    std::size_t const above = scene.positions.line_start(line - 1);
    std::string_view const content = scene.text.substr(above, scene.positions.line_end(above) - above);
    std::size_t const indent = content.find_first_not_of(' ');
    bool const key_alone = indent == ink - line && content.find_first_of(":#'\"-[{") == npos;
    if (!key_alone) return std::nullopt;
    return scene.error("':' is missing after this key", above + indent, above + content.size(), "write 'key: value'");
}

Explained wrong_indentation(Scene const& scene, bool at_colon) {
    std::size_t const line = scene.positions.line_start(scene.offset);
    std::size_t const ink = std::min(scene.text.find_first_not_of(" \t", line), scene.text.size());
    std::string const& key = scene.builder.last_scalar().key;
    if (auto error = missing_colon(scene, line, ink)) return error;
    if (at_colon) {
        Error error = scene.error("this line is indented too deep for a key", ink, scene.offset);
        bool const glued_dash = key.size() > 1 && key[0] == '-' && key[1] != '-';
        error.hint = glued_dash ? "a space stands behind the '-' of a list item: - " + shortened(key.substr(1)) : key.empty() ? "indent it like the keys above" : "indent it like '" + shortened(key) + "', which has a value already";
        return error;
    }
    if (ink != scene.offset) return std::nullopt;
    bool const is_item = scene.letter_at(ink) == '-' && (is_blank(scene.letter_at(ink + 1)) || is_break(scene.letter_at(ink + 1)));
    if (is_item) return scene.error("a list item where a key is expected", ink, ink + 1, "indent it deeper than its key");
    return scene.error("this line's indentation fits nothing above it", ink, scene.positions.line_end(ink),
                       "indent it like the lines it belongs to; a key needs ': '");
}

// --- values that end too early ---------------------------------------------------------------------------------------

/// `if: "a" == b`: the value before the place where the parser gave up, on the same line, was meant to go on.
Explained value_ends_early(Scene const& scene) {
    TreeBuilder::LastScalar const& last = scene.builder.last_scalar();
    bool const before = last.is_value && last.end > last.offset && last.end <= scene.offset;
    if (!before || !scene.same_line(last.end, scene.offset)) return std::nullopt;
    char const quote = scene.text[last.offset];
    if (!scene.same_line(last.offset, scene.offset)) {
        if (!is_quote(quote)) return std::nullopt;
        Error error = scene.error("quote is not closed", last.offset, last.offset + 1, std::string("add the closing ") + quote);
        error.notes.push_back({.where = scene.positions.at(last.end - 1), .message = "YAML closes it here"});
        return error;
    }
    std::uint32_t const column = scene.positions.at(scene.offset).column;
    std::string const what = reads_as_expression(scene, last.offset) ? "expression" : "value";
    Error error = scene.error("YAML ends this " + what + " at column " + std::to_string(column), last.offset, scene.offset);
    offer_quotes(error, scene, last.offset, last.in_flow, "quote the whole: ");
    return error;
}

Explained open_bracket(Scene const& scene) {
    std::size_t const* bracket = scene.builder.open_bracket();
    if (bracket == nullptr) return std::nullopt;
    char const open = scene.text[*bracket];
    bool const square = open == '[';
    Error error = scene.error(std::string("'") + open + "' is not closed", *bracket, *bracket + 1,
                              std::string("add the closing '") + (square ? ']' : '}') + "', and ',' between the " +
                                  (square ? "items" : "members"));
    if (!scene.at_end()) error.notes.push_back({.where = scene.positions.at(scene.offset), .message = "this fits nothing inside it"});
    return error;
}

// --- one function a family of reasons --------------------------------------------------------------------------------

Explained explain_block(Scene const& scene) {
    bool const at_colon = scene.letter_at(scene.offset) == ':';
    if (auto error = tab_in_indentation(scene)) return error;
    if (auto error = value_ends_early(scene)) return error;
    if (auto error = missing_space(scene)) return error;
    if (auto error = wrong_indentation(scene, at_colon)) return error;
    return scene.error("unexpected '" + scene.character_at(scene.offset) + "'", scene.offset, 0, "check the indentation, or quote the value");
}

Explained explain_flow(Scene const& scene) {
    if (!scene.at_end()) {
        if (auto error = value_ends_early(scene)) return error;
    }
    if (auto error = open_bracket(scene)) return error;
    return explain_block(scene);
}

/// `{prompt: Go on?}`: yaml-cpp takes a '?' inside brackets for the start of a key, in the middle of text too.
Explained question_in_text(Scene const& scene) {
    std::size_t const line = scene.positions.line_start(scene.offset);
    std::size_t const before = scene.text.substr(0, scene.offset).find_last_of(",:[{\n");
    if (scene.letter_at(scene.offset) != '?' || before == npos || before < line) return std::nullopt;
    std::size_t const value = next_token(scene.text, before + 1);
    if (value >= scene.offset) return std::nullopt;
    Error error = scene.error("a '?' inside brackets needs quotes around its text", value, scene.offset + 1);
    offer_quotes(error, scene, value, true, "");
    error.hint = "quote the whole: " + shortened_hint(error.fixes.back().replacement);
    return error;
}

Explained explain_flow_end(Scene const& scene) {
    if (auto error = question_in_text(scene)) return error;
    std::vector<std::size_t> const open = find_unclosed(scene, scene.offset).brackets;
    std::size_t const line = scene.positions.line_start(scene.offset);
    bool const first_on_line = trim(scene.text.substr(line, scene.offset - line)).empty();
    if (open.empty() && !first_on_line) return bad_start(scene, scene.offset);
    Error error = scene.error("unexpected '" + scene.character_at(scene.offset) + "'", scene.offset, 0);
    if (!open.empty()) {
        error.notes.push_back({.where = scene.positions.at(open.back()), .message = std::string("'") + scene.text[open.back()] + "' is open here"});
    }
    return error;
}

Explained explain_start(Scene const& scene) {
    if (auto error = question_in_text(scene)) return error;
    return bad_start(scene, scene.offset);
}

/// The parser stands behind the `*` or `&` that it could not read.
Explained explain_anchor(Scene const& scene) {
    std::size_t const line = scene.positions.line_start(scene.offset);
    std::size_t const mark = scene.offset == 0 ? npos : scene.text.find_last_of("*&", scene.offset - 1);
    return bad_start(scene, mark == npos || mark < line ? scene.offset : mark);
}

/// The names behind '&' anywhere in the text; those in other words do no harm to a suggestion.
std::vector<std::string_view> anchors_in(std::string_view text) {
    std::vector<std::string_view> names;
    for (std::size_t at = text.find('&'); at != npos && names.size() < 1000; at = text.find('&', at + 1)) {
        std::size_t end = at + 1;
        while (end < text.size() && is_key_letter(text[end])) ++end;
        if (end > at + 1) names.push_back(text.substr(at + 1, end - at - 1));
    }
    return names;
}

Explained explain_unknown_alias(Scene const& scene) {
    std::size_t end = scene.offset;
    while (end < scene.text.size() && !is_one_of(scene.text[end], " \t\r\n,[]{}")) ++end;
    std::string_view const alias = scene.text.substr(scene.offset, end - scene.offset);
    Error error = scene.error("unknown alias '" + shortened(alias) + "'", scene.offset, end);
    if (std::string_view const near = nearest(alias.substr(std::min<std::size_t>(1, alias.size())), anchors_in(scene.text)); !near.empty()) {
        error.hint = "did you mean '*" + shortened(near) + "'?";
        return error;
    }
    offer_quotes(error, scene, scene.offset, scene.builder.open_bracket() != nullptr, "for text, quote it: ");
    return error;
}

/// The value of `\u` and four digits that stand here, when it is half of a surrogate pair.
std::optional<unsigned> surrogate_at(std::string_view text, std::size_t at) {
    if (at > text.size() || !text.substr(at).starts_with("\\u") || text.size() - at < 6) return std::nullopt;
    unsigned value = 0;
    auto const [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + 6, value, 16);
    bool const half = error == std::errc() && end == text.data() + at + 6 && value >= 0xD800 && value <= 0xDFFF;
    return half ? std::optional(value) : std::nullopt;
}

/// JSON writes characters above U+FFFF as two escapes, YAML as one.
std::string surrogate_hint(unsigned high, std::optional<unsigned> low) {
    if (high >= 0xDC00 || !low || *low < 0xDC00) return "it is half of a character; write the whole as '\\UXXXXXXXX', or as itself";
    std::array<char, 16> digits{};
    unsigned const whole = 0x10000 + ((high - 0xD800) << 10) + (*low - 0xDC00);
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), whole, 16).ptr;
    std::string const hex(digits.data(), end);
    return "YAML has one escape for the pair: '\\U" + std::string(8 - hex.size(), '0') + hex + "'";
}

/// The parser stands behind the escape.
Explained explain_escape(Scene const& scene) {
    std::size_t const from = scene.offset < 12 ? 0 : scene.offset - 12;
    std::size_t const backslash = scene.text.substr(0, scene.offset).rfind('\\');
    if (backslash == npos || backslash < from) return scene.error("unknown escape", scene.offset, 0);
    std::string_view const spelled = scene.text.substr(backslash, std::max<std::size_t>(scene.offset - backslash, 2));
    std::size_t const end = backslash + 1 + take_characters(spelled.substr(1), spelled.size()).size();
    if (auto const high = surrogate_at(scene.text, backslash))
        return scene.error("unknown escape '" + printable(spelled) + "'", backslash, end, surrogate_hint(*high, surrogate_at(scene.text, backslash + 6)));
    return scene.error("unknown escape '" + printable(spelled) + "'", backslash, end, "write '\\\\' for a backslash, or use single quotes");
}

Explained explain_block_entry(Scene const& scene) {
    if (std::size_t const* bracket = scene.builder.open_bracket()) {
        Error error = scene.error("a '-' item cannot stand inside brackets", scene.offset, scene.offset + 1, "separate items with ','");
        error.notes.push_back({.where = scene.positions.at(*bracket), .message = std::string("'") + scene.text[*bracket] + "' is open here"});
        return error;
    }
    if (auto error = tab_in_indentation(scene)) return error;
    return scene.error("a list cannot start on the line of its key", scene.offset, scene.offset + 1,
                       "put each '- item' on a line of its own, or write [a, b]");
}

Explained explain_block_header(Scene const& scene) {
    std::size_t const line = scene.positions.line_start(scene.offset);
    std::size_t const mark = scene.text.find_last_of("|>", scene.offset);
    if (mark == npos || mark < line) return std::nullopt;
    Error error = scene.error(std::string("text cannot follow '") + scene.text[mark] + "' on its line", mark, mark + 1);
    offer_quotes(error, scene, mark, false, "start it on the next line, or quote it: ");
    return error;
}

Explained explain_complex_key(Scene const& scene) {
    if (auto error = question_in_text(scene)) return error;
    return scene.error("a value cannot start with '?'", scene.offset, scene.offset + 1, "quote it; keys are plain text");
}

Explained explain_tab(Scene const& scene) {
    if (auto error = tab_in_indentation(scene)) return error;
    return scene.error("tab in indentation", scene.offset, scene.offset + 1, "indent with spaces");
}

struct Reason {
    std::string_view words;  ///< how yaml-cpp's message starts
    Explained (*explain)(Scene const&);
};

constexpr std::array<Reason, 22> reasons{{
    {"illegal map value", explain_block},
    {"end of map not found", explain_block},
    {"end of sequence not found", explain_block},
    {"end of map flow not found", explain_flow},
    {"end of sequence flow not found", explain_flow},
    {"illegal flow end", explain_flow_end},
    {"illegal EOF in scalar", open_quote},
    {"illegal document indicator in scalar", open_quote},
    {"illegal tab when looking for indentation", explain_tab},
    {"illegal block entry", explain_block_entry},
    {"illegal map key", explain_complex_key},
    {"unknown token", explain_start},
    {"illegal character found while scanning alias", explain_anchor},
    {"illegal character found while scanning anchor", explain_anchor},
    {"alias not found after", explain_anchor},
    {"anchor not found after", explain_anchor},
    {"the referenced anchor is not defined", explain_unknown_alias},
    {"unexpected character in block scalar", explain_block_header},
    {"cannot set zero indentation", explain_block_header},
    {"unknown escape character", explain_escape},
    {"bad character found while scanning hex number", explain_escape},
    {"invalid unicode", explain_escape},
}};

}  // namespace

Error explain_syntax_error(std::string_view text, Positions const& positions, TreeBuilder const& builder, std::size_t offset,
                           std::string_view reason) {
    Scene const scene{.text = text, .positions = positions, .builder = builder, .offset = std::min(offset, text.size())};
    Explained explained;
    auto const known = std::ranges::find_if(reasons, [reason](Reason const& r) { return reason.starts_with(r.words); });
    if (known != reasons.end()) explained = known->explain(scene);
    Error error = explained ? std::move(*explained) : scene.error("not YAML: " + printable(reason), scene.offset, 0);
    add_stop_note(error);
    return error;
}

void add_stop_note(Error& error) {
    error.notes.push_back({.where = error.where.value_or(SourcePos{}), .message = "the rest of this file was not checked"});
}

std::string shortened(std::string_view text) {
    std::string_view const start = take_characters(text, 60);
    return printable(start) + (start.size() < text.size() ? "\xE2\x80\xA6" : "");
}

std::string quoted_for_yaml(std::string_view text) {
    bool const plain_enough = text.find_first_of("\"\\") == npos;
    bool const single = !plain_enough && text.find('\'') == npos;
    std::string out(1, single ? '\'' : '"');
    for (char letter : text) {
        if (letter == '\t' && !single) {
            out += "\\t";
            continue;
        }
        if (!single && (letter == '"' || letter == '\\')) out += '\\';
        out += letter;
    }
    out += single ? '\'' : '"';
    return out;
}

std::string_view rest_of_value(std::string_view text, std::size_t offset, bool flow) {
    std::size_t const line_end = end_of_line(text, offset);
    std::size_t at = offset;
    std::size_t brackets = 0;
    char quote = '\0';
    for (; at < line_end; ++at) {
        char const letter = text[at];
        if (quote != '\0') {
            if (letter == quote) quote = '\0';
            continue;
        }
        if (is_quote(letter)) quote = letter;
        if (letter == '#' && at > offset && is_blank(text[at - 1])) break;
        if (!flow) continue;
        if (is_one_of(letter, "[{(")) ++brackets;
        if (brackets == 0 && is_one_of(letter, ",]}")) break;
        if (is_one_of(letter, "]})") && brackets > 0) --brackets;
    }
    return trim(text.substr(offset, at - offset));
}

}  // namespace pawl::yaml
