// Works on tokens, not on text: a name in a string or a comment is no use of a condition.
#include "common/flow/condition_uses.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/use_parser.h"

namespace pawl::flow {
namespace {

constexpr std::string_view bound_mark = "_Of_";

/// The value of a literal: a string, number, true or false.
std::optional<Json> literal_value(std::vector<Token> const& tokens) {
    bool const negative = tokens.size() == 2 && tokens[0].kind == TokenKind::minus;
    if (tokens.size() != 1 && !negative) return std::nullopt;
    Token const& token = tokens.back();
    if (token.kind == TokenKind::integer && token.natural < std::uint64_t{1} << 63) {
        auto const value = static_cast<std::int64_t>(token.natural);
        return Json(negative ? -value : value);
    }
    if (token.kind == TokenKind::real) return Json(negative ? -token.real : token.real);
    if (negative) return std::nullopt;
    if (token.kind == TokenKind::string) return Json(token.text);
    if (is_name(token, "true") || is_name(token, "false")) return Json(token.text == "true");
    return std::nullopt;
}

/// `a.b.c`: costs nothing to be read more than once.
bool is_path(std::vector<Token> const& tokens) {
    if (tokens.size() % 2 == 0) return false;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (tokens[i].kind != (i % 2 == 0 ? TokenKind::identifier : TokenKind::dot)) return false;
    return true;
}

/// A value of a declaration, as CEL writes it.
std::string cel_literal(Declaration const& declaration, Json const& value) {
    std::string const text = dump_json(value);
    if (declaration.type == ValueType::duration) return "duration(" + text + ")";
    if (declaration.type == ValueType::timestamp) return "timestamp(" + text + ")";
    return text.starts_with('-') ? "(" + text + ")" : text;
}

std::string limit_literal(Declaration const& declaration, double limit) {
    if (declaration.type != ValueType::duration) return dump_json(limit == std::trunc(limit) && std::abs(limit) < 1e15 ? Json(static_cast<std::int64_t>(limit)) : Json(limit));
    return "duration(" + dump_json(Json(format_duration(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(limit))))) + ")";
}

/// What the declaration asks of a value with that name, beside its type; empty: nothing.
std::string bounds_on(Declaration const& declaration, std::string const& name) {
    std::vector<std::string> bounds;
    bool const has_length = declaration.type == ValueType::string || declaration.type == ValueType::path || declaration.type == ValueType::list;
    std::string const measured = has_length ? "size(" + name + ")" : name;
    if (declaration.min) bounds.push_back(measured + " >= " + limit_literal(declaration, *declaration.min));
    if (declaration.max) bounds.push_back(measured + " <= " + limit_literal(declaration, *declaration.max));
    if (!declaration.pattern.empty()) bounds.push_back(name + ".matches(" + dump_json(Json("^(?:" + declaration.pattern + ")$")) + ")");
    std::vector<std::string> allowed;
    for (Json const& value : declaration.allowed) allowed.push_back(cel_literal(declaration, value));
    if (!allowed.empty()) bounds.push_back(name + " in [" + join(allowed, ", ") + "]");
    return join(bounds, " && ");
}

/// It would hide what is put behind it.
bool has_comment(std::string_view text) { return text.find("//") != std::string_view::npos; }

/// The text that is compiled, and where its pieces came from.
class Expansion {
public:
    explicit Expansion(cel::Source source) : source_(std::move(source)) {}

    std::string const& source() const { return source_.text; }
    void copy(std::size_t begin, std::size_t end) {
        if (begin == end) return;
        pieces_.push_back({text_.size(), begin, end, false});
        text_.append(source_.text, begin, end - begin);
    }
    /// Text that stands for all of a range.
    void put(std::string_view text, Range for_range) {
        pieces_.push_back({text_.size(), for_range.begin, for_range.end, true});
        text_ += text;
    }

    SourcePos place(Range range) const { return source_.place ? source_.place(range.begin, range.length()) : SourcePos{}; }

    cel::Source finish() && {
        return {std::move(text_), [place = std::move(source_.place), pieces = std::move(pieces_)](std::size_t offset, std::size_t length) {
                    std::size_t const begin = original(pieces, offset, false);
                    std::size_t const end = original(pieces, offset + length, true);
                    return place(begin, end > begin ? end - begin : 1);
                }};
    }

private:
    struct Piece {
        std::size_t at;           ///< in the new text
        std::size_t begin, end;   ///< in the old one
        bool made;
    };
    static std::size_t original(std::vector<Piece> const& pieces, std::size_t offset, bool as_end) {
        auto after = std::ranges::upper_bound(pieces, as_end && offset > 0 ? offset - 1 : offset, {}, &Piece::at);
        if (after == pieces.begin()) return 0;
        Piece const& piece = *std::prev(after);
        if (piece.made) return as_end ? piece.end : piece.begin;
        return std::min(piece.begin + (offset - piece.at), piece.end);
    }

    cel::Source source_;
    std::string text_;
    std::vector<Piece> pieces_;
};

/// Puts conditions in the place of their uses.
class Expander {
public:
    Expander(Conditions const& conditions, Reader& reader, std::vector<ConditionUse>& found, Expansion& out)
        : conditions_(conditions), reader_(reader), found_(found), out_(out) {}

    /// Copies the range with its uses replaced.
    void copy(std::size_t begin, std::size_t end) {
        std::vector<Token> const tokens = tokens_of(out_.source(), begin, end);
        std::vector<Use> const uses = uses_in(tokens);
        if (!uses.empty()) refuse_hidden_now(tokens);
        std::size_t at = begin;
        for (Use const& use : uses) {
            out_.copy(at, use.at.begin);
            replace(use);
            at = use.at.end;
        }
        out_.copy(at, end);
    }

private:
    /// `list.all(now, …)`: a condition in it would take the element for the time.
    void refuse_hidden_now(std::vector<Token> const& tokens) {
        for (std::size_t i = 1; i + 1 < tokens.size(); ++i)
            if (is_name(tokens[i], "now") && tokens[i + 1].kind == TokenKind::comma && (tokens[i - 1].kind == TokenKind::left_paren || tokens[i - 1].kind == TokenKind::comma) && i >= 2 && tokens[i - 2].kind == TokenKind::identifier)
                reader_.error(code::expression_type, out_.place(tokens[i].at), "a variable named 'now' would hide the time from conditions", "give it another name");
    }

    void replace(Use const& use) {
        Condition const* condition = conditions_.find(use.name);
        if (!condition) {
            std::string_view const near = nearest(use.name, conditions_.names());
            reader_.error(code::unknown_name, out_.place(use.name_at), "there is no condition '" + use.name + "'",
                          near.empty() ? "a document with kind: condition and name: " + use.name + " would make it" : "did you mean '" + std::string(near) + "'?");
            return out_.put("true", use.at);
        }
        found_.push_back({use.name, out_.place(use.name_at)});
        if (use.bad_arguments) {
            reader_.error(code::expression_type, out_.place(*use.bad_arguments), "the parameters of a condition are a map with plain names",
                          "write conditions." + use.name + example_of(*condition));
            return out_.put("true", use.at);
        }
        if (!condition->program) {
            if (!conditions_.is_judged(use.name))
                reader_.error(code::invalid_value, out_.place(use.name_at), "condition '" + use.name + "' has mistakes of its own", "see pawl condition inspect " + use.name);
            return out_.put("true", use.at);
        }
        put(use, *condition);
    }

    static std::string example_of(Condition const& condition) {
        if (condition.params.empty()) return "";
        return "({'" + condition.params.front().name + "': …})";
    }

    void put(Use const& use, Condition const& condition) {
        std::size_t const errors_before = reader_.error_count();
        check_names(use, condition);
        std::vector<Value> values;
        std::string closing = ")";
        for (Declaration const& param : condition.params) values.push_back(value_of(use, condition, param, closing));
        out_.put("(", use.at);
        if (reader_.error_count() != errors_before) return out_.put("true" + closing, use.at);  // what follows from a mistake is none
        for (Condition::Piece const& piece : condition.pieces) {
            if (!piece.param) out_.put(piece.text, use.at);
            else if (Value const& value = values[*piece.param]; value.as_written) out_.copy(value.at.begin, value.at.end);
            else out_.put(value.text, value.at);
        }
        out_.put(has_comment(condition.pieces.back().text) ? "\n" + closing : closing, use.at);
    }

    /// What stands for a parameter, and the place to blame for it.
    struct Value {
        std::string text;
        Range at;
        bool as_written = false;
    };

    /// Would a variable of the condition take the place of one of that name?
    static bool is_captured(std::string_view variable, Condition const& condition) {
        return std::ranges::any_of(condition.pieces, [&](Condition::Piece const& piece) { return names_variable(piece.text, variable); });
    }

    /// What stands for the parameter: a literal or a path as it is, anything else by a name that is bound before.
    Value value_of(Use const& use, Condition const& condition, Declaration const& param, std::string& closing) {
        auto const given = std::ranges::find(use.arguments, param.name, &Use::Argument::name);
        if (given == use.arguments.end()) {
            if (param.default_value) return {cel_literal(param, *param.default_value), use.at};
            reader_.error(code::invalid_input, out_.place(use.name_at), "condition '" + condition.name + "' needs a value for '" + param.name + "'",
                          "write conditions." + condition.name + "({'" + param.name + "': …})");
            return {"null", use.at};
        }
        if (auto const literal = literal_value(given->tokens)) {
            Result<Json> const fitted = conform(param, *literal);
            if (fitted) return {cel_literal(param, *fitted), given->value};
            reader_.error(code::expression_type, out_.place(given->value), "parameter '" + param.name + "' of condition '" + condition.name + "': " + fitted.error().message);
            return {"null", given->value};
        }
        std::string const name = bound_name(condition, param);
        std::string const bounds = bounds_on(param, name);
        if (bounds.empty() && is_path(given->tokens) && !is_captured(given->tokens.front().text, condition))
            return {{}, given->value, true};
        out_.put("cel.bind(" + name + ", ", given->value);
        copy(given->value.begin, given->value.end);
        out_.put(has_comment(out_.source().substr(given->value.begin, given->value.length())) ? "\n, " : ", ", given->value);
        closing.insert(1, ")");  // what was bound last ends first
        if (!bounds.empty()) {
            std::string message = "parameter '" + param.name + "' of condition '" + condition.name + "' is not as it is declared";
            out_.put("Held(" + bounds + ", " + dump_json(Json(std::move(message))) + ") ? ", use.at);
            closing.insert(1, " : false");
        }
        return {name, given->value};
    }

    void check_names(Use const& use, Condition const& condition) {
        for (Use::Argument const& argument : use.arguments) {
            if (std::ranges::count(use.arguments, argument.name, &Use::Argument::name) > 1)
                reader_.error(code::duplicate_key, out_.place(argument.name_at), "'" + printable(take_characters(argument.name, 64)) + "' is given twice");
            if (std::ranges::find(condition.params, argument.name, &Declaration::name) != condition.params.end()) continue;
            std::vector<std::string> known;
            for (Declaration const& param : condition.params) known.push_back(param.name);
            std::string_view const near = nearest(argument.name, {known.begin(), known.end()});
            reader_.error(code::unknown_name, out_.place(argument.name_at), "condition '" + condition.name + "' has no parameter '" + printable(take_characters(argument.name, 64)) + "'",
                          !near.empty() ? "did you mean '" + std::string(near) + "'?" : known.empty() ? "it has none" : "it has: " + join(known, ", "));
        }
    }

    Conditions const& conditions_;
    Reader& reader_;
    std::vector<ConditionUse>& found_;
    Expansion& out_;
};

/// The words of a text that are names of bound parameters.
std::vector<std::string> bound_names_in(std::string const& text) {
    std::vector<std::string> names;
    for (std::size_t at = text.find(bound_mark); at != std::string::npos; at = text.find(bound_mark, at + 1)) {
        auto const in_name = [&](std::size_t i) { return is_identifier("a" + text.substr(i, 1)); };
        std::size_t begin = at, end = at + bound_mark.size();
        while (begin > 0 && in_name(begin - 1)) --begin;
        while (end < text.size() && in_name(end)) ++end;
        names.push_back(text.substr(begin, end - begin));
    }
    return names;
}

bool names_conditions(std::string_view text) { return text.find("conditions") != std::string_view::npos; }

}  // namespace

cel::Source ConditionUses::in_expression(cel::Source source) {
    if (!names_conditions(source.text)) return source;
    std::size_t const size = source.text.size();
    Expansion out(std::move(source));
    Expander(conditions_, reader_, found_, out).copy(0, size);
    return std::move(out).finish();
}

cel::Source ConditionUses::in_template(cel::Source source) {
    if (!names_conditions(source.text)) return source;
    Expansion out(std::move(source));
    Expander expander(conditions_, reader_, found_, out);
    std::string_view const text = out.source();
    std::size_t at = 0;
    for (std::size_t open = text.find("${{"); open != std::string_view::npos; open = text.find("${{", at)) {
        auto const close = cel::find_template_end(text, open + 3);
        if (!close) break;
        out.copy(at, open + 3);
        expander.copy(open + 3, *close);
        at = *close;
    }
    out.copy(at, text.size());
    return std::move(out).finish();
}

void ConditionUses::explain(Error& error) const {
    if (error.message == "unknown name 'conditions'") error.hint = "write conditions.NAME, or conditions.NAME({'parameter': value})";
    for (std::string const& name : bound_names_in(error.message + " " + error.hint)) {
        std::size_t const mark = name.find(bound_mark);
        Condition const* condition = conditions_.find(name.substr(mark + bound_mark.size()));
        if (!condition) continue;
        auto const param = std::ranges::find(condition->params, name.substr(0, mark), &Declaration::name);
        if (param == condition->params.end()) continue;
        error.hint = "'" + name + "' is what is given for '" + param->name + "' of condition '" + condition->name + "', which is declared " + std::string(name_of(param->type));
        return;
    }
}

void ConditionUses::tell_once(Diagnostics& explained) {
    Diagnostics kept;
    for (Error& one : explained) {
        bool const told = one.hint.find(" is what is given for '") != std::string::npos &&
                          std::ranges::any_of(kept, [&](Error const& before) { return before.where == one.where && before.hint == one.hint; });
        if (!told) kept.push_back(std::move(one));
    }
    explained = std::move(kept);
}

std::vector<Condition::Piece> split_at_params(std::string const& text, std::vector<Declaration> const& params) {
    std::vector<Token> const tokens = tokens_of(text, 0, text.size());
    std::vector<Condition::Piece> pieces;
    std::size_t at = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!is_member_of(tokens, i, "params")) continue;
        auto const param = std::ranges::find(params, tokens[i + 2].text, &Declaration::name);
        if (param == params.end()) continue;
        pieces.push_back({text.substr(at, tokens[i].at.begin - at), std::nullopt});
        pieces.push_back({{}, static_cast<std::size_t>(param - params.begin())});
        at = tokens[i + 2].at.end;
    }
    pieces.push_back({text.substr(at), std::nullopt});
    return pieces;
}

bool names_variable(std::string const& text, std::string_view name) {
    std::vector<Token> const tokens = tokens_of(text, 0, text.size());
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (is_name(tokens[i], name) && !follows_dot(tokens, i)) return true;
    return false;
}

std::string bound_name(Condition const& condition, Declaration const& param) { return param.name + std::string(bound_mark) + condition.name; }

}  // namespace pawl::flow
