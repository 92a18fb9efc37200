// One connection a query. Values are bound; the file is opened for reading alone when the text says that it only reads.
#include "daemon/work/sql_query.h"

#include <sqlite3.h>

#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/text.h"
#include "common/cel/base64.h"
#include "common/flow/sql_text.h"

namespace pawl {
namespace {

constexpr int value_bytes_max = 16 << 20;      ///< of one text or blob
constexpr int steps_between_looks = 1000;      ///< of SQLite's machine, between questions whether to give up
constexpr int statements_shown = 50;           ///< in the log
constexpr std::size_t statement_shown_max = 200;

struct CloseDb {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Db = std::unique_ptr<sqlite3, CloseDb>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// What a pragma may be asked: nothing that changes the file's format, the connection, or other files.
bool is_harmless_pragma(std::string_view name) {
    static constexpr std::string_view harmless[] = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
                                                    "foreign_key_check", "integrity_check", "quick_check", "user_version", "application_id", "data_version",
                                                    "page_count", "page_size", "freelist_count", "collation_list", "function_list", "compile_options", "encoding"};
    for (std::string_view const known : harmless)
        if (sqlite3_stricmp(std::string(name).c_str(), std::string(known).c_str()) == 0) return true;
    return false;
}

/// What SQLite asks about each statement before it is performed. `data`: where the reason goes.
int authorize(void* data, int action, char const* first, char const* second, char const*, char const*) {
    auto& reason = *static_cast<std::string*>(data);
    switch (action) {
    case SQLITE_ATTACH: case SQLITE_DETACH: reason = "a query speaks of one file: ATTACH, DETACH and VACUUM are refused"; return SQLITE_DENY;
    case SQLITE_TRANSACTION: reason = "a query is one transaction already: BEGIN, COMMIT and ROLLBACK are refused"; return SQLITE_DENY;
    case SQLITE_PRAGMA:
        if (is_harmless_pragma(first)) return SQLITE_OK;
        reason = "PRAGMA " + printable(take_characters(first, 40)) + " is refused in a query";
        return SQLITE_DENY;
    case SQLITE_FUNCTION:
        if (second == nullptr || sqlite3_stricmp(second, "load_extension") != 0) return SQLITE_OK;
        reason = "load_extension() is refused";
        return SQLITE_DENY;
    default: return SQLITE_OK;
    }
}

class Query {
public:
    Query(SqlOrder const& order, GiveUp const& give_up, WorkLog& log) : order_(order), give_up_(give_up), log_(log) {}
    WorkReport run();

private:
    int connect(int access);
    bool open();
    bool perform_all();
    bool perform(sqlite3_stmt* statement, std::string_view text);
    bool bind(sqlite3_stmt* statement);
    bool bind(sqlite3_stmt* statement, int index, Json const& value);
    bool take_rows(sqlite3_stmt* statement);
    std::optional<Json> value_of(sqlite3_stmt* statement, int column);
    bool execute(char const* sql);
    bool fail(std::string_view reason, std::string message);
    bool refuse();

    SqlOrder const& order_;
    GiveUp const& give_up_;
    WorkLog& log_;
    std::string denied_;
    Db db_;
    bool reads_ = flow::only_reads(order_.query);
    int number_ = 0;              ///< of the statement
    JsonList rows_;
    std::size_t rows_bytes_ = 0;
    bool gave_rows_ = false;      ///< the last statement
    std::int64_t changed_ = 0;
    WorkReport report_;
};

bool Query::fail(std::string_view reason, std::string message) {
    log_.complain(message);
    report_ = failed_report(reason, std::move(message));
    return false;
}

/// The reason is SQLite's, or what our authorizer said to it.
bool Query::refuse() {
    bool const is_alone = trim(order_.query).find(';') >= trim(order_.query).size() - 1;
    std::string const place = number_ > 0 && !is_alone ? "statement " + std::to_string(number_) + ": " : "";
    int const code = sqlite3_errcode(db_.get());
    std::string const text = !denied_.empty() && code == SQLITE_AUTH ? denied_ : printable(take_characters(sqlite3_errmsg(db_.get()), 500));
    bool const for_reading = code == SQLITE_READONLY && reads_;
    return fail("sql", place + text + (for_reading ? " (a query that begins with SELECT or WITH may not change anything)" : ""));
}

int Query::connect(int access) {
    db_.reset();
    sqlite3* db = nullptr;
    int const code = sqlite3_open_v2(order_.db.c_str(), &db, access | SQLITE_OPEN_NOMUTEX, nullptr);
    db_.reset(db);
    if (code != SQLITE_OK) return code;
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, value_bytes_max);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    for (auto const& [which, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
                                      std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1}})
        sqlite3_db_config(db, which, value, nullptr);
    sqlite3_progress_handler(db, steps_between_looks, [](void* data) { return (*static_cast<GiveUp const*>(data))(false) ? 1 : 0; }, const_cast<GiveUp*>(&give_up_));
    sqlite3_busy_handler(db, [](void* data, int) { return (*static_cast<GiveUp const*>(data))(true) ? 0 : 1; }, const_cast<GiveUp*>(&give_up_));
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);  // is it a database at all?
}

/// A file that another program left in the middle of a change is restored first, for which even a reader must write.
bool Query::open() {
    int code = connect(reads_ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (code == SQLITE_READONLY && reads_) {
        code = connect(SQLITE_OPEN_READWRITE);
        if (code == SQLITE_OK) code = sqlite3_exec(db_.get(), "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
    }
    if (db_ == nullptr) return fail("sql", "no memory for the database");
    return code == SQLITE_OK || refuse();
}

bool Query::execute(char const* sql) { return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK || refuse(); }

bool Query::bind(sqlite3_stmt* statement, int index, Json const& value) {
    auto const text = [&](std::string_view bytes) { return sqlite3_bind_text64(statement, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8); };
    int code = SQLITE_OK;
    switch (value.kind()) {
    case Json::Kind::null: code = sqlite3_bind_null(statement, index); break;
    case Json::Kind::boolean: code = sqlite3_bind_int(statement, index, value.as_bool() ? 1 : 0); break;
    case Json::Kind::integer: code = sqlite3_bind_int64(statement, index, value.as_int()); break;
    case Json::Kind::unsigned_integer: return fail("sql", "a value is larger than SQLite's integers: " + std::to_string(value.as_uint()));
    case Json::Kind::real: code = sqlite3_bind_double(statement, index, value.as_double()); break;
    case Json::Kind::string: code = text(value.as_string()); break;
    case Json::Kind::list: case Json::Kind::map: code = text(dump_json(value)); break;
    }
    return code == SQLITE_OK || refuse();
}

/// Each :name, @name or $name that this statement has.
bool Query::bind(sqlite3_stmt* statement) {
    int const count = sqlite3_bind_parameter_count(statement);
    for (int index = 1; index <= count; ++index) {
        char const* const name = sqlite3_bind_parameter_name(statement, index);
        Json const* const value = name != nullptr ? order_.params.find(name + 1) : nullptr;
        if (value == nullptr) return fail("sql", "the query's " + (name != nullptr ? printable(name) : "?") + " has no value");  // the check saw to it
        if (!bind(statement, index, *value)) return false;
    }
    return true;
}

/// Integers and doubles as they are, text, blobs in base64.
std::optional<Json> Query::value_of(sqlite3_stmt* statement, int column) {
    std::string const name = "column '" + printable(take_characters(sqlite3_column_name(statement, column), 60)) + "'";
    auto const bytes = [&] {
        auto const* const data = static_cast<char const*>(sqlite3_column_blob(statement, column));
        return std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    };
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return Json(static_cast<std::int64_t>(sqlite3_column_int64(statement, column)));
    case SQLITE_FLOAT: {
        double const value = sqlite3_column_double(statement, column);
        if (!std::isfinite(value)) return fail("bad_output", name + " is infinite, which JSON cannot say"), std::nullopt;
        return Json(value);
    }
    case SQLITE_TEXT:
        if (find_invalid_utf8(bytes()) != std::string_view::npos) return fail("bad_output", name + " holds text that is not UTF-8: select hex(…) of it"), std::nullopt;
        return Json(bytes());
    case SQLITE_BLOB: return Json(cel::base64_encode(bytes()));
    default: return Json();
    }
}

bool Query::take_rows(sqlite3_stmt* statement) {
    JsonMap row;
    int const columns = sqlite3_column_count(statement);
    for (int column = 0; column < columns; ++column) {
        std::string const name = sqlite3_column_name(statement, column);
        if (row.find(name) != nullptr) return fail("bad_output", "two columns are called '" + printable(take_characters(name, 60)) + "': name one of them with AS");
        std::optional<Json> value = value_of(statement, column);
        if (!value) return false;
        row.append(name, std::move(*value));
    }
    Json made(std::move(row));
    rows_bytes_ += dump_json(made).size() + 1;
    if (rows_bytes_ > outputs_of_work_max)
        return fail("bad_output", "the rows are larger than 64 KiB after " + counted(static_cast<std::int64_t>(rows_.size()), "row") +
                                      ": select less, or use a program, such as sqlite3, in a step with run");
    rows_.push_back(std::move(made));
    return true;
}

bool Query::perform(sqlite3_stmt* statement, std::string_view text) {
    if (!bind(statement)) return false;
    std::int64_t const before = sqlite3_total_changes64(db_.get());
    auto const begun = std::chrono::steady_clock::now();
    rows_.clear();
    rows_bytes_ = 0;
    gave_rows_ = sqlite3_column_count(statement) > 0;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (!take_rows(statement)) return false;
    if (code != SQLITE_DONE) return refuse();
    std::int64_t const changed = sqlite3_total_changes64(db_.get()) - before;
    changed_ += changed;
    if (number_ > statements_shown) return true;
    auto const took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    std::string const shown = printable(take_characters(text.substr(0, text.find('\n')), statement_shown_max)) + (text.find('\n') == std::string_view::npos ? "" : " …");
    log_.say(std::to_string(number_) + ": " + shown);
    log_.say("   " + (gave_rows_ ? counted(static_cast<std::int64_t>(rows_.size()), "row") : counted(changed, "row") + " changed") + ", " + shown_ms(took));
    return true;
}

bool Query::perform_all() {
    std::string_view rest = order_.query;
    while (!rest.empty()) {
        sqlite3_stmt* prepared = nullptr;
        char const* behind = nullptr;
        ++number_;
        if (sqlite3_prepare_v2(db_.get(), rest.data(), static_cast<int>(rest.size()), &prepared, &behind) != SQLITE_OK) return refuse();
        Statement const statement(prepared);
        std::string_view const text = trim(rest.substr(0, static_cast<std::size_t>(behind - rest.data())));
        rest.remove_prefix(static_cast<std::size_t>(behind - rest.data()));
        if (prepared == nullptr) --number_;  // a comment, or nothing
        else if (!perform(prepared, text)) return false;
    }
    return true;
}

WorkReport Query::run() {
    log_.say("opens " + printable(take_characters(order_.db, 300)) + (reads_ ? ", to read" : ""));
    if (!open() || !execute(reads_ ? "BEGIN" : "BEGIN IMMEDIATE")) return report_;
    sqlite3_set_authorizer(db_.get(), authorize, &denied_);
    bool const performed = perform_all();
    sqlite3_set_authorizer(db_.get(), nullptr, nullptr);
    number_ = 0;
    if (!performed || !execute("COMMIT")) {
        sqlite3_progress_handler(db_.get(), 0, nullptr, nullptr);
        sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        if (!reads_) log_.complain("nothing was changed");
        return report_;
    }
    if (!reads_) log_.say("committed: " + counted(changed_, "row") + " changed");
    report_.outputs.append("count", gave_rows_ ? static_cast<std::int64_t>(rows_.size()) : changed_);
    report_.outputs.append("rows", Json(std::move(rows_)));
    return report_;
}

}  // namespace

SqlOrder read_sql_order(Json const& request) {
    Json const* const params = request.find("params");
    return {.db = request.text("db"), .query = request.text("query"), .params = params != nullptr && params->is_map() ? params->as_map() : JsonMap{}};
}

WorkReport run_query(SqlOrder const& order, GiveUp const& give_up, WorkLog& log) { return Query(order, give_up, log).run(); }

}  // namespace pawl
