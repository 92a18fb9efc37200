// What Environment holds: inside of common/cel only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/cel/functions/library.h"
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
    std::vector<Library const*> libraries;  ///< borrowed, asked before the standard one
    ZoneResolver const* zones = nullptr;    ///< borrowed
    std::string container;                  ///< where names are looked up first: "a.b"
    Type expected;

    SyntaxOptions syntax;
    Strictness strictness;

    Variable const* find(std::string_view name) const;
    bool has_status_function(std::string_view name) const;
    Function const* function(std::string_view name) const;
    /// Names are whole paths here, or have a container: every path must be looked up.
    bool has_qualified_names() const;
};

}  // namespace pawl::cel
