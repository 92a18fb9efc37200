// Which column of the schema holds which member of a row: one list a row type, for writing and for reading.
#pragma once

#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "daemon/core/records.h"
#include "daemon/store/statement.h"

namespace pawl::columns {

template <class R, class Row>
concept Of = std::same_as<std::remove_const_t<R>, Row>;

/// Live are the states below this number; the partial indexes of `run` say the same.
inline constexpr int first_final_run_state = 5;
static_assert(static_cast<int>(RunState::finishing) < first_final_run_state && static_cast<int>(RunState::succeeded) == first_final_run_state);
static_assert(static_cast<int>(AttemptState::stopping) == 1, "the index attempt_live says state < 2");

// The frozen ones first; behind `uid` stand those that an update writes.
inline constexpr std::string_view run_frozen = "id, version, workflow, workflow_version, created_at, retry_of, number_of_try, uid";
inline constexpr std::string_view run_moving =
    "journal, state, reason, outcome, failed_step, message, priority, concurrency, cancel_requested, stop_handlers, started_at, "
    "ended_at, deadline, durability";
inline constexpr std::string_view run =
    "id, version, workflow, workflow_version, created_at, retry_of, number_of_try, uid, "
    "journal, state, reason, outcome, failed_step, message, priority, concurrency, cancel_requested, stop_handlers, started_at, "
    "ended_at, deadline, durability";
template <Of<RunRow> R>
auto members(R& row) {
    return std::tie(row.id, row.version, row.workflow, row.workflow_version, row.created_at, row.retry_of, row.number_of_try, row.uid,
                    row.journal, row.state, row.reason, row.outcome, row.failed_step, row.message, row.priority, row.group,
                    row.cancel_requested, row.stop_handlers, row.started_at, row.ended_at, row.deadline, row.durability);
}

inline constexpr std::string_view run_data = "run, inputs, vars, event, outputs";
template <Of<RunDataRow> R>
auto members(R& row) {
    return std::tie(row.run, row.inputs, row.vars, row.event, row.outputs);
}

inline constexpr std::string_view step =
    "run, step, id, state, reason, message, exit_code, signal, attempts, losses, carried, outputs, explain, spec, queued_at, "
    "started_at, ended_at, due, item_of, item_number, item";
template <Of<StepRow> R>
auto members(R& row) {
    return std::tie(row.run, row.step, row.id, row.state, row.reason, row.message, row.exit_code, row.signal, row.attempts, row.losses,
                    row.carried, row.outputs, row.explain, row.spec, row.queued_at, row.started_at, row.ended_at, row.due,
                    row.item_of, row.item_number, row.item);
}

inline constexpr std::string_view attempt =
    "id, run, step, number, state, reason, epoch, slot, fence, resumed, stop_requested, sweep_due, cookie, exit_code, signal, message, "
    "launched_at, ended_at, ran, cpu, max_rss_kib, log_cut";
template <Of<AttemptRow> R>
auto members(R& row) {
    return std::tie(row.id, row.run, row.step, row.number, row.state, row.reason, row.slot.epoch, row.slot.slot, row.fence, row.resumed,
                    row.stop_requested, row.sweep_due, row.cookie, row.exit_code, row.signal, row.message, row.launched_at, row.ended_at,
                    row.ran, row.cpu, row.max_rss_kib, row.log_cut);
}

inline constexpr std::string_view source = "hash, file, text";
template <Of<SourceRow> R>
auto members(R& row) {
    return std::tie(row.hash, row.file, row.text);
}

inline constexpr std::string_view workflow = "id, name, active, last_number, updated_at";
template <Of<WorkflowRow> R>
auto members(R& row) {
    return std::tie(row.id, row.name, row.active, row.last_number, row.updated_at);
}

/// Without the model, which lies in a table of its own.
inline constexpr std::string_view version = "id, workflow, number, hash, source_hash, document, root, created_at, uid, transient";
template <Of<VersionRow> R>
auto members(R& row) {
    return std::tie(row.id, row.workflow, row.number, row.hash, row.source_hash, row.document, row.root, row.created_at, row.uid,
                    row.transient);
}

inline constexpr std::string_view audit = "at, uid, gid, pid, via, action, object, outcome";
template <Of<AuditRow> R>
auto members(R& row) {
    return std::tie(row.at, row.uid, row.gid, row.pid, row.via, row.action, row.object, row.outcome);
}

inline constexpr std::string_view answer = "key, uid, request_hash, status, body, at";
template <Of<AnswerRow> R>
auto members(R& row) {
    return std::tie(row.key, row.uid, row.request_hash, row.status, row.body, row.at);
}

/// The present row of a statement that selects the columns of Row, in the order above, first.
template <class Row>
Row read(Statement const& statement) {
    Row row;
    std::apply([&](auto&... member) { statement.into(member...); }, members(row));
    return row;
}

template <class Row>
int write(Statement& statement, Row const& row) {
    return std::apply([&](auto const&... member) { return statement.run(member...); }, members(row));
}

/// Columns of `journal`; its kind is a number or a text.
inline constexpr std::string_view journal = "run, seq, at, kind, step, attempt, data";
JournalRow read_journal(Statement const& statement);

}  // namespace pawl::columns
