// Regular expressions in the syntax of RE2: linear time, a limit on size. The only header that knows there are any.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pawl::cel {

inline constexpr std::size_t pattern_bytes_max = 1'000;

class Regex {
public:
    explicit Regex(std::string_view pattern);
    ~Regex();
    Regex(Regex const&) = delete;
    Regex& operator=(Regex const&) = delete;

    /// Empty when the pattern is fine; else what is wrong with it.
    std::string const& problem() const { return problem_; }
    std::string_view pattern() const { return pattern_; }
    /// Does it match anywhere in the text? Only for a pattern without a problem; threads may share it.
    bool search(std::string_view text) const;
    /// Instructions of the compiled form: what one byte of text may cost.
    std::size_t size() const;

private:
    struct Compiled;
    std::string pattern_;
    std::string problem_;
    std::unique_ptr<Compiled> compiled_;
};

}  // namespace pawl::cel
