// Names of other tools, made into names of ours.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace pawl::cli {

/// "Build & Test" → "build-test": a name of a workflow. `fallback` when no letter or digit is left.
std::string object_name_from(std::string_view text, std::string_view fallback);
/// "logLevel" → "log_level": a name that may stand in an expression.
std::string identifier_from(std::string_view text, std::string_view fallback);
/// "node-version" → "NODE_VERSION": a name of an environment variable that pawl does not set itself.
std::string variable_from(std::string_view text);
/// The name, or the name with the first free number behind it. It is taken from now on.
std::string unique_name(std::set<std::string>& taken, std::string const& name, char separator);
/// A name that the shell, the loader or pawl give a meaning: no place for a value from outside.
bool is_special_variable(std::string_view name);
/// Does the text hold the word, not as a part of a longer one?
bool holds_word(std::string_view text, std::string_view word);
/// "flows/Deploy it.yml" → "Deploy it"
std::string stem_of(std::string_view path);

}  // namespace pawl::cli
