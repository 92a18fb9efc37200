// From the checked tree to the evaluable form; constants are folded on the way.
#pragma once

#include <memory>

#include "common/cel/checker.h"
#include "common/cel/code.h"

namespace pawl::cel {

/// The tree has no mistakes. Reports sub-trees that can only fail.
std::shared_ptr<Program::Code const> generate(std::string_view text, Ast const& ast, Checked checked, Environment::State const& environment, Reporter& reporter);

}  // namespace pawl::cel
