// What yaml-cpp's syntax errors mean to somebody who wrote the file.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/yaml/tree_builder.h"

namespace pawl::yaml {

/// The parser gave up at `offset` with `reason` (yaml-cpp's words). Says what to change, and that the rest was not read.
Error explain_syntax_error(std::string_view text, Positions const& positions, TreeBuilder const& builder, std::size_t offset,
                           std::string_view reason);

/// Tells, as a note, that the error ends its file.
void add_stop_note(Error& error);

/// A key or a word for a message: printable, and cut when it is long.
std::string shortened(std::string_view text);

/// A text in the quotes that YAML needs around it.
std::string quoted_for_yaml(std::string_view text);

/// From a value's first byte to where its author meant it to end: the line without its comment; in `{}` and `[]`, the next comma or bracket.
std::string_view rest_of_value(std::string_view text, std::size_t offset, bool flow);

}  // namespace pawl::yaml
