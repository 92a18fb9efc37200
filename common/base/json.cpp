// The values behind json.h, and reading them: nlohmann's SAX parser drives our own tree builder, so that depth, size and duplicate
// keys are decided here. Writing is in json_dump.cpp. No other file includes nlohmann.
#include "common/base/json.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl {

// --- JsonMap ---------------------------------------------------------------------------------------------------------

JsonMap::JsonMap(std::initializer_list<Member> members) {
    members_.reserve(members.size());
    for (Member const& member : members) set(member.first, member.second);
}

Json const* JsonMap::find(std::string_view key) const {
    for (Member const& member : members_) {
        if (member.first == key) return &member.second;
    }
    return nullptr;
}

Json* JsonMap::find(std::string_view key) {
    return const_cast<Json*>(std::as_const(*this).find(key));
}

void JsonMap::set(std::string key, Json value) {
    if (Json* present = find(key)) *present = std::move(value);
    else append(std::move(key), std::move(value));
}

bool JsonMap::erase(std::string_view key) {
    return std::erase_if(members_, [&](Member const& member) { return member.first == key; }) > 0;
}

void JsonMap::append(std::string key, Json value) {
    members_.emplace_back(std::move(key), std::move(value));
}

std::size_t JsonMap::size() const { return members_.size(); }
bool JsonMap::empty() const { return members_.empty(); }
std::vector<JsonMap::Member>::const_iterator JsonMap::begin() const { return members_.begin(); }
std::vector<JsonMap::Member>::const_iterator JsonMap::end() const { return members_.end(); }
std::vector<JsonMap::Member>::iterator JsonMap::begin() { return members_.begin(); }
std::vector<JsonMap::Member>::iterator JsonMap::end() { return members_.end(); }

bool JsonMap::operator==(JsonMap const& other) const {
    if (members_.size() != other.members_.size()) return false;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        auto const& [key, value] = members_[i];
        bool const same_place = other.members_[i].first == key;  // nearly always: the search below is for reordered maps
        Json const* theirs = same_place ? &other.members_[i].second : other.find(key);
        if (theirs == nullptr || !(*theirs == value)) return false;
    }
    return true;
}

// --- Json ------------------------------------------------------------------------------------------------------------

Json& Json::set(std::string key, Json value) {
    if (is_null()) value_ = JsonMap{};
    as_map().set(std::move(key), std::move(value));
    return *this;
}

std::string Json::text(std::string_view key, std::string_view fallback) const {
    Json const* member = find(key);
    return member != nullptr && member->is_string() ? member->as_string() : std::string(fallback);
}

std::int64_t Json::number(std::string_view key, std::int64_t fallback) const {
    Json const* member = find(key);
    return member != nullptr && member->is_int() ? member->as_int() : fallback;
}

bool Json::flag(std::string_view key, bool fallback) const {
    Json const* member = find(key);
    return member != nullptr && member->is_bool() ? member->as_bool() : fallback;
}

bool Json::operator==(Json const& other) const { return value_ == other.value_; }

// --- parsing ---------------------------------------------------------------------------------------------------------

namespace {

/// Walks the text for nlohmann and tells us, through `reached`, how far its lexer has read: its events carry no positions.
class TrackedChar {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = char const*;
    using reference = char const&;

    TrackedChar(char const* at, char const** reached) : at_(at), reached_(reached) {}
    reference operator*() const { return *at_; }
    TrackedChar& operator++() {
        *reached_ = ++at_;
        return *this;
    }
    TrackedChar operator++(int) {
        TrackedChar const before = *this;
        ++*this;
        return before;
    }
    bool operator==(TrackedChar const& other) const { return at_ == other.at_; }

private:
    char const* at_;
    char const** reached_;
};

/// Line and column, in characters, of a byte offset.
SourcePos position_at(std::string_view text, std::size_t offset) {
    std::string_view const before = text.substr(0, std::min(offset, text.size()));
    std::size_t const line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    auto const line = 1 + std::count(before.begin(), before.end(), '\n');
    auto const column = 1 + count_characters(before.substr(line_start));
    return {.file = {}, .line = static_cast<std::uint32_t>(line), .column = static_cast<std::uint32_t>(column)};
}

Error json_error(std::string_view text, std::size_t offset, std::string message) {
    return {.code = code::invalid_value, .message = std::move(message), .where = position_at(text, offset)};
}

/// "[json.exception…] parse error at line 1, column 2: syntax error while parsing value - unexpected ']'; last read: '…'" → the reason.
std::string reason_of(std::string_view what) {
    if (auto const dash = what.find(" - "); dash != std::string_view::npos) {
        what.remove_prefix(dash + 3);
    } else if (auto const bracket = what.find("] "); bracket != std::string_view::npos) {
        what.remove_prefix(bracket + 2);
    }
    std::string_view expected;
    if (auto const at = what.find("; expected "); at != std::string_view::npos) expected = what.substr(at);
    return printable(std::string(what.substr(0, what.find("; "))) + std::string(expected));
}

/// Receives nlohmann's events. Every member returns false to stop; `error` then says why.
class TreeBuilder {
public:
    TreeBuilder(std::string_view text, char const** reached, std::size_t depth_max)
        : text_(text), reached_(reached), depth_max_(depth_max) {}

    bool null() { return add(Json{}); }
    bool boolean(bool value) { return add(Json{value}); }
    bool number_integer(std::int64_t value) { return add(Json{value}); }
    bool number_unsigned(std::uint64_t value) {
        bool const fits_signed = value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return add(fits_signed ? Json{static_cast<std::int64_t>(value)} : Json{value});
    }
    bool number_float(double value, std::string const&) { return add(Json{value}); }
    bool string(std::string& value) { return add(Json{std::move(value)}); }
    bool binary(nlohmann::json::binary_t&) { return false; }  // no such thing in text

    bool start_object(std::size_t) { return open(Json{JsonMap{}}); }
    bool start_array(std::size_t) { return open(Json{JsonList{}}); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& name) {
        Frame& frame = frames_.back();
        if (!frame.is_new(name)) return fail(start_of_key(), "duplicate key '" + printable(name) + "'");
        frame.key = std::move(name);
        return true;
    }

    /// `position` counts what was read, the offending character (or the end of the text) included.
    bool parse_error(std::size_t position, std::string const&, nlohmann::json::exception const& why) {
        return fail(position > 0 ? position - 1 : 0, "not JSON: " + reason_of(why.what()));
    }

    Json root;
    std::unique_ptr<Error> error;

private:
    struct Frame {
        Json container;
        std::string key;                                  ///< of the member whose value comes next
        std::unordered_set<std::string> keys_of_large_map;  ///< filled from the 17th member on; small maps are searched

        bool is_new(std::string const& name) {
            JsonMap const& map = container.as_map();
            if (map.size() < 16) return map.find(name) == nullptr;
            if (keys_of_large_map.empty()) {
                for (auto const& member : map) keys_of_large_map.insert(member.first);
            }
            return keys_of_large_map.insert(name).second;
        }
    };

    std::size_t read_so_far() const { return static_cast<std::size_t>(*reached_ - text_.data()); }

    /// The lexer stands behind the key's closing quote: the opening one is the nearest that no backslash escapes.
    std::size_t start_of_key() const {
        std::size_t quote = read_so_far() - 1;
        auto const escaped = [&](std::size_t at) {
            std::size_t backslashes = 0;
            while (backslashes < at && text_[at - backslashes - 1] == '\\') ++backslashes;
            return backslashes % 2 == 1;
        };
        do --quote;
        while (text_[quote] != '"' || escaped(quote));
        return quote;
    }

    bool fail(std::size_t offset, std::string message) {
        error = std::make_unique<Error>(json_error(text_, offset, std::move(message)));
        return false;
    }

    bool open(Json container) {
        if (frames_.size() >= depth_max_) {
            return fail(read_so_far() - 1, "nested deeper than " + std::to_string(depth_max_) + " levels");
        }
        frames_.push_back({.container = std::move(container), .key = {}, .keys_of_large_map = {}});
        return true;
    }

    bool close() {
        Json done = std::move(frames_.back().container);
        frames_.pop_back();
        return add(std::move(done));
    }

    bool add(Json value) {
        if (frames_.empty()) {
            root = std::move(value);
        } else if (Frame& frame = frames_.back(); frame.container.is_list()) {
            frame.container.as_list().push_back(std::move(value));
        } else {
            frame.container.as_map().append(std::move(frame.key), std::move(value));
        }
        return true;
    }

    std::string_view text_;
    char const** reached_;
    std::size_t depth_max_;
    std::vector<Frame> frames_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
    if (text.size() > limits.bytes_max) {
        return Error{.code = code::limit_exceeded,
                     .message = "JSON text of " + std::to_string(text.size()) + " bytes is larger than " +
                                std::to_string(limits.bytes_max),
                     .where = SourcePos{.file = {}, .line = 1, .column = 1}};
    }
    // nlohmann 3.11 takes a NUL for the end of the text and ignores what follows.
    if (auto const nul = text.find('\0'); nul != std::string_view::npos) return json_error(text, nul, "not JSON: NUL byte");
    char const* reached = text.data();
    TreeBuilder builder{text, &reached, limits.depth_max};
    TrackedChar const begin{text.data(), &reached};
    TrackedChar const end{text.data() + text.size(), &reached};
    if (!nlohmann::json::sax_parse(begin, end, &builder)) return std::move(*builder.error);
    return std::move(builder.root);
}

}  // namespace pawl
