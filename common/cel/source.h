// From bytes of an expression to places in the user's file, and the list of mistakes found in one expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/cel/program.h"

namespace pawl::cel {

inline constexpr std::size_t text_bytes_max = 16 * 1024;
inline constexpr std::size_t depth_max = 250;       ///< of the syntax tree, and of what the parser has open at once
inline constexpr std::size_t diagnostics_max = 20;  ///< an expression

/// A piece of the expression, in bytes.
struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t length() const { return end - begin; }
};
inline Range join(Range a, Range b) { return {a.begin, b.end}; }

/// Borrows the source. `shift` is where the expression starts in it: a template holds several.
class Placer {
public:
    explicit Placer(Source const& source, std::size_t shift = 0) : source_(source), shift_(shift) {}
    SourcePos at(Range range) const;

private:
    Source const& source_;
    std::size_t shift_;
};

/// Collects what the lexer, the parser and the checker find: at most 20, and one for each place and kind.
class Reporter {
public:
    explicit Reporter(Placer placer) : placer_(placer) {}
    void error(ErrorCode code, Range at, std::string message, std::string hint = "");
    void warning(ErrorCode code, Range at, std::string message, std::string hint = "");
    bool failed() const { return errors_ != 0; }
    bool full() const { return errors_ >= diagnostics_max; }
    Placer const& placer() const { return placer_; }
    /// In reading order.
    Diagnostics take();

private:
    void add(Severity severity, ErrorCode code, Range at, std::string message, std::string hint);

    struct Found {
        Range at;
        Error error;
    };
    Placer placer_;
    std::vector<Found> found_;
    std::size_t errors_ = 0;
};

}  // namespace pawl::cel
