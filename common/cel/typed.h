// CEL's own JSON form of values ({"int64Value": "1"}): every kind of value, for public suites and tools. Only `pawl eval --typed` and tests use it.
#pragma once

#include <map>
#include <string>

#include "common/cel/functions/library.h"
#include "common/cel/program.h"
#include "common/cel/value_store.h"

namespace pawl::cel {

/// Bindings in that form: {"x": {"value": {"int64Value": "1"}}}, or without the inner "value".
class TypedValues final : public Activation {
public:
    /// invalid_value when something is not of that form.
    static Result<TypedValues> from(Json const& bindings);
    Json const* variable(std::string_view) const override { return nullptr; }
    Value value(std::string_view name) const override;
    JsonMap names() const;  ///< of all values; what they map to is null

private:
    ValueStore store_;
    std::map<std::string, Value, std::less<>> values_;
};

/// Declarations as public suites have them: [{"name": "x", "ident": {"type": {"primitive": "INT64"}}}, {"name": "f", "function": …}].
/// Functions go to `functions`, which the environment borrows.
Result<bool> declare(Json const& type_env, Environment& environment, Library& functions);

/// A value in that form; an optional is {"optionalValue": {}} or {"optionalValue": {"value": …}}.
Json typed_json(Value const& value);
Result<Json> eval_typed(Program const& program, Activation const& values, Budget& budget);

/// {"primitive": "INT64"}, {"listType": {"elemType": …}} …
Result<Type> read_type(Json const& json);
/// As the reference prints it: "list(int)", "optional_type(string)".
std::string reference_name(Type const& type);

}  // namespace pawl::cel
