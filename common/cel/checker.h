// Gives every node a type and every name a meaning before anything runs; reports what cannot work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cel/ast.h"
#include "common/cel/environment.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {

/// What a name or call refers to.
struct Reference {
    enum class Kind : std::uint8_t {
        none,       ///< nodes without a name; a select of a field
        variable,   ///< of the environment
        unknown,    ///< a name or function nobody declared: an error when it is evaluated, without the checks of types
        local,      ///< of the `depth`-th open comprehension, from outside
        type,       ///< `int`, `string` … as a value
        function,   ///< of the library
        status      ///< success() …
    };
    Kind kind = Kind::none;
    std::uint32_t index = 0;             ///< variable: in the environment; local: the slot; status: in the environment
    Function const* function = nullptr;
    bool drop_receiver = false;          ///< json.parse(x): what looks like a receiver is part of the name
    std::string name;                    ///< of a type
};

struct Checked {
    std::vector<Type> types;             ///< one a node
    std::vector<std::uint8_t> tainted;   ///< one a node
    std::vector<Reference> references;   ///< one a node
    std::vector<std::string> reads;      ///< "event.data.total", in order of appearance, each once
    std::uint32_t locals = 0;            ///< slots for variables of comprehensions
    bool calls_status = false;
};

Checked check(Ast const& ast, Environment::State const& environment, Reporter& reporter);

/// Secrets may be passed on but never looked at: true for `secret` and whatever contains one.
bool holds_secret(Type const& type);

}  // namespace pawl::cel
