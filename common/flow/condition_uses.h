// `conditions.NAME` and `conditions.NAME({…})` in the text of an expression: finds them and puts the condition in their place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/cel/program.h"
#include "common/flow/condition.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// Of one document. Borrows the conditions and the reader.
class ConditionUses {
public:
    ConditionUses(Conditions const& conditions, Reader& reader) : conditions_(conditions), reader_(reader) {}

    /// Bare CEL. Mistakes of uses are reported, and the text stays as it was for what is no use.
    cel::Source in_expression(cel::Source source);
    /// Text with `${{ }}`.
    cel::Source in_template(cel::Source source);

    /// Improves the hint of a mistake that speaks of a parameter by the name it is bound to.
    void explain(Error& error) const;
    /// Of mistakes that were explained: what is given for a parameter is told once, not for each place where it stands.
    static void tell_once(Diagnostics& explained);

    std::vector<ConditionUse> const& found() const { return found_; }

private:
    Conditions const& conditions_;
    Reader& reader_;
    std::vector<ConditionUse> found_;  ///< in the order of reading
};

/// Splits the text of a condition at its parameters: `params.NAME`.
std::vector<Condition::Piece> split_at_params(std::string const& text, std::vector<Declaration> const& params);

/// Does a variable of that name stand anywhere in the text?
bool names_variable(std::string const& text, std::string_view name);

/// The name under which an expression knows the value of a parameter. Names of pawl have no capitals, so no other can be the same.
std::string bound_name(Condition const& condition, Declaration const& param);

}  // namespace pawl::flow
