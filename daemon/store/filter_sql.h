// The part of filters that SQL can decide.
#pragma once

#include <optional>
#include <span>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/cel/ast.h"
#include "daemon/store/filter.h"

namespace pawl {

struct SqlPart {
    std::optional<SqlCondition> condition;  ///< empty: SQL can decide nothing
    bool whole = false;                     ///< it decides all
    std::optional<Error> mistake;           ///< a state that does not exist
};

/// `tree` was checked against `fields`. The condition holds for every row that the expression lets through, and when `whole` for no other.
SqlPart sql_part(cel::Ast const& tree, std::span<FilterField const> fields, UtcTime now);

}  // namespace pawl
