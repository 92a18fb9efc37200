#include "tests/store/harness/workload.h"

#include <algorithm>

#include "daemon/store/database.h"

namespace pawl::test {
namespace {

constexpr std::uint64_t batches_a_run = 4;

UtcTime time_of(std::uint64_t number) { return UtcTime(std::chrono::seconds(1'700'000'000 + static_cast<std::int64_t>(number))); }

RunRow run_after(std::uint64_t number) {
    std::uint64_t const phase = (number - 1) % batches_a_run;
    RunRow run;
    run.id = RunId{static_cast<std::int64_t>((number - 1) / batches_a_run + 1)};
    run.version = static_cast<std::int64_t>(phase + 1);
    run.journal = static_cast<std::int64_t>(2 * (phase + 1));
    run.workflow = WorkflowId{1};
    run.workflow_version = VersionId{1};
    run.state = phase == 0 ? RunState::queued : phase == 3 ? RunState::succeeded : RunState::running;
    run.created_at = time_of(number - phase);
    if (phase > 0) run.started_at = time_of(number - phase + 1);
    if (phase == 3) run.ended_at = time_of(number);
    return run;
}

/// Now and then longer than a page.
std::string text_of(std::uint64_t number) { return std::string(number % 7 == 0 ? 5000 : 40 + number * 37 % 400, 'x'); }

void add_journal(Batch& batch, RunRow const& run, std::int64_t seq, std::string kind) {
    batch.rows.push_back(JournalRow{.run = run.id, .seq = seq, .at = time_of(batch.number), .kind = std::move(kind), .step = "main",
                                    .attempt = 1, .data = JsonMap{{"text", text_of(batch.number)}}});
}

}  // namespace

Batch batch_of_stream(std::uint64_t number, flow::Durability durability) {
    Batch batch{.number = number, .rows = {}, .durability = durability};
    RunRow const run = run_after(number);
    std::uint64_t const phase = (number - 1) % batches_a_run;
    batch.rows.push_back(run);
    add_journal(batch, run, run.journal - 1, "run.running");
    add_journal(batch, run, run.journal, "step.started");
    if (phase == 0) batch.rows.push_back(RunDataRow{.run = run.id, .inputs = JsonMap{{"n", number}}, .vars = {}, .event = {}, .outputs = {}});
    if (phase == 1 || phase == 2) {
        batch.rows.push_back(StepRow{.run = run.id, .step = 0, .id = "main", .state = phase == 1 ? StepState::running : StepState::succeeded,
                                     .spec = phase == 1 ? text_of(number) : ""});
        batch.rows.push_back(AttemptRow{.id = AttemptId{run.id.value}, .run = run.id, .step = 0,
                                        .state = phase == 1 ? AttemptState::launching : AttemptState::succeeded});
    }
    batch.rows.push_back(AuditRow{.at = time_of(number), .via = "test", .action = "run.start", .object = "batch/" + std::to_string(number),
                                  .outcome = "accepted"});
    return batch;
}

std::optional<std::string> mistake_in(std::string const& path, std::string const& vfs, std::uint64_t acknowledged, std::uint64_t submitted) {
    Database database(path, vfs, Database::Access::write);
    if (std::string const verdict = database.word("PRAGMA integrity_check(1)"); verdict != "ok") return "SQLite says: " + verdict;
    auto const stored = static_cast<std::uint64_t>(database.number("SELECT value FROM meta WHERE name = 'batch'"));
    if (stored < acknowledged) return "batch " + std::to_string(acknowledged) + " was acknowledged, but only " + std::to_string(stored) + " are stored";
    if (stored > submitted) return "batch " + std::to_string(stored) + " was never submitted";

    std::uint64_t number = 0;
    Statement audit = database.prepare("SELECT object FROM audit ORDER BY seq");
    while (audit.next())
        if (audit.text(0) != "batch/" + std::to_string(++number)) return "row " + std::to_string(number) + " of the audit is of " + std::string(audit.text(0));
    if (number != stored) return "of " + std::to_string(stored) + " batches " + std::to_string(number) + " left their audit row";

    std::uint64_t const runs = (stored + batches_a_run - 1) / batches_a_run;
    if (static_cast<std::uint64_t>(database.number("SELECT count(*) FROM run")) != runs) return "the number of runs is wrong";
    Statement run = database.prepare(
        "SELECT version, state, journal, (SELECT count(*) FROM journal WHERE run = run.id), (SELECT max(seq) FROM journal WHERE run = run.id), "
        "coalesce((SELECT state FROM step WHERE key = run.id << 16), -1), coalesce((SELECT length(spec) FROM step WHERE key = run.id << 16), 0), "
        "coalesce((SELECT state FROM attempt WHERE id = run.id), -1) FROM run WHERE id = ?");
    for (std::uint64_t id = 1; id <= runs; ++id) {
        std::uint64_t const last = std::min(id * batches_a_run, stored);
        std::uint64_t const phase = (last - 1) % batches_a_run;
        RunRow const expected = run_after(last);
        std::string const name = "run " + std::to_string(id);
        run.with(id);
        if (!run.next()) return name + " is missing";
        if (run.integer(0) != expected.version || run.integer(1) != static_cast<int>(expected.state)) return name + " is in a wrong state";
        if (run.integer(2) != expected.journal || run.integer(3) != expected.journal || run.integer(4) != expected.journal)
            return name + " has a gap in its journal";
        auto const step = phase == 0 ? -1 : static_cast<int>(phase == 1 ? StepState::running : StepState::succeeded);
        auto const attempt = phase == 0 ? -1 : static_cast<int>(phase == 1 ? AttemptState::launching : AttemptState::succeeded);
        if (run.integer(5) != step || run.integer(7) != attempt) return name + " has a step or attempt of another commit";
        std::size_t const spec = phase == 0 ? 0 : text_of(last - phase + 1).size();
        if (run.integer(6) != static_cast<std::int64_t>(spec)) return name + " has lost its specification";
        run.rewind();
    }
    return std::nullopt;
}

}  // namespace pawl::test
