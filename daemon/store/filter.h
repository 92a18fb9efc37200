// `filter` of lists: CEL over the fields of an item. Comparable parts become SQL, the rest is evaluated row by row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/cel/program.h"

namespace pawl {

/// A field that filters may name. A row without a value for it (NULL; no variable in the activation) is one for which the comparison has
/// no answer: CEL's errors and SQL's NULL spread the same way through && || !, and neither lets the row through.
struct FilterField {
    enum class As : std::uint8_t { text, number, boolean, instant, span, map, run_state, reason, workflow };
    std::string_view name;
    As as = As::text;
    std::string sql;  ///< the expression with the same value; empty: only CEL can read it
};

using SqlValue = std::variant<std::int64_t, std::string>;
/// An expression with a `?` for each value, in order. Never holds text of the user.
struct SqlCondition {
    std::string sql;
    std::vector<SqlValue> values;
};

class Filter {
public:
    /// An empty text lets all through. `now`: the variable of that name. Errors: code::invalid_request with the place in `text`.
    static Result<Filter> compile(std::string const& text, std::span<FilterField const> fields, UtcTime now);

    /// What SQL can decide; empty: nothing. What it refuses does not match.
    std::optional<SqlCondition> const& condition() const { return condition_; }
    /// Whether rows that pass the condition must be looked at one by one.
    bool evaluates() const { return program_.has_value(); }
    /// False also when the expression has no answer for the row. Error: it costs more than one row may.
    Result<bool> matches(cel::Activation const& row) const;

private:
    std::optional<SqlCondition> condition_;
    std::optional<cel::Program> program_;
    Json now_;
};

/// What a filter sees as instant or span: exact, unlike the milliseconds of an answer.
std::string exact_instant(UtcTime time);

}  // namespace pawl
