// The value of every part of an expression, for people: what `pawl eval --explain` and `pawl why` print.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pawl::cel {

struct Trace {
    struct Part {
        std::uint32_t begin = 0, end = 0;  ///< bytes of the expression
        std::uint32_t mark = 0;            ///< the byte of its operator, field or function name
        std::uint32_t depth = 0;           ///< of the parts around it
        std::string value;                 ///< as JSON, shortened; "error: …" when there is none
        std::size_t times = 1;             ///< within comprehensions it is computed again and again: the value is the last one
        bool failed = false;
        bool decided = false;              ///< the result follows from this condition
        bool condition = false;            ///< an operand of && and ||, or all of the expression
    };
    std::string text;         ///< the expression
    std::vector<Part> parts;  ///< in reading order, outer before inner; constants are left out
};

/// The expression with the value under each part.
std::string diagram(Trace const& trace);
/// A line a condition: its value, its text, and a mark where the result was decided.
std::string conditions(Trace const& trace);

}  // namespace pawl::cel
