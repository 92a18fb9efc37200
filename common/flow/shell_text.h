// Just enough of the shell's grammar to know where a variable may safely stand in the place of an expression.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pawl::flow {

/// A piece of a script, in bytes: one `${{ … }}`.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

enum class Quoting : std::uint8_t {
    word,           ///< unquoted: replace by "$NAME"
    double_quotes,  ///< replace by ${NAME}
    unsafe,         ///< single quotes, a substitution, a here-document, a command's name, or something this does not understand
};

/// One answer a span, in their order. Conservative: what is not surely right is unsafe.
std::vector<Quoting> quoting_of(std::string_view script, std::vector<Span> const& spans);

}  // namespace pawl::flow
