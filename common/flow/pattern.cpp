// RE2: linear in the text, so a pattern from a file cannot stall anybody.
#include "common/flow/pattern.h"

#include <re2/re2.h>

#include "common/cel/glob.h"

namespace pawl::flow {
namespace {

constexpr std::size_t pattern_bytes_max = 1000;

re2::RE2::Options options() {
    re2::RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_max_mem(1 << 20);
    return chosen;
}

/// "old/" stands for all below it.
std::string expression_of(std::string_view glob, std::string& problem) {
    return cel::pattern_of_glob(glob.ends_with('/') ? std::string(glob) + "**" : std::string(glob), problem);
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

std::optional<std::string> glob_error(std::string_view glob, int& budget) {
    std::string problem;
    std::string const pattern = expression_of(glob, problem);
    return problem.empty() ? pattern_error(pattern, budget) : problem;
}

bool matches_glob(std::string_view glob, std::string_view path) {
    std::string problem;
    std::string const pattern = expression_of(glob, problem);
    return problem.empty() && matches_whole(pattern, path);
}

}  // namespace pawl::flow
