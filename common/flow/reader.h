// Reads maps and scalars of a YAML document by the table of keys, and reports what does not fit in the user's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/flow/keys.h"
#include "common/flow/pattern.h"
#include "common/yaml/document.h"

namespace pawl::flow {

class Reader;

/// The members of one map whose keys are known and whose values have the right shape. Borrows the map and the reader.
class Fields {
public:
    Fields(Reader& reader, yaml::Node const* map, Place place) : reader_(&reader), map_(map), place_(place) {}

    yaml::Node const* find(std::string_view key) const;        ///< the value; null when absent or of a wrong shape
    yaml::Member const* member(std::string_view key) const;
    bool has(std::string_view key) const { return member(key) != nullptr; }
    yaml::Node const& map() const { return *map_; }

    std::string text(std::string_view key) const;              ///< empty when absent
    std::optional<std::int64_t> integer(std::string_view key) const;
    std::optional<double> number(std::string_view key) const;
    std::optional<bool> boolean(std::string_view key) const;
    std::optional<Duration> duration(std::string_view key) const;  ///< never negative
    /// Index among the choices of the key.
    std::optional<std::size_t> choice(std::string_view key) const;
    template <class Enum>
    Enum choice(std::string_view key, Enum standard) const {
        auto const index = choice(key);
        return index ? static_cast<Enum>(*index) : standard;
    }

private:
    friend class Reader;
    struct Field {
        Key const* key;
        yaml::Member const* member;
    };
    Field const* field(std::string_view key) const;
    bool within_bounds(Field const& field, double value) const;

    Reader* reader_;
    yaml::Node const* map_;
    Place place_;
    std::vector<Field> fields_;
};

/// Collects the diagnostics of one file. Borrows both.
class Reader {
public:
    Reader(yaml::File const& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

    yaml::File const& file() const { return file_; }
    Diagnostics& diagnostics() { return diagnostics_; }

    Error& error(ErrorCode code, SourcePos where, std::string message, std::string hint = {});
    Error& warning(ErrorCode code, SourcePos where, std::string message, std::string hint = {});
    std::size_t error_count() const { return error_count_; }
    /// So many mistakes that further ones are only counted: nobody reads them, and a hostile file must not cost more than it can.
    bool is_full() const { return error_count_ >= mistakes_max; }
    static constexpr std::size_t mistakes_max = 1000;
    /// A suggestion costs a search; the first mistakes get one.
    bool may_suggest() const { return error_count_ < 100; }
    /// Where a piece of a scalar's value stands; in very long lines the scalar itself, as columns are counted from the line's start.
    SourcePos place_in(yaml::Node const& scalar, std::size_t byte_in_value, std::size_t length) const;
    void add(Diagnostics found);

    /// Has the map an unknown key that was meant to be this one?
    bool is_misspelt(yaml::Node const& map, Place place, std::string_view key) const;
    /// Checks keys and shapes. `owner` names the map in messages ("step 'verify'"); empty: the title of the place.
    Fields read_map(yaml::Node const& node, Place place, std::string_view owner = {});

    bool has_shape(yaml::Node const& node, Key const& key);
    /// Each reports what it does not understand; `what` is the key's name.
    std::optional<std::int64_t> integer(yaml::Node const& node, std::string_view what);
    std::optional<double> number(yaml::Node const& node, std::string_view what);
    std::optional<bool> boolean(yaml::Node const& node, std::string_view what);
    std::optional<Duration> duration(yaml::Node const& node, std::string_view what);
    /// True when the text holds "${{", which is then reported: `what` cannot have a value pasted into it.
    bool refuse_expression(yaml::Node const& node, std::string_view what);
    /// A list of plain texts without expressions, or nothing where an item is not.
    std::vector<yaml::Node const*> texts(yaml::Node const& list, std::string_view what);
    int pattern_budget_left = pattern_budget;

    /// Refuses more than `max` members or items.
    bool within(std::size_t count, std::size_t max, yaml::Node const& node, std::string_view what);

private:
    void unknown_key(yaml::Node const& key, Place place, std::string_view owner);
    bool wrong_shape(yaml::Node const& node, Key const& key);

    yaml::File const& file_;
    Diagnostics& diagnostics_;
    std::size_t error_count_ = 0;
    Error surplus_;  ///< takes what is only counted
};

/// A short quotation of the user's text for a message: one line, at most 40 characters, control characters escaped.
std::string quotation(std::string_view text);
/// No value, or an unquoted null: neither is a text.
bool is_nothing(yaml::Node const& node);
std::string describe_kind(yaml::Node const& node);  ///< "a list", "a map", "text"

}  // namespace pawl::flow
