// Rewriting a file as its diagnostics propose.
#include <algorithm>

#include "common/yaml/render.h"

namespace pawl::yaml {

std::string apply_fixes(std::string const& text, std::vector<Fix> fixes) {
    std::erase_if(fixes, [&text](Fix const& fix) { return fix.offset > text.size() || fix.length > text.size() - fix.offset; });
    std::ranges::stable_sort(fixes, {}, &Fix::offset);
    std::vector<Fix const*> kept;
    for (Fix const& fix : fixes) {
        // Of two that touch the same bytes the first wins; the other's diagnostic comes again at the next check.
        bool const same = !kept.empty() && *kept.back() == fix;
        bool const overlaps = !kept.empty() && kept.back()->offset + kept.back()->length > fix.offset;
        if (!same && !overlaps) kept.push_back(&fix);
    }
    std::string fixed = text;
    for (auto fix = kept.rbegin(); fix != kept.rend(); ++fix) fixed.replace((*fix)->offset, (*fix)->length, (*fix)->replacement);
    return fixed;
}

}  // namespace pawl::yaml
