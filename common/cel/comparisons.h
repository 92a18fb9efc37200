// What an expression compares with constants: the values at which its outcome may change. Looks at the compiled form; evaluates nothing.
#pragma once

#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/cel/instant.h"
#include "common/cel/program.h"

namespace pawl::cel {

/// What a path is compared with. Instants keep their nanoseconds, for which JSON has no form.
struct Constant {
    enum class Kind : std::uint8_t { json, timestamp, duration };
    Kind kind = Kind::json;
    Json json;          ///< null, a truth value, a number or a text
    Instant instant{};
    bool operator==(Constant const&) const = default;
};

struct ComparedPath {
    std::string path;                 ///< "inputs.n", "now"
    std::vector<Constant> constants;  ///< each once
};

struct Comparisons {
    std::vector<ComparedPath> paths;   ///< every path it reads, each once
    std::vector<std::string> statuses; ///< success, failure … that it asks for
    /// Its outcome follows from how each path compares with its constants (== != < <= > >= in, has, or the truth value itself), and from
    /// nothing else. Text is not compared by order then.
    bool exact = true;
};
Comparisons comparisons_of(Program const& program);

}  // namespace pawl::cel
