// A prepared statement: bind by position, step, read by column. Only statement.cpp and database.cpp know sqlite3.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pawl {

/// Used by the thread of its connection only, and must die before it. Members throw StoreFailure.
/// JSON is stored as text (null as NULL), times and spans as microseconds, enums and ids as integers, an absent optional as NULL.
class Statement {
public:
    Statement(sqlite3& db, std::string_view sql);

    /// Binds all values and is ready for next(). Texts are borrowed until the statement is bound again: pass no temporaries.
    template <class... Args>
    Statement& with(Args const&... args) {
        rewind();
        int i = 0;
        (put(++i, args), ...);
        return *this;
    }
    /// Binds one more value behind those of `with`, for statements put together at run time.
    template <class T>
    void bind(int index, T const& value) {
        put(index, value);
    }
    bool next();         ///< true while there is a row; afterwards the statement is reset, so that it holds no snapshot
    int changed_rows();  ///< runs to the end, then counts
    /// Binds and runs to the end; the number of changed rows. Temporaries may be passed.
    template <class... Args>
    int run(Args const&... args) {
        return with(args...).changed_rows();
    }
    /// Reads the columns of the present row from left to right.
    template <class... Args>
    void into(Args&... args) const {
        int i = 0;
        (take(i++, args), ...);
    }
    std::int64_t integer(int column) const;
    bool is_null(int column) const;
    bool is_integer(int column) const;
    std::string_view text(int column) const;  ///< until the next step
    void rewind();                            ///< gives the snapshot back

private:
    void put(int index, std::int64_t value);
    void put(int index, std::string_view value);
    void put(int index, std::nullptr_t);
    void put(int index, Json const& value);
    void put(int index, std::string const& value) { put(index, std::string_view(value)); }
    void put(int index, char const* value) { put(index, std::string_view(value)); }
    template <class T>
        requires std::is_integral_v<T> || std::is_enum_v<T>
    void put(int index, T value) {
        put(index, static_cast<std::int64_t>(value));
    }
    template <class Tag>
    void put(int index, Id<Tag> id) {
        put(index, id.value);
    }
    void put(int index, UtcTime time) { put(index, static_cast<std::int64_t>(time.time_since_epoch().count())); }
    void put(int index, Duration span) { put(index, static_cast<std::int64_t>(span.count())); }
    template <class T>
    void put(int index, std::optional<T> const& value) {
        value ? put(index, *value) : put(index, nullptr);
    }

    void take(int column, std::string& value) const { value = text(column); }
    void take(int column, Json& value) const;
    template <class T>
        requires std::is_integral_v<T> || std::is_enum_v<T>
    void take(int column, T& value) const {
        value = static_cast<T>(integer(column));
    }
    template <class Tag>
    void take(int column, Id<Tag>& id) const {
        id.value = integer(column);
    }
    void take(int column, UtcTime& time) const { time = UtcTime(Duration(integer(column))); }
    void take(int column, Duration& span) const { span = Duration(integer(column)); }
    template <class T>
    void take(int column, std::optional<T>& value) const {
        value.reset();
        if (!is_null(column)) take(column, value.emplace());
    }

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Throws StoreFailure with the connection's last error. `doing`: what was tried, for people.
[[noreturn]] void throw_failure(sqlite3& db, std::string_view doing);

}  // namespace pawl
