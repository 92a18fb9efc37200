// Text with `${{ }}` in it: found with the lexer, compiled piece by piece, put together again.
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/checker.h"
#include "common/cel/compile.h"
#include "common/cel/lexer.h"
#include "common/cel/program.h"

namespace pawl::cel {
namespace {

constexpr std::string_view opening = "${{";


Error mistake(Placer const& placer, std::size_t begin, std::size_t end, std::string message, std::string hint) {
    Range const at{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    return Error{code::expression_syntax, std::move(message), placer.at(at), std::move(hint), Severity::error, {}, {}};
}

/// Only for the place of the mistake: the lexer reports a string that is not closed, which hides the end.
Diagnostics why_no_end(Source const& source, std::size_t begin) {
    Reporter reporter{Placer(source)};
    Lexer lexer(source.text, begin, &reporter);
    while (lexer.next().kind != TokenKind::end) {}
    Diagnostics found = reporter.take();
    if (found.size() > 1) found.resize(1);
    return found;
}

}  // namespace

std::optional<std::size_t> find_template_end(std::string_view text, std::size_t begin) {
    Lexer lexer(text, begin, nullptr);
    std::size_t depth = 0;  // of braces: other brackets may be wrong without hiding the end
    for (;;) {
        Token const token = lexer.next();
        if (token.kind == TokenKind::end) return std::nullopt;
        if (token.kind == TokenKind::left_brace) ++depth;
        if (token.kind != TokenKind::right_brace) continue;
        if (depth > 0) --depth;
        else if (text.substr(token.at.begin).starts_with("}}")) return token.at.begin;
    }
}

CompiledTemplate compile_template(Source const& source, Environment const& environment) {
    std::string_view const text = source.text;
    Template result;
    Diagnostics diagnostics;
    std::size_t at = 0;
    auto const literal = [&](std::string_view piece) {
        if (!piece.empty()) result.parts.push_back({std::string(piece), std::nullopt});
    };
    // What the place expects holds for a value that is one whole expression; amid text anything that has a text will do.
    bool const whole = text.starts_with(opening) && find_template_end(text, opening.size()) == text.size() - 2;
    Environment::State piece_environment = environment.state();
    if (!whole) piece_environment.expected = Type();
    for (;;) {
        std::size_t const begin = text.find(opening, at);
        if (begin == std::string_view::npos) break;
        literal(text.substr(at, begin - at));
        std::size_t const expression = begin + opening.size();
        auto const end = find_template_end(text, expression);
        if (!end) {
            Diagnostics reason = why_no_end(source, expression);
            if (reason.empty()) reason.push_back(mistake(Placer(source), begin, expression, "'${{' is not closed", "add '}}' behind the expression"));
            diagnostics.insert(diagnostics.end(), reason.begin(), reason.end());
            at = text.size();
            break;
        }
        std::string_view const inner = text.substr(expression, *end - expression);
        std::string_view const trimmed = trim(inner);
        std::size_t const shift = trimmed.empty() ? expression : static_cast<std::size_t>(trimmed.data() - text.data());
        Compiled piece = compile_piece(trimmed, Placer(source, shift), piece_environment);
        if (!whole && piece.program && piece.program->result().kind() == Type::Kind::secret) {
            piece.diagnostics.push_back(mistake(Placer(source), shift, shift + trimmed.size(), "a secret cannot be part of a longer text",
                                                "pass it on as a whole: a value that is nothing but ${{ secrets.NAME }}, in env, files or a header"));
        } else if (!whole && piece.program && piece.program->result().kind() == Type::Kind::null) {
            piece.diagnostics.push_back(mistake(Placer(source), shift, shift + trimmed.size(), "null has no text", "leave it out, or write ''"));
        }
        diagnostics.insert(diagnostics.end(), piece.diagnostics.begin(), piece.diagnostics.end());
        if (piece.program) result.parts.push_back({"", std::move(piece.program)});
        at = *end + 2;
    }
    literal(text.substr(std::min(at, text.size())));
    if (diagnostics.size() > diagnostics_max) diagnostics.resize(diagnostics_max);
    if (has_errors(diagnostics)) return {std::nullopt, std::move(diagnostics)};
    return {std::move(result), std::move(diagnostics)};
}

bool Template::is_literal() const {
    for (Part const& part : parts) {
        if (part.program) return false;
    }
    return true;
}

bool Template::is_whole() const { return parts.size() == 1 && parts[0].program.has_value(); }

bool Template::tainted() const {
    for (Part const& part : parts) {
        if (part.program && part.program->tainted()) return true;
    }
    return false;
}

Result<Json> Template::eval(Activation const& values) const {
    if (is_whole()) return parts[0].program->eval(values);
    auto text = eval_text(values);
    if (!text) return text.error();
    return Json(std::move(*text));
}

Result<std::string> Template::eval_text(Activation const& values) const {
    std::string text;
    Budget budget;  // for all parts together
    for (Part const& part : parts) {
        if (!part.program) {
            text += part.literal;
            continue;
        }
        auto piece = cel::eval_text(*part.program, values, budget);
        if (!piece) return piece.error();
        text += *piece;
    }
    return text;
}

}  // namespace pawl::cel
