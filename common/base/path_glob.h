// Globs over paths: `*` and `?` match within one name, `**` over folders too. Followed name by name, so that a walk looks into no folder in
// vain; a glob of many stars costs no more than its length times that of the path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// Borrows nothing. Paths and globs have '/' between names; a leading "./" and trailing '/' mean nothing.
class PathGlob {
public:
    explicit PathGlob(std::string_view text);

    bool matches(std::string_view path) const;
    /// The path or a folder above it matches.
    bool matches_or_holds(std::string_view path) const;

    /// Places in the glob that a path may have reached; empty: nothing below it can match.
    using State = std::vector<std::uint32_t>;
    State begin() const { return closed({0}); }
    State enter(State const& state, std::string_view name) const;
    bool accepts(State const& state) const;
    /// Something below the folder that led here may match.
    bool may_go_on(State const& state) const;

    /// Its last name has no star: a folder of that name can be meant as a whole.
    bool may_name_a_folder() const { return !names_.empty() && names_.back().find_first_of("*?") == std::string::npos; }

private:
    State closed(State state) const;
    std::vector<std::string> names_;
};

/// One name, without '/'.
bool name_matches(std::string_view glob, std::string_view name);

}  // namespace pawl
