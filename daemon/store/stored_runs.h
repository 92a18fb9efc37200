// Reads runs whole, as rows: for start-up, and for what carries an ended run over.
#pragma once

#include <optional>

#include "daemon/core/records.h"
#include "daemon/store/database.h"

namespace pawl {

/// Borrows the connection, and dies before it. Members throw StoreFailure. The caller opens a Snapshot when it reads more than one thing.
class StoredRuns {
public:
    explicit StoredRuns(Database& database);
    std::optional<StoredRun> find(RunId id);
    /// All that have not ended, and those of which an attempt is live or must still be swept; by id. Cost: what is live, not history.
    std::vector<StoredRun> unfinished();

private:
    void fill(StoredRun& run);

    Statement unfinished_, run_, data_, steps_, attempts_;
};

}  // namespace pawl
