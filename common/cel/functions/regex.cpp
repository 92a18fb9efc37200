// RE2, and matches(): an unanchored search. The only file that includes RE2.
#include "common/cel/functions/regex.h"

#include <re2/re2.h>

#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {

struct Regex::Compiled {
    Compiled(std::string const& pattern, re2::RE2::Options const& options) : re(pattern, options) {}
    re2::RE2 re;
};

Regex::Regex(std::string_view pattern) : pattern_(pattern) {
    if (pattern.size() > pattern_bytes_max) {
        problem_ = "it is longer than 1,000 bytes";
        return;
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    compiled_ = std::make_unique<Compiled>(pattern_, options);
    if (!compiled_->re.ok()) problem_ = compiled_->re.error();
}

Regex::~Regex() = default;

bool Regex::search(std::string_view text) const { return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->re); }

std::size_t Regex::size() const { return compiled_ && compiled_->re.ok() ? static_cast<std::size_t>(compiled_->re.ProgramSize()) : 8 * pattern_.size(); }

namespace {

Value matches(Evaluation& in, std::span<Value const> a) {
    std::string problem;
    Regex const* const regex = in.pattern(a[1].as_text(), problem);
    if (regex == nullptr) return problem.empty() ? in.exhausted() : in.error("wrong pattern: " + problem, "the syntax is that of RE2");
    // Where RE2 cannot build its automaton it walks all instructions for every byte.
    if (!in.charge(a[0].size() * regex->size() / 64)) return in.exhausted();
    return Value::boolean(regex->search(a[0].as_text()));
}

}  // namespace

void add_regular_expressions(Library& library) {
    library.function("matches", {Type::Kind::string, Type::Kind::string}, Type::Kind::boolean, matches);
    library.member("matches", {Type::Kind::string, Type::Kind::string}, Type::Kind::boolean, matches);
}

}  // namespace pawl::cel
