// What Environment holds: inside of common/cel only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/cel/parser.h"
#include "common/cel/program.h"

namespace pawl::cel {

struct Variable {
    std::string name;
    Type type;
    bool tainted = false;
};

struct Environment::State {
    std::vector<Variable> variables;
    std::vector<std::string> status_functions;
    ZoneResolver const* zones = nullptr;  ///< borrowed
    Type expected;

    // Switches for the public suite; pawl has all of them on.
    SyntaxOptions syntax;
    bool check_types = true;       ///< off: names are resolved, types are not looked at
    bool strict_division = true;   ///< `/` needs declared types

    Variable const* find(std::string_view name) const;
    bool has_status_function(std::string_view name) const;
};

}  // namespace pawl::cel
