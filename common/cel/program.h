// CEL in pawl: text → checked program → value. Everything here is pure: no clock, file, thread or randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "common/cel/type.h"

namespace pawl::cel {

class Library;  // functions/library.h
class Value;    // value.h
struct Trace;   // trace.h

/// An expression and where it stands. `place` maps a byte range of `text` to the user's file; when empty, line and column count in `text`.
struct Source {
    std::string text;
    std::function<SourcePos(std::size_t offset, std::size_t length)> place;
};

/// Answers what zones know; common/calendar implements it. CEL itself parses only UTC and offsets like '+02:00'.
class ZoneResolver {
public:
    virtual ~ZoneResolver() = default;
    /// Seconds to add to UTC at that instant; empty for an unknown zone.
    virtual std::optional<int> utc_offset_seconds(std::string_view zone, std::int64_t unix_seconds) const = 0;
};

/// Where pawl asks for more than the specification of CEL. The public suite turns it off.
struct Strictness {
    bool types = true;     ///< off: names are resolved, types are left to the evaluation
    bool division = true;  ///< `/` needs declared types
    bool folding = true;   ///< off: nothing is computed before the evaluation
};

/// What an expression may name at one place. Built once, then shared by all programs of that place. Standard functions are always there.
class Environment {
public:
    Environment();
    ~Environment();
    Environment(Environment const&);
    Environment& operator=(Environment const&);
    Environment(Environment&&) noexcept;
    Environment& operator=(Environment&&) noexcept;

    /// Declares a variable. `tainted`: its value comes from outside (inputs, events, step outputs), and so does all that is made of it.
    Environment& variable(std::string name, Type type, bool tainted = false);
    /// A function without arguments that returns bool and is given by the caller at evaluation: success(), failure() …
    Environment& status_function(std::string name);
    /// The zones for timestamp getters; borrowed. Without it only UTC and offsets work.
    Environment& zones(ZoneResolver const& resolver);
    /// Functions besides the standard ones; borrowed.
    Environment& library(Library const& functions);
    /// Where names are looked up first: in "a.b" the name x is a.b.x, a.x or x.
    Environment& container(std::string name);
    /// What the result must be; dyn (the default) accepts all.
    Environment& expect(Type result);
    Environment& strictness(Strictness strictness);

    struct State;
    State const& state() const { return *state_; }

private:
    std::unique_ptr<State> state_;
};

/// What evaluation may cost. Running out is the one error that && and || do not absorb.
struct Budget {
    std::uint64_t steps_left = 100'000;
    std::uint64_t bytes_left = 1u << 20;  ///< built by the expression
};

/// The values of an evaluation: variables and status functions by name. Borrowed for the call.
class Activation {
public:
    virtual ~Activation() = default;
    /// Null when the variable has no value: reading it is then an error.
    virtual Json const* variable(std::string_view name) const = 0;
    /// Asked when `variable` gives null: a value that JSON has no form for. The `unset` value (the default): there is none.
    virtual Value value(std::string_view name) const;
    /// The variable `now`, and timestamps in `run` or `step` are passed as typed values: JSON strings under a declared timestamp or
    /// duration type are converted (RFC 3339; "1.5s").
    virtual bool status(std::string_view /*name*/) const { return false; }
};

/// Why an evaluation gave no value. `where` is the place of the sub-expression to blame.
struct EvalError {
    std::string message;
    std::size_t offset = 0;
    std::size_t length = 0;
    bool out_of_budget = false;
};

/// An immutable, checked program; threads share it.
class Program {
public:
    struct Code;
    explicit Program(std::shared_ptr<Code const> code) : code_(std::move(code)) {}
    /// The value as JSON: timestamps and durations become strings, bytes base64, uint stays unsigned; or a positioned Error
    /// (code::expression_error or limit_exceeded) in the user's file.
    Result<Json> eval(Activation const& values, Budget& budget) const;
    Result<Json> eval(Activation const& values) const;
    /// For `if`: true or false, anything else is an error.
    Result<bool> eval_bool(Activation const& values) const;
    /// The same with every part of it noted; both sides of && and || run (trace.h).
    Result<Json> eval(Activation const& values, Budget& budget, Trace& trace) const;
    /// What is left when these values are known: an unknown is absorbed by && and || like an error. The rest may ask for them no more.
    Program partial(Activation const& known) const;
    /// The value, when it needs nothing from outside: true for `1 < 2`, and for what partial() could decide.
    std::optional<Json> constant() const;
    Type const& result() const;
    bool tainted() const;
    bool calls_status_function() const;              ///< does success(), failure(), … stand anywhere in it
    /// The paths it reads, as written: "steps.dump.outputs.size", "inputs.database".
    std::vector<std::string> const& reads() const;
    std::string const& text() const;
    Code const& code() const { return *code_; }

private:
    std::shared_ptr<Code const> code_;
};

struct Compiled {
    std::optional<Program> program;  ///< absent exactly when one diagnostic is an error
    Diagnostics diagnostics;
};
/// Parses, checks, folds constants. Reports every mistake of the text, at most 20.
Compiled compile(Source const& source, Environment const& environment);

/// Where the expression that starts at `begin` of `text` (just behind "${{") ends: the offset of its "}}" found by the lexer, so that
/// braces and quotes inside do not end it. Empty when there is none.
std::optional<std::size_t> find_template_end(std::string_view text, std::size_t begin);

/// A text with `${{ }}` in it. A scalar that is one whole `${{ }}` keeps the value's type; amid text values become string(value), lists
/// and maps JSON, and null is an error (hint: .orValue('')). `${{ '${{' }}` is the literal.
class Template {
public:
    struct Part {
        std::string literal;             ///< when there is no program
        std::optional<Program> program;
    };
    std::vector<Part> parts;
    bool is_literal() const;             ///< no expression in it
    bool is_whole() const;               ///< one expression and nothing else
    bool tainted() const;
    Result<Json> eval(Activation const& values) const;
    Result<std::string> eval_text(Activation const& values) const;  ///< always text, as for env and argv
};
struct CompiledTemplate {
    std::optional<Template> value;
    Diagnostics diagnostics;
};
CompiledTemplate compile_template(Source const& source, Environment const& environment);

}  // namespace pawl::cel
