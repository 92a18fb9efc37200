// Program: from text to a checked program, and from a program to JSON or a positioned error.
#include "common/cel/program.h"

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/checker.h"
#include "common/cel/compile.h"
#include "common/cel/evaluation.h"
#include "common/cel/generate.h"
#include "common/cel/parser.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {

Error error_at(Program::Code const& code, Index node, ErrorCode kind, std::string message, std::string hint) {
    return Error{kind, std::move(message), code.place_of(node), std::move(hint), Severity::error, {}, {}};
}

}  // namespace

Error to_error(Fault const& fault, Program::Code const& code) {
    Explained why = explain(fault, code);
    bool const budget = fault.kind == Fault::Kind::budget;
    return error_at(code, why.node, budget ? code::limit_exceeded : code::expression_error, std::move(why.message), std::move(why.hint));
}

Error too_large(Program::Code const& code) {
    return error_at(code, code.root, code::limit_exceeded, "the result of the expression is too large", "take a part of it, as with filter(…) or substring(…)");
}

namespace {

/// What a declared result promises must hold even when the checker knew nothing about it.
bool fits(Value const& value, Type const& wanted) {
    if (wanted.kind() == Type::Kind::real && value.is_number()) return true;
    if (wanted.kind() == Type::Kind::secret) return true;
    // undeclared JSON may still hold a time, as text
    if (value.is(VK::string) && wanted.kind() == Type::Kind::timestamp) return parse_timestamp(value.as_text()).has_value();
    if (value.is(VK::string) && wanted.kind() == Type::Kind::duration) return parse_span(value.as_text()).has_value();
    return (value_kinds(wanted) >> static_cast<unsigned>(value.kind()) & 1u) != 0;
}

/// A `number` is always a double.
Value widened(Value const& value, Type const& wanted) {
    if (wanted.kind() != Type::Kind::real) return value;
    if (value.is(VK::integer)) return Value::real(static_cast<double>(value.as_int()));
    if (value.is(VK::unsigned_integer)) return Value::real(static_cast<double>(value.as_uint()));
    return value;
}

std::optional<Error> misfit(Value const& value, Program::Code const& code) {
    if (code.expected.is_dyn() || fits(value, code.expected)) return std::nullopt;
    return error_at(code, code.root, code::expression_error, "this is " + describe(value) + ", but " + code.expected.to_string() + " is needed here", "");
}

}  // namespace

Result<Json> finished(Value const& value, Program::Code const& code, Budget& budget) {
    if (value.is_error()) return to_error(value.as_fault(), code);
    if (auto wrong = misfit(value, code)) return std::move(*wrong);
    auto json = to_json(widened(value, code.expected), budget);
    if (!json) return too_large(code);
    return std::move(*json);
}

Compiled compile_piece(std::string_view text, Placer placer, Environment::State const& environment) {
    Reporter reporter(placer);
    if (text.size() > text_bytes_max) {
        reporter.error(code::limit_exceeded, {0, 1}, "the expression is longer than 16 KiB", "give parts of it a name in `vars`");
        return {std::nullopt, reporter.take()};
    }
    if (std::size_t const bad = find_invalid_utf8(text); bad != std::string_view::npos) {
        auto const at = static_cast<std::uint32_t>(bad);
        reporter.error(code::expression_syntax, {at, at + 1}, "the expression is not valid UTF-8");
        return {std::nullopt, reporter.take()};
    }
    Ast const ast = parse(text, reporter, environment.syntax);
    Checked checked = check(ast, environment, reporter);
    if (reporter.failed()) return {std::nullopt, reporter.take()};
    auto code = generate(text, ast, std::move(checked), environment, reporter);
    if (reporter.failed()) return {std::nullopt, reporter.take()};
    return {Program(std::move(code)), reporter.take()};
}

Compiled compile(Source const& source, Environment const& environment) {
    return compile_piece(source.text, Placer(source), environment.state());
}

Result<Json> Program::eval(Activation const& values, Budget& budget) const {
    Evaluation evaluation(*code_, values, budget);
    return finished(evaluation.run(code_->root), *code_, budget);
}

Result<Json> Program::eval(Activation const& values) const {
    Budget budget;
    return eval(values, budget);
}

Result<bool> Program::eval_bool(Activation const& values) const {
    Budget budget;
    Evaluation evaluation(*code_, values, budget);
    Value const value = evaluation.run(code_->root);
    if (value.is(VK::boolean)) return value.as_bool();
    if (value.is_error()) return to_error(value.as_fault(), *code_);
    return error_at(*code_, code_->root, code::expression_error, "this is " + describe(value) + ", where true or false is needed", "compare it with something");
}

namespace {

Result<std::string> unpaid_text(Program const& program, Activation const& values, Budget& budget) {
    Program::Code const& code = program.code();
    Evaluation evaluation(code, values, budget);
    Value const value = evaluation.run(code.root);
    if (value.is_error()) return to_error(value.as_fault(), code);
    bool const empty_optional = value.is(VK::optional) && value.inner() == nullptr;
    if (value.is(VK::null) || empty_optional) {
        return error_at(code, code.root, code::expression_error, std::string(code.source_of(code.root)) + (empty_optional ? " has no value" : " is null") + ", and text is needed here",
                        "give a value for this case: .orValue('')");
    }
    Value const shown = value.is(VK::optional) ? *value.inner() : value;
    switch (shown.kind()) {
    case VK::string:
    case VK::type: return std::string(shown.as_text());
    case VK::boolean: return std::string(shown.as_bool() ? "true" : "false");
    case VK::integer: return std::to_string(shown.as_int());
    case VK::unsigned_integer: return std::to_string(shown.as_uint());
    case VK::real: return format_double(shown.as_real());
    case VK::bytes:
        if (find_invalid_utf8(shown.as_text()) == std::string_view::npos) return std::string(shown.as_text());
        return error_at(code, code.root, code::expression_error, "these bytes are not valid UTF-8, and text is needed here", "");
    default: break;
    }
    auto json = to_json(shown, budget);
    if (!json) return too_large(code);
    return json->is_string() ? json->as_string() : dump_json(*json);
}

}  // namespace

Result<std::string> eval_text(Program const& program, Activation const& values, Budget& budget) {
    auto text = unpaid_text(program, values, budget);
    if (!text) return text;
    // a template may name one long value many times
    if (text->size() > budget.bytes_left) return too_large(program.code());
    budget.bytes_left -= text->size();
    return text;
}

Value Activation::value(std::string_view /*name*/) const { return {}; }

Type const& Program::result() const { return code_->result; }
bool Program::tainted() const { return code_->tainted; }
bool Program::calls_status_function() const { return code_->calls_status; }
std::vector<std::string> const& Program::reads() const { return code_->reads; }
std::string const& Program::text() const { return code_->text; }

}  // namespace pawl::cel
