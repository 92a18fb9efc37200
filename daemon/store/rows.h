// Writes rows: one prepared statement a row type.
#pragma once

#include <cstdint>

#include "daemon/core/records.h"
#include "daemon/store/database.h"

namespace pawl {

/// Borrows the connection, and dies before it. Members throw StoreFailure, or FenceLost when a run's version, or a journal row, does
/// not follow what is stored.
class RowWriter {
public:
    explicit RowWriter(Database& database);
    void write(Row const& row);

private:
    void put(RunRow const& row);
    void put(RunDataRow const& row);
    void put(StepRow const& row);
    void put(AttemptRow const& row);
    void put(JournalRow const& row);
    void put(SourceRow const& row);
    void put(WorkflowRow const& row);
    void put(VersionRow const& row);
    void put(AuditRow const& row);
    void put(AnswerRow const& row);
    void put(MetaRow const& row);

    Statement run_insert_, run_stay_, run_update_, run_data_, step_, attempt_, journal_, source_, workflow_, model_, version_, audit_, answer_,
        answers_forget_, meta_;
};

/// An answer is kept for a day, and only the newest ones.
inline constexpr std::int64_t answers_max = 10'000;
inline constexpr Duration answer_age_max = std::chrono::hours(24);

}  // namespace pawl
