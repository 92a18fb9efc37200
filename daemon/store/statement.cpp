#include "daemon/store/statement.h"

#include <sqlite3.h>

#include "daemon/store/store.h"

namespace pawl {

void throw_failure(sqlite3& db, std::string_view doing) {
    int const code = sqlite3_extended_errcode(&db);
    throw StoreFailure(code, std::string(doing) + ": " + sqlite3_errmsg(&db));
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3& db, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    int const code = sqlite3_prepare_v3(&db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) throw_failure(db, "cannot prepare a statement");
    statement_.reset(statement);
}

void Statement::rewind() {
    sqlite3_reset(statement_.get());  // its result repeats an error that next() has already thrown
}

bool Statement::next() {
    int const code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement_.get());
        return false;
    }
    sqlite3& db = *sqlite3_db_handle(statement_.get());
    StoreFailure const failure(sqlite3_extended_errcode(&db), sqlite3_errmsg(&db));
    sqlite3_reset(statement_.get());
    throw failure;
}

int Statement::changed_rows() {
    while (next()) {}
    return sqlite3_changes(sqlite3_db_handle(statement_.get()));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

bool Statement::is_integer(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER; }

std::string_view Statement::text(int column) const {
    auto const* bytes = reinterpret_cast<char const*>(sqlite3_column_text(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::put(int index, std::int64_t value) {
    if (sqlite3_bind_int64(statement_.get(), index, value) != SQLITE_OK) throw_failure(*sqlite3_db_handle(statement_.get()), "cannot bind");
}

void Statement::put(int index, std::nullptr_t) {
    if (sqlite3_bind_null(statement_.get(), index) != SQLITE_OK) throw_failure(*sqlite3_db_handle(statement_.get()), "cannot bind");
}

void Statement::put(int index, std::string_view value) {
    char const* bytes = value.data() == nullptr ? "" : value.data();  // a null pointer would be stored as NULL
    if (sqlite3_bind_text64(statement_.get(), index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
        throw_failure(*sqlite3_db_handle(statement_.get()), "cannot bind");
}

void Statement::put(int index, Json const& value) {
    if (value.is_null()) return put(index, nullptr);
    std::string const text = dump_json(value);
    if (sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK)
        throw_failure(*sqlite3_db_handle(statement_.get()), "cannot bind");
}

void Statement::take(int column, Json& value) const {
    value = nullptr;
    if (is_null(column)) return;
    auto parsed = parse_json(text(column), {.bytes_max = 1u << 30, .depth_max = 1000});
    if (!parsed) throw StoreFailure(SQLITE_CORRUPT, "a stored JSON text cannot be read: " + parsed.error().message);
    value = *std::move(parsed);
}

}  // namespace pawl
