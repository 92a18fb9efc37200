// The templates of `pawl init`: folders of cli/templates, compiled in, with parameters that are declared as the inputs of a workflow are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/flow/declaration.h"
#include "common/flow/load.h"

namespace pawl::cli {

/// A file of cli/templates, made known by the build. Static storage.
struct EmbeddedFile {
    std::string_view project_template;  ///< the folder below cli/templates
    std::string_view path;              ///< within it; "dot_x" stands for ".x"
    std::string_view text;
};
/// Sorted by template and path.
std::vector<EmbeddedFile> const& embedded_files();

struct Template {
    std::string name;
    std::string description;
    std::string next;                             ///< the command to try first, within the new folder
    std::vector<flow::Declaration> parameters;    ///< `project`, the name of the project, is the first of each
};
std::vector<std::string_view> template_names();
/// Null when there is none of that name.
std::optional<Template> find_template(std::string_view name);

/// Values of all parameters: defaults, and over them what `-p name=value` gave. All mistakes are in one error.
Result<Json> template_values(Template const& chosen, std::string const& project, std::vector<std::string> const& given);
/// The files of a new project, with @name@ replaced. In YAML a value is written as a scalar that means exactly it.
std::vector<flow::SourceFile> render_template(Template const& chosen, Json const& values);
/// A name a project may have, made of the name of a folder.
std::string project_name_for(std::string_view folder);

}  // namespace pawl::cli
