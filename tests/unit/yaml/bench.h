// What the YAML tests share: reading a text, and saying in one line what came of it.
#pragma once

#include <string>
#include <string_view>

#include "common/yaml/document.h"
#include "common/yaml/render.h"

namespace pawl::yaml {

inline File read(std::string_view text) { return parse("f.yaml", std::string(text)); }

/// "line:column message; …", notes left out.
inline std::string mistakes(File const& file) {
    std::string out;
    for (Error const& error : file.diagnostics) {
        if (!out.empty()) out += "; ";
        out += std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + " " + error.message;
    }
    return out;
}
inline std::string mistakes(std::string_view text) { return mistakes(read(text)); }

/// The documents as JSON, separated by spaces.
inline std::string trees(std::string_view text) {
    File const file = read(text);
    std::string out = mistakes(file);
    for (auto const& document : file.documents) out += (out.empty() ? "" : " ") + dump_json(to_json(document->root));
    return out;
}

/// The whole output a user sees.
inline std::string shown(File const& file, std::size_t width = 120) {
    return render_all(file.diagnostics, [&file](std::string_view) { return &file.text; }, width);
}
inline std::string shown(std::string_view text) { return shown(read(text)); }

/// The text after all fixes of its diagnostics.
inline std::string fixed(std::string_view text) {
    File const file = read(text);
    std::vector<Fix> fixes;
    for (Error const& error : file.diagnostics) fixes.insert(fixes.end(), error.fixes.begin(), error.fixes.end());
    return apply_fixes(file.text, fixes);
}

}  // namespace pawl::yaml
