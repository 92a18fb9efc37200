// Why an evaluation has no value. Kept small and put into words only when somebody reads it: most errors are absorbed by && and ||.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/cel/value.h"

namespace pawl::cel {

struct Fault {
    enum class Kind : std::uint8_t {
        text,         ///< `message` says it
        no_field,     ///< node is a select, has or index: `a` is the key
        not_a_map,    ///< `a` has no fields
        no_overload,  ///< node is an operation: `a` and `b` are its operands
        not_bool,     ///< `a` stands where true or false is needed; node is that operand
        no_variable,  ///< the variable has no value
        budget        ///< steps or memory ran out; nothing absorbs it
    };
    Kind kind = Kind::text;
    std::uint32_t node = 0;  ///< to blame, in Code::nodes
    Value a, b;
    std::string_view message;
    std::string_view hint;
};

}  // namespace pawl::cel
