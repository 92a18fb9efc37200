#include "daemon/store/rows.h"

#include "common/base/crash_point.h"

#include <array>
#include <string>

#include "common/base/text.h"
#include "daemon/store/columns.h"

namespace pawl {
namespace {

/// The numbers in the column `kind`: append only.
constexpr auto journal_kinds = std::to_array<std::string_view>({
    "run.queued", "run.started", "run.waiting", "run.running", "run.stopping", "run.finishing", "run.succeeded", "run.failed",
    "run.cancelled", "run.skipped",
    "step.queued", "step.started", "step.waiting", "step.stopping", "step.succeeded", "step.failed", "step.lost", "step.cancelled",
    "step.skipped",
    "attempt.launched", "attempt.ended", "attempt.lost", "attempt.stopping",
});

std::string placeholders(std::size_t count) {
    std::string text = "?";
    for (std::size_t i = 1; i < count; ++i) text += ", ?";
    return text;
}

std::string insert(std::string_view table, std::string_view columns) {
    return "INSERT INTO " + std::string(table) + " (" + std::string(columns) + ") VALUES (" +
           placeholders(split(columns, ',').size()) + ")";
}

/// Replaces the row of the same key, which is the first column.
std::string upsert(std::string_view table, std::string_view columns) {
    auto const names = split(columns, ',');
    std::string sql = insert(table, columns) + " ON CONFLICT (" + std::string(names[0]) + ") DO UPDATE SET ";
    for (std::size_t i = 1; i < names.size(); ++i) {
        std::string const name(trim(names[i]));
        sql += (i == 1 ? "" : ", ") + name + " = excluded." + name;
    }
    return sql;
}

/// Compare-and-set: ?2 is the new version. The frozen columns are left alone, so that their index is not written again; and so is the
/// state where it stays what it was, which is most of the time.
enum class StateOfRun : std::uint8_t { stays, moves };
std::string update_run(StateOfRun state) {
    auto const frozen = split(columns::run_frozen, ',').size();
    std::string sql = "UPDATE run SET version = ?2", same;
    auto const names = split(columns::run_moving, ',');
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string const assignment = std::string(trim(names[i])) + " = ?" + std::to_string(frozen + i + 1);
        if (state == StateOfRun::stays && trim(names[i]) == "state") same = " AND " + assignment;
        else sql += ", " + assignment;
    }
    return sql + " WHERE id = ?1 AND version = ?2 - 1" + same;
}

// A later row of a step repeats all but its spec, its place and its item. ?1 and ?2 are run and step.
constexpr std::string_view upsert_step = R"(
    INSERT INTO step (key, id, state, reason, message, exit_code, signal, attempts, losses, carried, outputs, explain, spec,
                      queued_at, started_at, ended_at, due, item_of, item_number, item)
    VALUES ((?1 << 16) | ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
    ON CONFLICT (key) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, message = excluded.message, exit_code = excluded.exit_code,
        signal = excluded.signal, attempts = excluded.attempts, losses = excluded.losses, carried = excluded.carried,
        outputs = excluded.outputs, explain = excluded.explain,
        spec = CASE excluded.spec WHEN '' THEN spec ELSE excluded.spec END,
        queued_at = excluded.queued_at, started_at = excluded.started_at, ended_at = excluded.ended_at, due = excluded.due)";

// An attempt keeps its run, step, number and slot.
constexpr std::string_view upsert_attempt_tail = R"(
    ON CONFLICT (run, id) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, fence = excluded.fence, stop_requested = excluded.stop_requested,
        sweep_due = excluded.sweep_due, exit_code = excluded.exit_code, signal = excluded.signal, message = excluded.message,
        ended_at = excluded.ended_at, ran = excluded.ran, cpu = excluded.cpu, max_rss_kib = excluded.max_rss_kib,
        log_cut = excluded.log_cut)";

// A few old rows with each new one: what is kept stays bounded, and no commit pays for many.
constexpr std::string_view forget_answers = R"(
    DELETE FROM answer WHERE seq IN (SELECT seq FROM answer ORDER BY seq LIMIT 4)
                         AND (at < ?1 OR seq <= (SELECT max(seq) FROM answer) - ?2))";

}  // namespace

JournalRow columns::read_journal(Statement const& statement) {
    JournalRow row;
    statement.into(row.run, row.seq, row.at, row.kind, row.step, row.attempt, row.data);
    if (statement.is_integer(3)) {
        auto const kind = static_cast<std::size_t>(statement.integer(3));
        row.kind = kind < journal_kinds.size() ? journal_kinds[kind] : "unknown";
    }
    return row;
}

RowWriter::RowWriter(Database& database)
    : run_insert_(database.prepare(insert("run", columns::run))),
      run_stay_(database.prepare(update_run(StateOfRun::stays))),
      run_update_(database.prepare(update_run(StateOfRun::moves))),
      run_data_(database.prepare(upsert("run_data", columns::run_data))),
      step_(database.prepare(upsert_step)),
      attempt_(database.prepare(insert("attempt", columns::attempt) + std::string(upsert_attempt_tail))),
      journal_(database.prepare(insert("journal", columns::journal))),
      source_(database.prepare(insert("source", columns::source) + " ON CONFLICT DO NOTHING")),
      workflow_(database.prepare(upsert("workflow", columns::workflow))),
      model_(database.prepare("INSERT INTO model (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING")),
      version_(database.prepare(insert("version", columns::version))),
      audit_(database.prepare(insert("audit", columns::audit))),
      answer_(database.prepare("INSERT OR REPLACE INTO answer (" + std::string(columns::answer) + ") VALUES (?, ?, ?, ?, ?, ?)")),
      answers_forget_(database.prepare(forget_answers)),
      meta_(database.prepare(upsert("meta", "name, value"))) {}

void RowWriter::write(Row const& row) {
    std::visit([this](auto const& one) { put(one); }, row);
}

void RowWriter::put(RunRow const& row) {
    ASSERT(row.id && row.version > 0);
    bool followed = false;
    try {
        if (row.version == 1) followed = columns::write(run_insert_, row) == 1;
        else followed = columns::write(run_stay_, row) == 1 || columns::write(run_update_, row) == 1;
    } catch (StoreFailure const& failure) {
        if (!is_duplicate_key(failure)) throw;
    }
    if (!followed && !PAWL_MUTANT("no_compare_and_set")) throw FenceLost("run " + std::to_string(row.id.value) + " is not at version " + std::to_string(row.version - 1));
}

void RowWriter::put(RunDataRow const& row) { columns::write(run_data_, row); }
void RowWriter::put(StepRow const& row) { columns::write(step_, row); }
void RowWriter::put(AttemptRow const& row) { columns::write(attempt_, row); }

void RowWriter::put(JournalRow const& row) {
    std::size_t kind = 0;
    while (kind < journal_kinds.size() && journal_kinds[kind] != row.kind) ++kind;
    try {
        if (kind < journal_kinds.size()) journal_.run(row.run, row.seq, row.at, kind, row.step, row.attempt, row.data);
        else journal_.run(row.run, row.seq, row.at, row.kind, row.step, row.attempt, row.data);
    } catch (StoreFailure const& failure) {
        if (!is_duplicate_key(failure)) throw;
        if (PAWL_MUTANT("no_compare_and_set")) return;
        throw FenceLost("run " + std::to_string(row.run.value) + " already has the journal row " + std::to_string(row.seq));
    }
}

void RowWriter::put(SourceRow const& row) { columns::write(source_, row); }
void RowWriter::put(WorkflowRow const& row) { columns::write(workflow_, row); }

void RowWriter::put(VersionRow const& row) {
    model_.run(row.hash, row.model);
    columns::write(version_, row);
    PAWL_CRASH_POINT("deploy.stored");
}

void RowWriter::put(AuditRow const& row) { columns::write(audit_, row); }

void RowWriter::put(AnswerRow const& row) {
    columns::write(answer_, row);
    answers_forget_.run(row.at - answer_age_max, answers_max);
}

void RowWriter::put(MetaRow const& row) { meta_.run(row.name, row.value); }

}  // namespace pawl
