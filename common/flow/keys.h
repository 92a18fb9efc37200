// The keys of pawl files, as one table: it drives the reader, the suggestions for unknown keys, the JSON Schema and the test of the
// manual page. A key that is not here does not exist.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::flow {

/// A kind of map in a file.
enum class Place : std::uint8_t { none, workflow, defaults, concurrency, step, retry, stop, wait, approve, arm, undo, declaration, project, condition, condition_test, test, test_case, mock, http, sql, artifacts, cache };
inline constexpr std::size_t place_count = 22;

/// What a key's value looks like.
enum class Shape : std::uint8_t {
    text,         ///< a scalar, taken as it is written
    script,       ///< text that is executed: never with ${{ }}
    choice,       ///< one of Key::choices
    integer,
    number,
    boolean,
    duration,
    expression,   ///< bare CEL
    pasted,       ///< text with ${{ }}
    value,        ///< anything
    text_list,
    pasted_list,
    value_list,
    shell,        ///< a choice, or an argument list
    text_map,
    pasted_map,   ///< environment name → text with ${{ }}
    value_map,    ///< identifier → any value with ${{ }}
    declarations, ///< identifier → type, or a map of Place::declaration
    declaration,
    map,          ///< a map of Key::inner
    globs_or_map, ///< a list of texts with ${{ }}, or a map of Key::inner with it under `paths`
    steps,        ///< a list of maps of Place::step
    arms,         ///< a list of maps of Place::arm
    tests,        ///< a list of maps of Key::inner
    cases,        ///< the same
    mocks,        ///< step id → a map of Key::inner, or a list of them
    expectations, ///< bare CEL → any value
};

struct Key {
    std::string_view name = {};
    Shape shape = Shape::text;
    std::string_view standard = {};            ///< what holds when the key is absent, as a person would write it; may be empty
    std::string_view doc = {};                 ///< one sentence
    std::string_view choices = {};             ///< separated by spaces
    std::string_view prefix = {};              ///< of a choice: it may also be the name of an object behind this
    Place inner = Place::none;
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    bool required = false;
};

std::span<Key const> keys_of(Place place);
Key const* find_key(Place place, std::string_view name);
/// How messages call such a map: "step", "'retry'".
std::string_view title_of(Place place);

/// What the user probably meant by an unknown key, as a hint; empty when nothing comes to mind.
std::string hint_for_unknown(Place place, std::string_view name);

/// Words that later versions will know: keys of a place, kinds of documents, step types and variables of expressions.
enum class Where : std::uint8_t { workflow, step, defaults, kind, uses, variable, nowhere };
bool comes_later(Where where, std::string_view word);
bool comes_later(Place place, std::string_view word);
inline constexpr std::string_view hint_for_later = "pawl.yaml(5) lists what this version knows";

/// Choices of a key, or any other text with words between spaces.
std::vector<std::string_view> words(std::string_view text);
/// "did you mean 'TERM'?" when one is near, else "one of: TERM, INT".
std::string hint_for_choice(std::string_view choices, std::string_view given);

}  // namespace pawl::flow
