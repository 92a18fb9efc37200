// One connection to a SQLite file, set up the way pawl needs it. Statements of it are in statement.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "daemon/store/statement.h"
#include "daemon/store/store.h"

namespace pawl {

/// What a SQLite result code means for the one who has to react.
enum class Trouble : std::uint8_t {
    disk_full,  ///< room may be made
    io,         ///< may pass: read or write errors, a busy or locked file, no memory
    damaged,    ///< the file is not (or no longer) a database
    bug         ///< anything else: a statement or a row of ours is wrong
};
Trouble trouble_of(int sqlite_code);
bool is_duplicate_key(StoreFailure const& failure);  ///< of a row that must be unique

/// Exactly one connection of Access::write may exist for a file, and it alone checkpoints: SQLite before 3.51.3 can damage a WAL when
/// two connections write or checkpoint at once. The caller's lock on the state folder sees to that.
class Database {
public:
    enum class Access : std::uint8_t { write, read };
    /// Creates the file (0600) when it is written and missing. Throws StoreFailure; so do all members.
    Database(std::string const& path, std::string const& vfs, Access access);

    Statement prepare(std::string_view sql) { return Statement(*db_, sql); }
    void run(std::string_view sql);                ///< any number of statements without values
    std::int64_t number(std::string_view sql);     ///< the first column of the first row; 0 when there is none
    std::string word(std::string_view sql);        ///< the same as text
    bool in_transaction() const;
    void rollback() noexcept;                      ///< of what is open, if anything
    void checkpoint();                             ///< passive: waits for nobody

private:
    struct Close {
        void operator()(sqlite3* db) const;
    };
    std::unique_ptr<sqlite3, Close> db_;
};

/// A read transaction: all that is read until its end is of one commit.
class Snapshot {
public:
    explicit Snapshot(Database& database) : database_(database) { database_.run("BEGIN"); }
    ~Snapshot() { database_.rollback(); }
    Snapshot(Snapshot const&) = delete;
    Snapshot& operator=(Snapshot const&) = delete;

private:
    Database& database_;
};

}  // namespace pawl
