// RE2: linear in the text, so a pattern from a file cannot stall anybody.
#include "common/flow/pattern.h"

#include <re2/re2.h>

namespace pawl::flow {
namespace {

constexpr std::size_t pattern_bytes_max = 1000;

re2::RE2::Options options() {
    re2::RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_max_mem(1 << 20);
    return chosen;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string> pattern_error(std::string_view pattern, int& budget) {
    constexpr int cost_of_failure = 10'000;
    if (pattern.size() > pattern_bytes_max) return "it is longer than 1,000 bytes";
    if (budget <= 0) return "the patterns of this file are too large";
    re2::RE2 const compiled(piece(pattern), options());
    budget -= compiled.ok() ? compiled.ProgramSize() : cost_of_failure;
    if (compiled.ok()) return {};
    return compiled.error();
}

bool matches_whole(std::string_view pattern, std::string_view text) {
    if (pattern.size() > pattern_bytes_max) return false;
    re2::RE2 const compiled(piece(pattern), options());
    return compiled.ok() && re2::RE2::FullMatch(piece(text), compiled);
}

}  // namespace pawl::flow
