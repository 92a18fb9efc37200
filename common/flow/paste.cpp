// The rewrite: `run: echo ${{ x }}` becomes `env: {X: "${{ x }}"}` and `"$X"`, as a few edits of the file's text.
#include "common/flow/paste.h"

#include <algorithm>
#include <array>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/shell_text.h"
#include "common/yaml/spelling.h"

namespace pawl::flow {
namespace {

using yaml::Node;

struct Pasted {
    Span span;               ///< in the script, "${{" to "}}"
    std::string expression;
    std::string variable;
};

std::vector<Span> spans_in(std::string_view script, bool& all_closed) {
    std::vector<Span> spans;
    std::size_t at = 0;
    all_closed = true;
    while ((at = script.find("${{", at)) != std::string_view::npos) {
        auto const close = cel::find_template_end(script, at + 3);
        std::size_t const end = close ? *close + 2 : at + 3;
        all_closed = all_closed && close;
        spans.push_back({at, end});
        at = end;
    }
    return spans;
}

bool holds_word(std::string_view text, std::string_view word) {
    auto const is_word = [](char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        bool const begins = at == 0 || !is_word(text[at - 1]);
        bool const ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
        if (begins && ends) return true;
    }
    return false;
}

/// Names that the shell, the dynamic linker or pawl give a meaning.
bool is_taken_by_others(std::string_view name) {
    static constexpr std::string_view taken[] = {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "ENV", "IFS", "PWD", "OLDPWD", "UID", "EUID", "GID", "PPID", "RANDOM", "SECONDS",
        "LINENO", "HOSTNAME", "HOSTTYPE", "OPTIND", "OPTARG", "REPLY", "COLUMNS", "LINES", "GROUPS", "MAIL", "CDPATH", "PS1", "PS2", "PS4", "TERM", "TZ", "EDITOR"};
    return name.starts_with("PAWL_") || name.starts_with("LD_") || name.starts_with("BASH") || name.starts_with("LC_") ||
           std::ranges::find(taken, name) != std::ranges::end(taken);
}

/// The identifiers of `inputs.title`; empty when the expression is more than a path.
std::vector<std::string_view> path_of(std::string_view expression) {
    std::vector<std::string_view> const parts = split(expression, '.');
    bool const simple = std::ranges::all_of(parts, [](std::string_view part) { return is_identifier(part); });
    return simple ? parts : std::vector<std::string_view>{"value"};
}

class Rewrite {
public:
    Rewrite(yaml::File const& file, Node const& step, yaml::Member const& run, std::vector<NamedTemplate> const& workflow_env)
        : file_(file), step_(step), run_(run), workflow_env_(workflow_env) {}

    /// Names a variable for each expression; equal expressions share one.
    void name_variables(std::vector<Pasted>& found) {
        for (Pasted& one : found) {
            auto const same = std::ranges::find(found, one.expression, &Pasted::expression);
            one.variable = same->variable.empty() ? free_name(one.expression, found) : same->variable;
        }
    }

    /// Empty when it would not surely be right.
    std::vector<Fix> fixes(std::vector<Pasted> const& found, std::vector<Quoting> const& quoting) const {
        yaml::Member const* present = step_.find("env");
        if (is_shared(run_.value) || (present && is_shared(present->value))) return {};
        std::vector<Fix> edits;
        std::string variables;
        std::vector<std::string_view> declared;
        for (std::size_t i = 0; i < found.size(); ++i) {
            auto edit = quoting[i] == Quoting::unsafe ? std::nullopt : replace(found[i], quoting[i]);
            if (!edit) return {};
            edits.push_back(*std::move(edit));
            if (std::ranges::find(declared, found[i].variable) != declared.end()) continue;
            declared.push_back(found[i].variable);
            variables += (variables.empty() ? "" : ", ") + declaration(found[i]);
        }
        auto env = declare(variables, found);
        if (!env) return {};
        edits.push_back(*std::move(env));
        std::ranges::sort(edits, {}, &Fix::offset);
        return edits;
    }

    static std::string declaration(Pasted const& one) {
        std::string text = one.variable + ": ";
        append_json_string(text, "${{ " + one.expression + " }}");  // JSON's quotes and escapes are YAML's too
        return text;
    }

private:
    std::string free_name(std::string const& expression, std::vector<Pasted> const& found) const {
        std::vector<std::string_view> const path = path_of(expression);
        std::string name;
        for (std::size_t i = path.size(); i > 0; --i) {
            std::string part(path[i - 1]);
            std::ranges::transform(part, part.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
            name = name.empty() ? part : part + "_" + name;
            if (name.size() <= 50 && is_free(name, found)) return name;
        }
        name = name.size() <= 50 ? name : "VALUE";
        for (int number = 2;; ++number) {
            std::string numbered = name + "_" + std::to_string(number);
            if (is_free(numbered, found)) return numbered;
        }
    }

    bool is_free(std::string const& name, std::vector<Pasted> const& found) const {
        yaml::Member const* env = step_.find("env");
        yaml::Member const* files = step_.find("files");
        bool const declared = (env && env->value.find(name)) || (files && files->value.find(name)) ||
                              std::ranges::find(workflow_env_, name, &NamedTemplate::name) != workflow_env_.end();
        return !declared && !is_taken_by_others(name) && std::ranges::find(found, name, &Pasted::variable) == found.end() &&
               !holds_word(run_.value.text, name);
    }

    std::optional<Fix> replace(Pasted const& one, Quoting quoting) const {
        Node const& scalar = run_.value;
        yaml::Style const style = yaml::style_of(file_.text, scalar.offset);
        auto const begin = yaml::spelled_at(file_.text, scalar.offset, style, scalar.text, one.span.begin);
        auto const last = yaml::spelled_at(file_.text, scalar.offset, style, scalar.text, one.span.end - 1);
        if (!begin || !last || *last <= *begin || *last >= file_.text.size()) return {};
        std::string_view const spelled = std::string_view(file_.text).substr(*begin, *last + 1 - *begin);
        if (!spelled.starts_with("${{") || !spelled.ends_with("}}")) return {};
        bool const is_plain = style == yaml::Style::plain;
        if (is_plain && *begin == scalar.offset) return {};  // a quote there would start a quoted scalar
        std::string text = "${" + one.variable + "}";
        if (quoting == Quoting::word) {
            std::string const quote = style == yaml::Style::double_quoted ? "\\\"" : "\"";
            text = quote + "$" + one.variable + quote;
        }
        return Fix{*begin, spelled.size(), std::move(text)};
    }

    /// An alias, or anchored for one: an edit would change other steps too.
    bool is_shared(Node const& node) const {
        std::string_view const text = file_.text;
        if (byte_at(node.offset) == '*') return true;
        constexpr std::string_view blanks = " \t\r\n";
        std::size_t const last = node.offset == 0 ? std::string_view::npos : text.find_last_not_of(blanks, node.offset - 1);
        if (last == std::string_view::npos) return false;
        std::size_t const before = text.find_last_of(blanks, last);
        return byte_at(before == std::string_view::npos ? 0 : before + 1) == '&';
    }

    /// Adds the variables to the step's environment, in the style in which the step is written.
    std::optional<Fix> declare(std::string const& variables, std::vector<Pasted> const& found) const {
        yaml::Member const* env = step_.find("env");
        if (env && env->value.is_map()) {
            if (byte_at(env->value.offset) == '{') return Fix{env->value.offset + 1, 0, variables + (env->value.members.empty() ? "" : ", ")};
            if (env->value.members.empty()) return {};
            return before(env->value.members.front().key, block_lines(found));
        }
        if (env) return {};
        if (byte_at(step_.offset) == '{') {
            std::size_t const end = run_.value.end;
            if (end <= run_.value.offset || end > file_.text.size()) return {};
            return Fix{end, 0, ", env: {" + variables + "}"};
        }
        return before(run_.key, {"env: {" + variables + "}"});
    }

    static std::vector<std::string> block_lines(std::vector<Pasted> const& found) {
        std::vector<std::string> lines;
        for (Pasted const& one : found)
            if (std::string line = declaration(one); std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
        return lines;
    }

    /// Lines above a key of a block map, in its column.
    std::optional<Fix> before(Node const& key, std::vector<std::string> const& lines) const {
        std::size_t const start = key.offset == 0 ? 0 : file_.text.rfind('\n', key.offset - 1) + 1;
        std::string_view const margin = std::string_view(file_.text).substr(start, key.offset - start);
        if (margin.find_first_not_of(" -") != std::string_view::npos) return {};
        if (!std::string_view(file_.text).substr(key.offset).starts_with(key.text)) return {};
        std::string text;
        for (std::string const& line : lines) text += line + "\n" + std::string(margin.size(), ' ');
        return Fix{key.offset, 0, std::move(text)};
    }

    char byte_at(std::size_t offset) const { return offset < file_.text.size() ? file_.text[offset] : '\0'; }

    yaml::File const& file_;
    Node const& step_;
    yaml::Member const& run_;
    std::vector<NamedTemplate> const& workflow_env_;
};

bool is_posix_shell(std::vector<std::string> const& shell) { return !shell.empty() && (shell.front() == "sh" || shell.front() == "bash"); }

}  // namespace

void refuse_pasting(Reader& reader, Node const& step, yaml::Member const& run, std::vector<std::string> const& shell,
                    std::vector<NamedTemplate> const& workflow_env) {
    Node const& scalar = run.value;
    if (scalar.text.find("${{") == std::string::npos || reader.is_full()) return;
    yaml::File const& file = reader.file();
    bool all_closed = true;
    std::vector<Span> const spans = spans_in(scalar.text, all_closed);
    std::vector<Pasted> found;
    for (Span const& span : spans) {
        std::size_t const inside = span.end - span.begin >= 5 ? span.end - span.begin - 5 : 0;
        found.push_back({span, std::string(trim(std::string_view(scalar.text).substr(span.begin + 3, inside))), {}});
    }
    constexpr std::size_t fixable_max = 50;  // of one script: naming them is quadratic
    Error error{.code = code::expression_in_run, .message = "a value cannot be pasted into 'run', where it would be executed",
                .where = reader.place_in(scalar, spans.front().begin, spans.front().end - spans.front().begin), .hint = {}};
    for (std::size_t i = 1; i < std::min(spans.size(), fixable_max); ++i)
        error.notes.push_back({reader.place_in(scalar, spans[i].begin, spans[i].end - spans[i].begin), "another one stands here"});
    if (all_closed && found.size() <= fixable_max) {
        Rewrite rewrite(file, step, run, workflow_env);
        rewrite.name_variables(found);
        if (is_posix_shell(shell)) error.fixes = rewrite.fixes(found, quoting_of(scalar.text, spans));
        error.hint = "pass it by env: {" + printable(Rewrite::declaration(found.front())) + "} and use \"$" + found.front().variable + "\"";
    } else {
        error.hint = R"(pass it by env: {NAME: "${{ … }}"} and use "$NAME")";
    }
    reader.add({std::move(error)});
}

}  // namespace pawl::flow
