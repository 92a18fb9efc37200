// A short walk over the script: enough of the shell to know which quotes are open at a place.
#include "cli/import/script.h"

#include <optional>

#include "common/base/text.h"

namespace pawl::cli {
namespace {

enum class Inside : std::uint8_t { nothing, single_quotes, double_quotes, comment, here_document, quoted_here_document };

/// Follows quotes, comments, `$( )` and here-documents from the beginning of a script.
class ShellWalk {
public:
    explicit ShellWalk(std::string_view script) : script_(script) {}

    Inside at(std::size_t place) {
        while (at_ < place) step();
        return state();
    }
    /// Jumps over an expression: its quotes are not the shell's.
    void skip_to(std::size_t place) { at_ = place; }

private:
    struct Pending {
        std::string word;
        bool quoted;
    };

    Inside state() const { return open_.empty() ? Inside::nothing : open_.back(); }

    void step() {
        char const c = script_[at_];
        switch (state()) {
        case Inside::single_quotes: close_at('\''); break;
        case Inside::double_quotes: in_double_quotes(c); break;
        case Inside::comment:
            if (c == '\n') open_.pop_back();
            else ++at_;
            break;
        case Inside::here_document:
        case Inside::quoted_here_document: here_line(); break;
        case Inside::nothing: plain(c); break;
        }
    }

    void close_at(char quote) {
        if (script_[at_] == quote) open_.pop_back();
        ++at_;
    }

    void in_double_quotes(char c) {
        if (c == '\\') ++at_;
        else if (c == '$' && script_.substr(at_).starts_with("$(")) begin_group();
        else if (c == '"') open_.pop_back();
        ++at_;
    }

    void plain(char c) {
        bool const word_begins = at_ == 0 || std::string_view(" \t\n;(&|").find(script_[at_ - 1]) != std::string_view::npos;
        if (c == '\\') ++at_;
        else if (c == '\'') open_.push_back(Inside::single_quotes);
        else if (c == '"') open_.push_back(Inside::double_quotes);
        else if (c == '#' && word_begins) open_.push_back(Inside::comment);
        else if (c == '(') begin_parenthesis();
        else if (c == ')' && !open_.empty()) open_.pop_back();
        else if (c == '<' && begins_here_document()) return here_word();
        else if (c == '<' && script_.substr(at_).starts_with("<<<")) at_ += 2;
        else if (c == '\n' && !pending_.empty()) open_here();
        ++at_;
    }

    /// `<<` before a word; behind `1` and before `2` it is arithmetic.
    bool begins_here_document() const {
        auto const behind = script_.substr(at_);
        if (!behind.starts_with("<<")) return false;
        auto const word = behind.find_first_not_of("- \t", 2);
        return word != std::string_view::npos && std::string_view("<0123456789\n").find(behind[word]) == std::string_view::npos;
    }

    // Within `$( )` in quotes the shell reads as if no quote were open.
    void begin_group() {
        open_.push_back(Inside::nothing);
        ++at_;
    }
    void begin_parenthesis() { open_.push_back(Inside::nothing); }

    void here_word() {
        at_ += 2;
        if (at_ < script_.size() && script_[at_] == '-') ++at_;
        while (at_ < script_.size() && (script_[at_] == ' ' || script_[at_] == '\t')) ++at_;
        Pending found{"", false};
        for (; at_ < script_.size() && std::string_view(" \t\n;&|)").find(script_[at_]) == std::string_view::npos; ++at_) {
            bool const quote = script_[at_] == '\'' || script_[at_] == '"' || script_[at_] == '\\';
            if (quote) found.quoted = true;
            else found.word += script_[at_];
        }
        pending_.push_back(std::move(found));
    }

    void open_here() { open_.push_back(pending_.front().quoted ? Inside::quoted_here_document : Inside::here_document); }

    /// At any place of a here-document: to the next line, and out when this line is its word.
    void here_line() {
        bool const at_begin = script_[at_ - 1] == '\n';
        auto const end = std::min(script_.find('\n', at_), script_.size());
        if (!at_begin || trim(script_.substr(at_, end - at_)) != pending_.front().word) {
            ++at_;
            return;
        }
        open_.pop_back();
        pending_.erase(pending_.begin());
        at_ = end;
    }

    std::string_view script_;
    std::size_t at_ = 0;
    std::vector<Inside> open_;
    std::vector<Pending> pending_;  ///< here-documents that begin on this line, and the open one
};

std::string variable_text(Replacement const& one, Inside inside) {
    std::string const name = one.missing.empty() ? one.variable : one.variable + ":?" + one.missing;
    switch (inside) {
    case Inside::nothing: return one.missing.empty() ? "\"$" + name + "\"" : "\"${" + name + "}\"";
    case Inside::single_quotes: return "'\"${" + name + "}\"'";
    case Inside::double_quotes:
    case Inside::here_document:
    case Inside::comment:
    case Inside::quoted_here_document: break;
    }
    return "${" + name + "}";
}

/// One past the closing braces; none when they are missing.
std::optional<std::size_t> end_of_expression(std::string_view text, std::size_t begin) {
    bool quoted = false;
    for (std::size_t at = begin + 3; at + 1 < text.size(); ++at) {
        if (text[at] == '\'') quoted = !quoted;
        if (!quoted && text[at] == '}' && text[at + 1] == '}') return at + 2;
    }
    return {};
}

}  // namespace

std::vector<Expression> expressions_in(std::string_view text) {
    std::vector<Expression> found;
    for (auto at = text.find("${{"); at != std::string_view::npos; at = text.find("${{", at)) {
        auto const closed = end_of_expression(text, at);
        std::size_t const end = closed.value_or(text.size());
        found.push_back({{at, end}, std::string(trim(text.substr(at + 3, end - at - (closed ? 5 : 3))))});
        at = end;
    }
    return found;
}

Rewritten with_variables(std::string_view script, std::vector<Replacement> const& replacements) {
    Rewritten result;
    std::vector<flow::Span> spans;
    spans.reserve(replacements.size());
    for (auto const& one : replacements) spans.push_back(one.span);
    auto const quoting = flow::quoting_of(script, spans);
    ShellWalk walk(script);
    std::size_t at = 0;
    for (std::size_t i = 0; i < replacements.size(); ++i) {
        auto const& one = replacements[i];
        Inside const inside = walk.at(one.span.begin);
        walk.skip_to(one.span.end);
        result.script += std::string(script.substr(at, one.span.begin - at)) + variable_text(one, inside);
        result.sure.push_back(quoting[i] != flow::Quoting::unsafe || inside == Inside::here_document || inside == Inside::double_quotes);
        result.lost.push_back(inside == Inside::quoted_here_document);
        at = one.span.end;
    }
    result.script += script.substr(at);
    return result;
}

}  // namespace pawl::cli
