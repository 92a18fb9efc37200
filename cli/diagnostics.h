// Findings in files, in the forms of `pawl check --format`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/render/look.h"
#include "common/base/error.h"
#include "common/flow/load.h"
#include "common/yaml/render.h"

namespace pawl::cli {

/// Texts by file name, for the source lines of diagnostics. Borrows them.
class TextIndex {
public:
    explicit TextIndex(std::vector<flow::LoadedFile> const& files);
    explicit TextIndex(std::vector<flow::SourceFile> const& files);
    yaml::TextOf text_of() const;

private:
    std::vector<std::pair<std::string_view, std::string const*>> texts_;
};

/// `format`: text json github sarif. Empty for no findings, except json and sarif, which are whole documents.
std::string render_diagnostics(Look const& look, std::string_view format, Diagnostics const& diagnostics, TextIndex const& texts);
/// The text form, for findings in files that were just read.
std::string yaml_text(Look const& look, Diagnostics const& diagnostics, std::vector<flow::SourceFile> const& sources);
/// Replaces a file in one step, keeping its mode.
Status replace_file(std::string const& path, std::string const& text);

}  // namespace pawl::cli
