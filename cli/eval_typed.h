// pawl eval --batch --typed: expressions with declarations and typed values, a line each, for suites that judge a CEL implementation.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/base/json.h"

namespace pawl::cli {

/// `line` is {"expr": …, "bindings": {…}, "container": …, "type_env": […], "unchecked": bool}; all but "expr" may be absent. The value is in
/// CEL's own JSON form: {"int64Value": "1"}.
Result<Json> eval_typed_line(std::string const& line);

}  // namespace pawl::cli
