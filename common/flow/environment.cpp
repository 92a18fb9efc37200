// `env` and `files`: names are literal, and those that steer the loader or the shell never take a value from outside.
#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/step.h"

namespace pawl::flow {
namespace {

using yaml::Node;

constexpr std::size_t variables_max = 1000;

bool is_variable_name(std::string_view name) {
    constexpr std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return !name.empty() && name.size() <= 64 && first.find(name.front()) != std::string_view::npos &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
}

/// Variables by which a value could make the shell or the dynamic linker run something.
bool steers_programs(std::string_view name) {
    return name.starts_with("LD_") || name == "BASH_ENV" || name == "ENV" || name == "IFS" || name == "PATH";
}

std::string upper_case(std::string_view name) {
    std::string upper;
    for (char const c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' || c == '.' ? '_' : c;
    return upper;
}

bool good_name(Reader& reader, Node const& key) {
    std::string const& name = key.text;
    if (reader.refuse_expression(key, "a key")) return false;
    if (!is_variable_name(name)) {
        std::string const upper = upper_case(name.substr(0, 64));
        reader.error(code::invalid_name, key.where, quotation(name) + " is no name for an environment variable",
                     is_variable_name(upper) ? "did you mean '" + upper + "'?" : "names have capital letters, digits and '_'");
        return false;
    }
    if (name.starts_with("PAWL_")) {
        reader.error(code::invalid_name, key.where, "'" + name + "' is set by pawl", "choose a name that does not begin with PAWL_");
        return false;
    }
    return true;
}

bool good_value(Reader& reader, yaml::Member const& member) {
    Node const& value = member.value;
    std::string const& name = member.key.text;
    if (is_nothing(value)) {
        reader.error(code::wrong_type, value.where, "'" + name + "' has no value", name + ": \"\" is the empty text");
    } else if (!value.is_scalar()) {
        reader.error(code::wrong_type, value.where, "'" + name + "' is text, not " + describe_kind(value));
    } else {
        return true;
    }
    return false;
}

}  // namespace

std::vector<NamedTemplate> read_environment(Reader& reader, Expressions& expressions, Node const& map, Sight& sight, std::string_view key) {
    std::vector<NamedTemplate> variables;
    if (!reader.within(map.members.size(), variables_max, map, key)) return variables;
    variables.reserve(map.members.size());
    for (yaml::Member const& member : map.members) {
        bool const name_fits = good_name(reader, member.key);
        if (!good_value(reader, member) || !name_fits) continue;
        cel::Template value = expressions.pasted(member.value, sight);
        if (!value.is_literal() && value.tainted() && steers_programs(member.key.text))
            reader.error(code::invalid_value, member.value.where, "'" + member.key.text + "' cannot take a value from outside",
                         "it decides what programs run; write it out");
        variables.push_back({member.key.text, std::move(value)});
    }
    return variables;
}

}  // namespace pawl::flow
