// Brings a file to the schema of this build, or says why not.
#pragma once

#include "common/base/error.h"
#include "daemon/store/database.h"

namespace pawl {

/// The schema this build writes; `PRAGMA user_version` of its files.
inline constexpr int schema_version = 2;

/// One transaction a migration, so that a crash leaves a whole schema; a second call does nothing. Errors: code::conflict for a file that
/// is not pawl's or comes from a newer pawl (nothing in it is touched). Throws StoreFailure for all that SQLite refuses.
Status migrate(Database& database);

}  // namespace pawl
