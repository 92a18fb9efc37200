// What went wrong, where the user wrote it, and what to try next.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/assert.h"
#include "common/base/file_name.h"

namespace pawl {

/// A place in a text that belongs to the user. Lines and columns count from 1, columns in characters; line 0 is the whole file.
struct SourcePos {
    FileName file{};
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 1;  ///< characters to underline, at least 1; never past the end of the line
    auto operator<=>(SourcePos const&) const = default;
};

/// The stable name of a kind of error: printed in brackets, sent in problem+json, matched by scripts. The names live in error_codes.h.
struct ErrorCode {
    std::string_view name;  ///< static storage
    bool operator==(ErrorCode const&) const = default;
};

enum class Severity : std::uint8_t { error, warning };

/// A second place that belongs to an error: "first defined here".
struct Note {
    SourcePos where;
    std::string message;
    bool operator==(Note const&) const = default;
};

/// A ready rewrite of a piece of the user's text, applied by `pawl check --fix`. Offsets are bytes into the file as read.
struct Fix {
    std::size_t offset = 0;
    std::size_t length = 0;
    std::string replacement;
    bool operator==(Fix const&) const = default;
};

// The braces keep -Wmissing-field-initializers quiet where a designated initialiser leaves the rest out.
struct Error {
    ErrorCode code;
    std::string message{};             ///< one sentence, lower case, no full stop
    std::optional<SourcePos> where{};  ///< absent when no text is to blame
    std::string hint{};                ///< what the user can do now; may be empty
    Severity severity = Severity::error;
    std::vector<Note> notes{};
    std::vector<Fix> fixes{};          ///< all or none of them are applied
    bool operator==(Error const&) const = default;
};

/// Every mistake of a text, in reading order. Errors block, warnings do not.
using Diagnostics = std::vector<Error>;
bool has_errors(Diagnostics const& diagnostics);
/// By file, line, column; equal places keep their order.
void sort_by_place(Diagnostics& diagnostics);

/// A value, or the reason why there is none. The names are those of std::expected, which may replace it one day.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    explicit operator bool() const { return state_.index() == 0; }
    T const& operator*() const& { return *checked(); }
    T& operator*() & { return *const_cast<T*>(checked()); }
    T&& operator*() && { return std::move(*const_cast<T*>(checked())); }
    T const* operator->() const { return checked(); }
    T* operator->() { return const_cast<T*>(checked()); }
    Error const& error() const {
        ASSERT(state_.index() == 1);
        return *std::get_if<1>(&state_);
    }

private:
    T const* checked() const {
        ASSERT(state_.index() == 0);
        return std::get_if<0>(&state_);
    }
    std::variant<T, Error> state_;
};

/// A Result without a value: done, or the reason why not.
struct Done {};
using Status = Result<Done>;

}  // namespace pawl
