#include "daemon/store/migrations.h"

#include <array>
#include <string>
#include <string_view>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"

namespace pawl {
namespace {

constexpr std::int64_t application_id = 0x7061776c;  // "pawl"

/// In order; the n-th leads from schema n-1 to n. Released ones never change.
constexpr std::array<std::string_view, schema_version> migrations{
#include "daemon/store/migrations/0001_foundation.sql"
    ,
#include "daemon/store/migrations/0002_items.sql"
};

void apply(Database& database, int version) {
    PAWL_CRASH_POINT("migrate.before");
    database.run("BEGIN IMMEDIATE");
    database.run(migrations[static_cast<std::size_t>(version) - 1]);
    PAWL_CRASH_POINT("migrate.inside");
    database.run("PRAGMA application_id = " + std::to_string(application_id));
    database.run("PRAGMA user_version = " + std::to_string(version));
    database.run("COMMIT");
    PAWL_CRASH_POINT("migrate.after");
}

}  // namespace

Status migrate(Database& database) {
    std::int64_t const owner = database.number("PRAGMA application_id");
    std::int64_t const present = database.number("PRAGMA user_version");
    bool const is_new = owner == 0 && present == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (!is_new && owner != application_id)
        return Error{.code = code::conflict, .message = "the file is a database, but not one of pawl", .hint = "choose another state folder"};
    if (present > schema_version) {
        return Error{.code = code::conflict,
                     .message = "the database has schema " + std::to_string(present) + ", this pawl knows up to " + std::to_string(schema_version),
                     .hint = "start the newer pawl that wrote it, or restore a backup made before the upgrade"};
    }
    std::string const mode = database.word("PRAGMA journal_mode = WAL");
    if (mode != "wal" && mode != "memory")
        return Error{.code = code::io, .message = "the file system allows no write-ahead log (journal mode " + mode + ")", .hint = "choose a local disk"};
    for (int version = static_cast<int>(present) + 1; version <= schema_version; ++version) apply(database, version);
    return Done{};
}

}  // namespace pawl
