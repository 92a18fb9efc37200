#include "daemon/core/run_json.h"

#include "daemon/core/keep.h"

namespace pawl {
namespace {

void add_time(JsonMap& map, std::string name, std::optional<UtcTime> const& time) {
    if (time) map.append(std::move(name), format_utc(*time));
}
void add_text(JsonMap& map, std::string name, std::string_view text) {
    if (!text.empty()) map.append(std::move(name), text);
}
std::int64_t milliseconds(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }

void add_duration(JsonMap& map, std::optional<UtcTime> const& from, std::optional<UtcTime> const& to, UtcTime now) {
    if (from) map.append("duration_ms", milliseconds(to.value_or(now) - *from));
}

}  // namespace

Json run_summary(RunRow const& run, std::string_view workflow, int version, UtcTime now) {
    JsonMap map;
    map.append("id", run.id.value);
    map.append("workflow", workflow);
    map.append("version", version);
    map.append("status", name_of(run.state));
    add_text(map, "reason", name_of(run.reason));
    map.append("created_at", format_utc(run.created_at));
    add_time(map, "started_at", run.started_at);
    add_time(map, "ended_at", run.ended_at);
    add_duration(map, run.started_at, run.ended_at, now);
    map.append("priority", run.priority);
    add_text(map, "group", run.group);
    if (run.retry_of) map.append("retry_of", run.retry_of.value);
    if (run.parent) map.append("parent", run.parent.value);
    map.append("attempt", run.number_of_try);
    map.append("uid", run.uid);
    add_text(map, "failed_step", run.failed_step);
    add_text(map, "message", run.message);
    map.append("cancel_requested", run.cancel_requested);
    return map;
}

Json step_json(StepRow const& step, UtcTime now) {
    JsonMap map;
    map.append("id", step.id);
    if (step.item_of) map.append("item", step.item);
    map.append("status", name_of(step.state));
    add_text(map, "reason", name_of(step.reason));
    add_text(map, "message", step.message);
    if (step.exit_code) map.append("exit_code", *step.exit_code);
    if (step.signal != 0) map.append("signal", step.signal);
    map.append("attempts", step.attempts);
    map.append("carried", step.carried);
    if (step.child) map.append("run", step.child.value);
    map.append("cached", is_cached(step));
    map.append("outputs", step.outputs.is_null() ? Json(JsonMap{}) : step.outputs);
    add_time(map, "queued_at", step.queued_at);
    add_time(map, "started_at", step.started_at);
    add_time(map, "ended_at", step.ended_at);
    add_duration(map, step.started_at, step.ended_at, now);
    add_time(map, "due", step.due);
    if (!step.explain.is_null()) map.append("explain", step.explain);
    return map;
}

Json attempt_json(AttemptRow const& attempt) {
    JsonMap map;
    map.append("id", attempt.id.value);
    map.append("number", attempt.number);
    map.append("status", name_of(attempt.state));
    add_text(map, "reason", name_of(attempt.reason));
    if (attempt.exit_code) map.append("exit_code", *attempt.exit_code);
    if (attempt.signal != 0) map.append("signal", attempt.signal);
    add_text(map, "message", attempt.message);
    map.append("launched_at", format_utc(attempt.launched_at));
    add_time(map, "ended_at", attempt.ended_at);
    map.append("ran_ms", milliseconds(attempt.ran));
    map.append("cpu_ms", milliseconds(attempt.cpu));
    map.append("max_rss_kib", attempt.max_rss_kib);
    map.append("log_cut", attempt.log_cut);
    map.append("resumed", attempt.resumed);
    return map;
}

Json journal_json(JournalRow const& row) {
    JsonMap map;
    map.append("seq", row.seq);
    map.append("at", format_utc(row.at));
    map.append("kind", row.kind);
    add_text(map, "step", row.step);
    if (row.attempt != 0) map.append("attempt", row.attempt);
    if (!row.data.is_null()) map.append("data", row.data);
    return map;
}

}  // namespace pawl
