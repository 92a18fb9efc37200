// Declared values: inputs and outputs. A short form of JSON Schema that people can type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/cel/type.h"

namespace pawl::flow {

enum class ValueType : std::uint8_t { string, integer, number, boolean, duration, timestamp, path, list, map, any };
std::string_view name_of(ValueType type);

/// `name: type` or `name: {type, default, enum, pattern, min, max, optional, description, items, properties}`.
struct Declaration {
    std::string name;
    SourcePos where;
    ValueType type = ValueType::string;
    std::optional<Json> default_value;
    bool optional = false;
    std::string description;
    std::vector<Json> allowed;           ///< `enum`; empty: everything
    std::string pattern;                 ///< RE2, matches the whole text
    std::optional<double> min, max;      ///< numbers; durations in seconds; length of text and lists
    std::shared_ptr<Declaration const> items;
    std::vector<Declaration> properties;

    bool required() const { return !optional && !default_value; }
    cel::Type cel_type() const;
};

/// Checks one value against its declaration and returns it in its final form (`number` always a double; timestamps normalised).
/// Error: code::invalid_input, message names the value and the rule it breaks.
Result<Json> conform(Declaration const& declaration, Json const& value);
/// The same from text, as given by `-i name=value` or a line of $PAWL_OUTPUT: strict (`yes` is no boolean); list, map, any are JSON.
Result<Json> conform_text(Declaration const& declaration, std::string_view text);

/// Inputs of a run: defaults filled in, unknown names refused with a suggestion, all mistakes at once. A map, in the order of declaration.
struct Bound {
    Json values;              ///< a map
    Diagnostics diagnostics;  ///< empty when all is well
};
Bound bind_inputs(std::vector<Declaration> const& declarations, Json const& given);

/// What $PAWL_OUTPUT holds: lines `name=value` and `name<<WORD` … `WORD`; the last one for a name wins. With declarations, undeclared or
/// missing names are errors (code::invalid_value, message for people); without, all are text. At most 64 KiB of UTF-8.
Result<Json> parse_outputs(std::string_view text, std::vector<Declaration> const& declarations);

}  // namespace pawl::flow
