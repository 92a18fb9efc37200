// One way to lay out a file: what `pawl fmt` does. Only white space and the kind of quotes change; comments and meaning stay.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/yaml/document.h"

namespace pawl::yaml {

/// Indentation by 2, lists within a map indented too; at most one blank line, none at either end; no space at the end of a line; '\n' as
/// line end; double quotes where single ones do nothing else. Text inside block scalars, quotes and {} [] keeps its inner layout.
/// The result reads as the same tree, or it is an error: the file has mistakes (code::invalid_yaml), or its layout is beyond this formatter.
Result<std::string> format(File const& file);

/// Do two files hold the same documents: same keys in the same order, same values, text where there was text?
bool same_trees(File const& one, File const& other);

}  // namespace pawl::yaml
