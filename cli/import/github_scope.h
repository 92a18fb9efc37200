// What expressions of a GitHub workflow may name, and what those names are in ours.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cli/import/imported.h"

namespace pawl::cli {

enum class GithubType : std::uint8_t { text, boolean, number };

/// An expression of ours and its type.
struct GithubValue {
    std::string cel;
    GithubType type = GithubType::text;
};

/// A condition of ours. `has_status`: it says itself what happens after a failure.
struct GithubCondition {
    std::string cel;
    bool has_status = false;
};

/// Everything that can be named at one place. A job's scope is a copy of the workflow's, a step's one of its job's.
struct GithubScope {
    std::map<std::string, GithubValue> inputs;      ///< by GitHub's name
    std::map<std::string, std::string> step_ids;    ///< of this job, so far: GitHub's id → ours
    std::map<std::string, GithubValue> needs;       ///< "build.version" of `needs.build.outputs.version`
    std::map<std::string, std::string> variables;   ///< the environment: name → text with `${{ }}` of ours
    std::map<std::string, GithubValue> matrix;      ///< of a job that has one: our name → what it is
    std::string items_word;                         ///< what our steps of such a job call their combination: "matrix", "item"
    std::set<std::string> missing_variables;        ///< declared there, but not translated

    /// `inputs.x`, `steps.s.outputs.x`, `needs.j.outputs.x`, `matrix.x`; nothing for all else.
    std::optional<GithubValue> value(std::string_view expression) const;
    /// The expression's value as text with `${{ }}` of ours; also `env.X` and literals.
    std::optional<std::string> pasted(std::string_view expression) const;
    /// Status functions, values and comparisons with literals, joined by `&&`. An empty `cel` is always true.
    std::optional<GithubCondition> condition(std::string_view text) const;

private:
    std::optional<GithubValue> of_matrix(std::string_view path) const;
    std::optional<std::string> part(std::string_view text) const;
    std::optional<std::string> comparison(std::string_view left, std::string_view right, bool equal) const;
};

}  // namespace pawl::cli
