#include "common/base/error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <tuple>

namespace pawl {

void assertion_failed(char const* condition, char const* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: internal error: %s does not hold; please report this\n", file, line, condition);
    std::abort();
}

bool has_errors(Diagnostics const& diagnostics) {
    return std::ranges::any_of(diagnostics, [](Error const& error) { return error.severity == Severity::error; });
}

void sort_by_place(Diagnostics& diagnostics) {
    auto const place = [](Error const& error) {
        static SourcePos const nowhere;
        SourcePos const& where = error.where ? *error.where : nowhere;
        return std::tuple<std::string_view, std::uint32_t, std::uint32_t>{where.file.text(), where.line, where.column};
    };
    std::ranges::stable_sort(diagnostics, {}, place);
}

}  // namespace pawl
