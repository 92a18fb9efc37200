// Reads the embedded template.yaml files, and writes values into the files beside them.
#include "cli/templates.h"

#include <algorithm>
#include <cctype>

#include "cli/context.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/declare.h"
#include "common/yaml/document.h"

namespace pawl::cli {
namespace {

constexpr std::string_view manifest = "template.yaml";

std::string scalar_under(yaml::Node const& root, std::string_view key) {
    auto const* member = root.find(key);
    return member == nullptr ? "" : member->value.text;
}

flow::Declaration project_parameter() {
    flow::Declaration name;
    name.name = "project";
    name.pattern = "[a-z][a-z0-9-]{0,63}";
    name.description = "Name of the project (default: of the folder)";
    return name;
}

/// Only templates of this build come here; a test reads every one.
Template read_manifest(EmbeddedFile const& file) {
    auto const parsed = yaml::parse(std::string(file.path), std::string(file.text));
    ASSERT(!has_errors(parsed.diagnostics) && parsed.documents.size() == 1);
    auto const& root = parsed.documents.front()->root;
    Template found{.name = std::string(file.project_template), .description = scalar_under(root, "description"), .next = scalar_under(root, "next"), .parameters = {project_parameter()}};
    Diagnostics diagnostics;
    flow::Reader reader(parsed, diagnostics);
    if (auto const* parameters = root.find("parameters")) {
        auto declared = flow::read_declarations(reader, parameters->value, "parameter");
        found.parameters.insert(found.parameters.end(), declared.begin(), declared.end());
    }
    ASSERT(diagnostics.empty());
    return found;
}

/// Could YAML, of any version, read this plain scalar as something else than the text?
bool is_plain_word(std::string_view text) {
    static constexpr std::string_view others[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    if (text.empty() || (std::isalpha(static_cast<unsigned char>(text.front())) == 0 && text.front() != '/')) return false;
    std::string lower;
    for (char const c : text) {
        bool const fits = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_./-").find(c) != std::string_view::npos;
        if (!fits) return false;
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return std::find(std::begin(others), std::end(others), lower) == std::end(others);
}

/// JSON is YAML: what is no plain word stands in double quotes.
std::string in_yaml(Json const& value) { return value.is_string() && is_plain_word(value.as_string()) ? value.as_string() : dump_json(value); }
std::string in_prose(Json const& value) { return value.is_string() ? value.as_string() : dump_json(value); }

/// Replaces each @name@ whose name is a parameter; any other @ stays.
std::string filled_in(std::string_view text, Json const& values, bool yaml) {
    std::string out;
    while (true) {
        auto const at = text.find('@');
        out += text.substr(0, at);
        if (at == std::string_view::npos) return out;
        auto const end = text.find('@', at + 1);
        auto const* value = end == std::string_view::npos ? nullptr : values.find(text.substr(at + 1, end - at - 1));
        if (value == nullptr) {
            out += '@';
            text.remove_prefix(at + 1);
            continue;
        }
        out += yaml ? in_yaml(*value) : in_prose(*value);
        text.remove_prefix(end + 1);
    }
}

std::string real_path(std::string_view path) {
    auto const slash = path.rfind('/');
    auto const name = slash == std::string_view::npos ? 0 : slash + 1;
    std::string out(path);
    if (path.substr(name).starts_with("dot_")) out.replace(name, 4, ".");
    return out;
}

std::string listed_parameters(Template const& chosen) {
    std::string list;
    for (auto const& parameter : chosen.parameters) list += (list.empty() ? "" : ", ") + parameter.name;
    return list;
}

Error unknown_parameter(Template const& chosen, std::string const& name) {
    std::vector<std::string_view> names;
    for (auto const& parameter : chosen.parameters) names.push_back(parameter.name);
    auto const near = nearest(name, names);
    return make_error(code::usage, "template '" + chosen.name + "' has no parameter '" + printable(name) + "'",
                      near.empty() ? "it has: " + listed_parameters(chosen) : "did you mean '" + std::string(near) + "'?");
}

}  // namespace

std::vector<std::string_view> template_names() {
    std::vector<std::string_view> names;
    for (auto const& file : embedded_files()) {
        if (file.path == manifest) names.push_back(file.project_template);
    }
    return names;
}

std::optional<Template> find_template(std::string_view name) {
    for (auto const& file : embedded_files()) {
        if (file.path == manifest && file.project_template == name) return read_manifest(file);
    }
    return std::nullopt;
}

Result<Json> template_values(Template const& chosen, std::string const& project, std::vector<std::string> const& given) {
    Json values{JsonMap{}};
    for (auto const& parameter : chosen.parameters) values.set(parameter.name, parameter.default_value ? *parameter.default_value : Json(project));
    std::vector<std::string> mistakes;
    std::string hint;
    for (auto const& pair : given) {
        auto const equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) return make_error(code::usage, "'" + printable(pair) + "' is no parameter", "write -p name=value");
        auto const name = pair.substr(0, equals);
        auto const declared = std::find_if(chosen.parameters.begin(), chosen.parameters.end(), [&](auto const& parameter) { return parameter.name == name; });
        if (declared == chosen.parameters.end()) {
            auto const error = unknown_parameter(chosen, name);
            mistakes.push_back(error.message);
            hint = error.hint;
            continue;
        }
        auto value = flow::conform_text(*declared, pair.substr(equals + 1));
        if (value) values.set(name, std::move(*value));
        else mistakes.push_back(value.error().message);
    }
    if (!mistakes.empty()) return make_error(code::usage, join(mistakes, "; "), hint.empty() ? "pawl init --list -t " + chosen.name : hint);
    return values;
}

std::vector<flow::SourceFile> render_template(Template const& chosen, Json const& values) {
    std::vector<flow::SourceFile> files;
    for (auto const& file : embedded_files()) {
        if (file.project_template != chosen.name || file.path == manifest) continue;
        files.push_back({real_path(file.path), filled_in(file.text, values, file.path.ends_with(".yaml"))});
    }
    return files;
}

std::string project_name_for(std::string_view folder) {
    std::string name;
    for (char const c : folder) {
        bool const fits = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (fits) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!name.empty() && name.back() != '-') name += '-';
    }
    while (!name.empty() && name.back() == '-') name.pop_back();
    while (!name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) == 0) name.erase(0, 1);
    name = name.substr(0, 64);
    return is_object_name(name) ? name : "my-project";
}

}  // namespace pawl::cli
