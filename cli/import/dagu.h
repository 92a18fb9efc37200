// Dagu: a DAG file becomes a workflow of ours.
#pragma once

#include "cli/import/imported.h"

namespace pawl::cli {

/// `file` has been parsed without errors. Params become inputs, `depends` becomes `needs`, captured output becomes an output.
Imported import_dagu(yaml::File const& file);

}  // namespace pawl::cli
