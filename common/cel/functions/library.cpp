// The table of functions, and which kinds of values an overload takes.
#include "common/cel/functions/library.h"

#include <algorithm>

namespace pawl::cel {
namespace {

constexpr std::uint32_t bit(Value::Kind kind) { return 1u << static_cast<unsigned>(kind); }

}  // namespace

std::uint32_t value_kinds(Type const& type) {
    using VK = Value::Kind;
    switch (type.kind()) {
    case Type::Kind::null: return bit(VK::null);
    case Type::Kind::boolean: return bit(VK::boolean);
    case Type::Kind::integer: return bit(VK::integer);
    case Type::Kind::unsigned_integer: return bit(VK::unsigned_integer);
    case Type::Kind::real: return bit(VK::real);
    case Type::Kind::string: return bit(VK::string);
    case Type::Kind::bytes: return bit(VK::bytes);
    case Type::Kind::timestamp: return bit(VK::timestamp);
    case Type::Kind::duration: return bit(VK::duration);
    case Type::Kind::list: return bit(VK::list);
    case Type::Kind::map:
    case Type::Kind::object: return bit(VK::map);
    case Type::Kind::optional: return bit(VK::optional);
    case Type::Kind::type: return bit(VK::type);
    case Type::Kind::dyn:
    case Type::Kind::parameter: return ~(bit(VK::unset) | bit(VK::error));
    case Type::Kind::secret:
    case Type::Kind::error: return 0;
    }
    return 0;
}

bool Overload::accepts(bool as_member, std::span<Value const> arguments) const {
    if (as_member != member || !takes_count(arguments.size())) return false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if ((kinds[std::min(i, kinds.size() - 1)] & bit(arguments[i].kind())) == 0) return false;
    }
    return true;
}

void Library::function(std::string name, std::vector<Type> parameters, Type result, Implementation run) {
    add(std::move(name), {false, std::move(parameters), std::move(result), run, {}, false});
}

void Library::member(std::string name, std::vector<Type> parameters, Type result, Implementation run) {
    add(std::move(name), {true, std::move(parameters), std::move(result), run, {}, false});
}

void Library::variadic(std::string name, std::vector<Type> parameters, Type result, Implementation run) {
    add(std::move(name), {false, std::move(parameters), std::move(result), run, {}, true});
}

void Library::add(std::string name, Overload overload) {
    for (Type const& parameter : overload.parameters) overload.kinds.push_back(value_kinds(parameter));
    Function& function = functions_[name];
    function.name = std::move(name);
    function.overloads.push_back(std::move(overload));
}

Function const* Library::find(std::string_view name) const {
    auto const found = functions_.find(name);
    return found != functions_.end() ? &found->second : nullptr;
}

std::vector<std::string_view> Library::names() const {
    std::vector<std::string_view> names;
    for (auto const& [name, function] : functions_) names.push_back(name);
    return names;
}

Library const& standard_library() {
    static Library const library = [] {
        Library made;
        add_conversions(made);
        add_strings(made);
        add_regular_expressions(made);
        add_time(made);
        add_optionals(made);
        add_format(made);
        add_math(made);
        add_encoders(made);
        add_sets(made);
        add_json(made);
        add_hashes(made);
        add_globs(made);
        add_semver(made);
        return made;
    }();
    return library;
}

}  // namespace pawl::cel
