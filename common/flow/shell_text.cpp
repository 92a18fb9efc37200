// Walks a script once. Substitutions are skipped as a whole, and whatever follows a construct that could not be followed is unsafe.
#include "common/flow/shell_text.h"

#include <algorithm>
#include <string>

namespace pawl::flow {
namespace {

/// Programs and words that read their arguments as code: quoting for the shell does not protect there.
constexpr std::string_view interpreters[] = {
    "eval", "ssh", "xargs", "parallel", "awk", "gawk", "mawk", "sed", "perl", "python", "python3", "ruby", "node", "php", "jq", "psql",
    "mysql", "sqlite3", "trap", "source", ".", "let", "declare", "typeset", "[[", "watch", "-c", "-e", "-exec", "--command", "--eval",
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool ends_word(char c) { return is_blank(c) || c == '\n' || c == '\r' || c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '<' || c == '>'; }

bool mentions_interpreter(std::string_view script) {
    std::size_t at = 0;
    while (at < script.size()) {
        std::size_t end = at;
        while (end < script.size() && !ends_word(script[end]) && script[end] != '"' && script[end] != '\'') ++end;
        std::string_view word = script.substr(at, end - at);
        if (std::size_t const slash = word.rfind('/'); slash != std::string_view::npos) word.remove_prefix(slash + 1);
        if (std::ranges::find(interpreters, word) != std::ranges::end(interpreters)) return true;
        at = end + 1;
    }
    return false;
}

class Walk {
public:
    Walk(std::string_view script, std::vector<Span> const& spans) : script_(script), spans_(spans) {}

    std::vector<Quoting> run() {
        while (at_ < script_.size() && !lost_) {
            if (at_span()) take(in_quotes_ ? Quoting::double_quotes : Quoting::word);
            else if (in_quotes_) step_quoted();
            else step_unquoted();
        }
        answers_.resize(spans_.size(), Quoting::unsafe);
        return std::move(answers_);
    }

private:
    bool at_span() const { return answers_.size() < spans_.size() && spans_[answers_.size()].begin == at_; }
    bool next_is(std::string_view text) const { return script_.substr(at_).starts_with(text); }

    void take(Quoting quoting) {
        bool const names_command = command_position_ && word_.empty();
        bool const split_on_purpose = quoting == Quoting::word && first_word_ == "for";
        answers_.push_back(names_command || split_on_purpose ? Quoting::unsafe : quoting);
        at_ = spans_[answers_.size() - 1].end;
        word_ += 'x';
    }

    void step_quoted() {
        char const c = script_[at_];
        if (c == '"') in_quotes_ = false;
        if (c == '\\') ++at_;
        else if (c == '`') lost_ = true;
        else if (c == '$' && substitution()) return;
        ++at_;
    }

    void step_unquoted() {
        char const c = script_[at_];
        if (ends_word(c)) return end_word(c);
        if (c == '#' && word_.empty()) return skip_comment();
        if (c == '\'') return skip_single_quotes();
        if (c == '`') {
            lost_ = true;
            return;
        }
        if (c == '$' && substitution()) return;
        if (c == '"') in_quotes_ = true;
        else word_ += c;
        at_ += c == '\\' ? 2 : 1;
    }

    void end_word(char c) {
        if (next_is("<<") || next_is("((")) {
            lost_ = true;
            return;
        }
        if (!word_.empty() && command_position_ && !goes_on(word_)) {
            command_position_ = false;
            first_word_ = word_;
        }
        word_.clear();
        if (!is_blank(c) && c != '<' && c != '>') {
            command_position_ = true;
            first_word_.clear();
        }
        ++at_;
    }

    /// Whether a command still follows this word: assignments and the shell's own words.
    static bool goes_on(std::string_view word) {
        static constexpr std::string_view own[] = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "exec", "nohup"};
        return word.find('=') != std::string_view::npos || std::ranges::find(own, word) != std::ranges::end(own);
    }

    void skip_comment() {
        while (at_ < script_.size() && script_[at_] != '\n') {
            if (at_span()) {  // harmless in a comment, and rewritten like the others
                answers_.push_back(Quoting::double_quotes);
                at_ = spans_[answers_.size() - 1].end;
            } else {
                ++at_;
            }
        }
    }

    void skip_single_quotes() {
        std::size_t const end = script_.find('\'', at_ + 1);
        word_ += 'x';
        skip_to(end == std::string_view::npos ? end : end + 1);
    }

    /// Spans up to there are unsafe.
    void skip_to(std::size_t end) {
        if (end == std::string_view::npos) {
            lost_ = true;
            return;
        }
        while (answers_.size() < spans_.size() && spans_[answers_.size()].begin < end) answers_.push_back(Quoting::unsafe);
        at_ = end;
    }

    /// At a '$': skips `$( )`, `${ }` and gives up at `$'` and `$((`. False when it is a plain variable.
    bool substitution() {
        if (next_is("$((") || next_is("$'") || next_is("$\"")) {
            lost_ = true;
            return true;
        }
        if (!next_is("$(") && !next_is("${")) return false;
        char const open = script_[at_ + 1], close = open == '(' ? ')' : '}';
        word_ += 'x';
        skip_to(end_of_group(at_ + 2, open, close));
        return true;
    }

    /// One past the closing bracket; npos when the text in between is more than plain words and simple quotes.
    std::size_t end_of_group(std::size_t at, char open, char close) const {
        int depth = 1;
        for (; at < script_.size(); ++at) {
            char const c = script_[at];
            if (c == '\\' || c == '`' || c == '"' || c == '\'' || c == '#' || c == '<') {
                if (c != '"' && c != '\'') return std::string_view::npos;
                std::size_t const end = script_.find(c, at + 1);
                if (end == std::string_view::npos || script_.substr(at, end - at).find_first_of("\\`$") != std::string_view::npos) return std::string_view::npos;
                at = end;
            } else if (c == open) {
                ++depth;
            } else if (c == close && --depth == 0) {
                return at + 1;
            }
        }
        return std::string_view::npos;
    }

    std::string_view script_;
    std::vector<Span> const& spans_;
    std::vector<Quoting> answers_;
    std::size_t at_ = 0;
    bool in_quotes_ = false;
    bool lost_ = false;             ///< a construct this does not follow
    bool command_position_ = true;  ///< the next word names a program
    std::string word_, first_word_; ///< of the current command
};

}  // namespace

std::vector<Quoting> quoting_of(std::string_view script, std::vector<Span> const& spans) {
    if (mentions_interpreter(script)) return std::vector<Quoting>(spans.size(), Quoting::unsafe);
    return Walk(script, spans).run();
}

}  // namespace pawl::flow
