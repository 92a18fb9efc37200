#include "daemon/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pawl {
namespace {

// `journal_mode` is set by the store, once it knows that the file is ours.
// A small WAL that is written again and again is cheaper than one that grows.
constexpr char writer_settings[] = R"(
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 200;
    PRAGMA mmap_size = 0;
    PRAGMA secure_delete = FAST;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
)";
constexpr char reader_settings[] = R"(
    PRAGMA query_only = ON;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA mmap_size = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
)";
constexpr int busy_wait_ms = 2000;  // a reader that opens while the writer closes, and the other way round

/// SQLite creates files with the umask alone. An existing file is left alone: closing a descriptor of it would drop the locks that
/// other connections of this process hold (POSIX).
void create_private_file(std::string const& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
        throw StoreFailure(SQLITE_CANTOPEN, path + " is a symbolic link");
    int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
    else if (errno != EEXIST) throw StoreFailure(SQLITE_CANTOPEN, "cannot create " + path + ": " + std::strerror(errno));
}

void set_switch(sqlite3& db, int which, int value) {
    if (sqlite3_db_config(&db, which, value, nullptr) != SQLITE_OK) throw_failure(db, "cannot set up the database connection");
}

}  // namespace

Trouble trouble_of(int sqlite_code) {
    switch (sqlite_code & 0xff) {
    case SQLITE_FULL: return Trouble::disk_full;
    case SQLITE_IOERR: case SQLITE_CANTOPEN: case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_NOMEM: case SQLITE_PROTOCOL:
    case SQLITE_READONLY: case SQLITE_PERM: return Trouble::io;
    case SQLITE_CORRUPT: case SQLITE_NOTADB: return Trouble::damaged;
    default: return Trouble::bug;
    }
}

bool is_duplicate_key(StoreFailure const& failure) {
    return failure.code == SQLITE_CONSTRAINT_PRIMARYKEY || failure.code == SQLITE_CONSTRAINT_UNIQUE ||
           failure.code == SQLITE_CONSTRAINT_ROWID;
}

void Database::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Database::Database(std::string const& path, std::string const& vfs, Access access) {
    bool const writes = access == Access::write;
    if (writes && vfs.empty() && path != ":memory:") create_private_file(path);
    int const flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
    sqlite3* db = nullptr;
    int const code = sqlite3_open_v2(path.c_str(), &db, flags, vfs.empty() ? nullptr : vfs.c_str());
    db_.reset(db);
    if (db == nullptr) throw StoreFailure(SQLITE_NOMEM, "no memory for the database");
    if (code != SQLITE_OK) throw_failure(*db, "cannot open " + path);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, busy_wait_ms);
    set_switch(*db, SQLITE_DBCONFIG_DEFENSIVE, 1);
    set_switch(*db, SQLITE_DBCONFIG_DQS_DML, 0);
    set_switch(*db, SQLITE_DBCONFIG_DQS_DDL, 0);
    if (!writes) set_switch(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
    run(writes ? writer_settings : reader_settings);
}

void Database::run(std::string_view sql) {
    if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw_failure(*db_, "the database refuses");
}

std::int64_t Database::number(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.next() ? statement.integer(0) : 0;
}

std::string Database::word(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.next() ? std::string(statement.text(0)) : std::string();
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

void Database::rollback() noexcept {
    if (in_transaction()) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::checkpoint() {
    if (sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr) != SQLITE_OK)
        throw_failure(*db_, "cannot move the log into the database");
}

}  // namespace pawl
