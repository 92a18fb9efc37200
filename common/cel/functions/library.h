// How the functions of the language are declared and called. Each file of this folder adds one library.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/cel/type.h"
#include "common/cel/value.h"

namespace pawl::cel {

class Evaluation;

/// Pure and total: gives a value or an error made by the evaluation. Arguments have the kinds of the overload and are no errors.
/// Null: declared for its types only, as a suite does.
using Implementation = Value (*)(Evaluation& in, std::span<Value const> arguments);

struct Overload {
    bool member = false;             ///< called as a.f(b): the first parameter is the receiver
    std::vector<Type> parameters;
    Type result;
    Implementation run = nullptr;
    std::vector<std::uint32_t> kinds;  ///< for each parameter the kinds it takes, a bit each
    bool variadic = false;             ///< the last parameter may come any number of times more

    Type const& parameter(std::size_t index) const { return parameters[index < parameters.size() ? index : parameters.size() - 1]; }
    bool takes_count(std::size_t count) const { return variadic ? count >= parameters.size() : count == parameters.size(); }
    bool accepts(bool as_member, std::span<Value const> arguments) const;
};

/// The kinds of values a type admits, a bit each.
std::uint32_t value_kinds(Type const& type);

/// All overloads of one name; "json.parse" has its dot in the name.
struct Function {
    std::string name;
    std::vector<Overload> overloads;
};

class Library {
public:
    void function(std::string name, std::vector<Type> parameters, Type result, Implementation run);
    void member(std::string name, std::vector<Type> parameters, Type result, Implementation run);
    void variadic(std::string name, std::vector<Type> parameters, Type result, Implementation run);
    Function const* find(std::string_view name) const;
    std::vector<std::string_view> names() const;

private:
    void add(std::string name, Overload overload);
    std::map<std::string, Function, std::less<>> functions_;  // nodes stay where they are: programs point to them
};

/// The functions that are always there. Built at first use, then only read.
Library const& standard_library();

// One a file.
void add_conversions(Library& library);
void add_strings(Library& library);
void add_regular_expressions(Library& library);
void add_time(Library& library);
void add_optionals(Library& library);
void add_format(Library& library);
void add_math(Library& library);
void add_encoders(Library& library);
void add_sets(Library& library);
void add_json(Library& library);
void add_hashes(Library& library);
void add_globs(Library& library);
void add_semver(Library& library);

}  // namespace pawl::cel
