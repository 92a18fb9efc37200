// The reference parses without optional syntax and quoted fields, and stops at a depth of 32.
#include "tests/conformance/parsing.h"

#include "common/cel/parser.h"
#include "tests/conformance/reference_ast.h"

namespace pawl::conformance {
namespace {

constexpr cel::SyntaxOptions reference{.optionals = false, .quoted_fields = false, .macros = cel::MacroSet::standard, .depth = 32};
constexpr cel::SyntaxOptions standard_macros{.macros = cel::MacroSet::standard};

std::optional<std::string> parse(std::string const& text, cel::SyntaxOptions const& options) {
    cel::Source const source{text, {}};
    cel::Reporter reporter{cel::Placer(source)};
    cel::Ast const ast = cel::parse(text, reporter, options);
    if (reporter.failed()) return std::nullopt;
    return reference_text(ast);
}

}  // namespace

std::string parsed_text(std::string const& expression) { return parse(expression, standard_macros).value_or("does not parse"); }

Parsing check_parsing(Json const& document) {
    Parsing result;
    for (Json const& test : document.find("tests")->as_list()) {
        std::string const text = test.find("original")->text("expr");
        auto const parsed = parse(text, reference);
        if (test.find("ast") != nullptr) {
            result.trees.compare(text, parsed.value_or("does not parse"), test.text("ast"));
            continue;
        }
        result.refused.compare(text, parsed ? "accepted" : "refused", "refused");
        if (!parse(text, {})) ++result.refused_by_pawl;
    }
    return result;
}

}  // namespace pawl::conformance
