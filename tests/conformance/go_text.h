// Literals as the reference prints them, which is as Go does.
#pragma once

#include <string>

#include "common/cel/ast.h"

namespace pawl::conformance {

std::string go_literal(cel::Literal const& literal);

}  // namespace pawl::conformance
