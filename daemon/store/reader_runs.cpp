// Runs: their list, one with all its steps and attempts, its journal.
#include <algorithm>
#include <iterator>

#include "daemon/core/run_json.h"
#include "daemon/store/columns.h"
#include "daemon/store/sqlite_reader.h"
#include "daemon/store/stored_runs.h"

namespace pawl {
namespace {

using As = FilterField::As;

enum class RunField : std::uint8_t {
    id, workflow, version, status, reason, created_at, started_at, ended_at, duration, duration_ms, priority, group, retry_of, parent, attempt,
    uid, failed_step, message, cancel_requested, labels
};

/// In the order of RunField. An unfinished run has its duration up to `now`.
std::vector<FilterField> run_fields(UtcTime now) {
    std::string const span = "(coalesce(ended_at, " + std::to_string(now.time_since_epoch().count()) + ") - started_at)";
    return {
        {"id", As::number, "id"},
        {"workflow", As::workflow, "workflow"},
        {"version", As::number, "(SELECT number FROM version WHERE id = workflow_version)"},
        {"status", As::run_state, "state"},
        {"reason", As::reason, "reason"},
        {"created_at", As::instant, "created_at"},
        {"started_at", As::instant, "started_at"},
        {"ended_at", As::instant, "ended_at"},
        {"duration", As::span, span},
        {"duration_ms", As::number, "(" + span + " / 1000)"},
        {"priority", As::number, "priority"},
        {"group", As::text, "concurrency"},
        {"retry_of", As::number, "retry_of"},
        {"parent", As::number, "parent"},
        {"attempt", As::number, "number_of_try"},
        {"uid", As::number, "uid"},
        {"failed_step", As::text, "failed_step"},
        {"message", As::text, "message"},
        {"cancel_requested", As::boolean, "cancel_requested"},
        {"labels", As::map, ""},
    };
}

Json instant_or_null(std::optional<UtcTime> const& time) { return time ? Json(exact_instant(*time)) : Json(); }

}  // namespace

/// What a filter sees of a run.
class SqliteReader::RunFields final : public LazyFields {
public:
    RunFields(SqliteReader& reader, std::vector<FilterField> const& fields, UtcTime now)
        : LazyFields(fields.size()), reader_(reader), fields_(fields), now_(now) {}
    void look_at(RunRow const& run) {
        run_ = &run;
        forget();
    }

private:
    std::optional<std::size_t> index_of(std::string_view name) const override {
        for (std::size_t i = 0; i < fields_.size(); ++i)
            if (fields_[i].name == name) return i;
        return std::nullopt;
    }
    Json value_at(std::size_t index) const override {
        switch (static_cast<RunField>(index)) {
        case RunField::id: return run_->id.value;
        case RunField::workflow: return reader_.version_info(*run_).workflow;
        case RunField::version: return reader_.version_info(*run_).number;
        case RunField::status: return name_of(run_->state);
        case RunField::reason: return name_of(run_->reason);
        case RunField::created_at: return exact_instant(run_->created_at);
        case RunField::started_at: return instant_or_null(run_->started_at);
        case RunField::ended_at: return instant_or_null(run_->ended_at);
        case RunField::duration: return run_->started_at ? Json(format_duration(span())) : Json();
        case RunField::duration_ms: return run_->started_at ? Json(span() / std::chrono::milliseconds(1)) : Json();
        case RunField::priority: return run_->priority;
        case RunField::group: return run_->group;
        case RunField::retry_of: return run_->retry_of.value;
        case RunField::parent: return run_->parent.value;
        case RunField::attempt: return run_->number_of_try;
        case RunField::uid: return run_->uid;
        case RunField::failed_step: return run_->failed_step;
        case RunField::message: return run_->message;
        case RunField::cancel_requested: return run_->cancel_requested;
        case RunField::labels: return reader_.version_info(*run_).labels;
        }
        return nullptr;
    }
    Duration span() const { return run_->ended_at.value_or(now_) - *run_->started_at; }

    SqliteReader& reader_;
    std::vector<FilterField> const& fields_;
    UtcTime now_;
    RunRow const* run_ = nullptr;
};

SqliteReader::VersionInfo const& SqliteReader::version_info(RunRow const& run) {
    constexpr std::size_t cached_max = 10'000;
    if (auto const known = versions_.find(run.workflow_version.value); known != versions_.end()) return known->second;
    if (versions_.size() >= cached_max) versions_.clear();
    VersionInfo info{.workflow = {}, .number = 0, .labels = JsonMap{}};
    Statement statement = database_->prepare(
        "SELECT v.number, coalesce(w.name, json_extract(m.text, '$.name'), ''), json_extract(m.text, '$.labels') "
        "FROM version v LEFT JOIN workflow w ON w.id = v.workflow LEFT JOIN model m ON m.hash = v.hash WHERE v.id = ?");
    statement.with(run.workflow_version);
    if (statement.next()) {
        statement.into(info.number, info.workflow, info.labels);
        if (!info.labels.is_map()) info.labels = JsonMap{};
    }
    return versions_.emplace(run.workflow_version.value, std::move(info)).first->second;
}

Json SqliteReader::summary(RunRow const& run, UtcTime now) {
    VersionInfo const& version = version_info(run);
    Json json = run_summary(run, version.workflow, version.number, now);
    if (!version.labels.as_map().empty()) json.set("labels", version.labels);
    return json;
}

Result<Json> SqliteReader::list_runs(ListQuery const& query) {
    return answer([&]() -> Result<Json> {
        if (auto fits = check_limit(query); !fits) return fits.error();
        auto const after = number_key(query);
        if (!after) return after.error();
        UtcTime const now = wall_clock();
        auto const fields = run_fields(now);
        auto const filter = Filter::compile(query.filter, fields, now);
        if (!filter) return filter.error();

        ListPlan plan{.select = "SELECT " + std::string(columns::run) + " FROM run", .values = {}, .order = "id"};
        if (query.live) plan.select += " INDEXED BY run_live";
        plan.select += query.live ? " WHERE state < 5" : " WHERE id > 0";
        if (!query.oldest_first) plan.order += " DESC";
        if (*after) {
            plan.select += query.oldest_first ? " AND id > ?" : " AND id < ?";
            plan.values.emplace_back(**after);
        }
        if (!query.workflow.empty()) {
            auto const workflow = find_workflow(query.workflow);
            if (!workflow) return workflow.error();
            plan.select += " AND workflow = ?";
            plan.values.emplace_back(workflow->id.value);
        }
        RunFields values(*this, fields, now);
        RunRow run;
        return read_page(*database_, query, std::move(plan), *filter, [&](Statement& statement) {
            run = columns::read<RunRow>(statement);
            values.look_at(run);
            return ListItem{.key = std::to_string(run.id.value), .fields = &values, .json = [&] { return summary(run, now); }};
        });
    });
}

Result<RunId> SqliteReader::last_run() {
    return answer([&]() -> Result<RunId> {
        std::int64_t const id = database_->number("SELECT max(id) FROM run WHERE parent = 0");  // what people started, not what a step did
        if (id == 0) return Error{.code = code::not_found, .message = "there are no runs yet"};
        return RunId{id};
    });
}

namespace {

struct StepPlace {
    std::string_view section;
    JsonList needs;
};

/// Where the model has the step, and what it waits for: without `needs` the step above.
StepPlace place_in_model(Json const& model, std::string_view id) {
    for (std::string_view const section : {"steps", "on_success", "on_failure", "on_cancel", "finally"}) {
        Json const* steps = model.find(section);
        if (steps == nullptr || !steps->is_list()) continue;
        std::string above;
        for (Json const& step : steps->as_list()) {
            std::string name = step.text("id");
            if (name == id) {
                Json const* needs = step.find("needs");
                if (needs != nullptr && needs->is_list()) return {section, needs->as_list()};
                if (needs != nullptr && needs->is_string()) return {section, {*needs}};
                return {section, above.empty() ? JsonList{} : JsonList{above}};
            }
            above = std::move(name);
        }
    }
    return {"steps", {}};
}

}  // namespace

JsonList SqliteReader::steps_of(RunId id, Json const& model, UtcTime now) {
    std::unordered_map<flow::StepIndex, JsonList> tries;
    Statement attempts = database_->prepare("SELECT " + std::string(columns::attempt) + " FROM attempt WHERE run = ? ORDER BY id");
    attempts.with(id);
    while (attempts.next()) {
        auto const attempt = columns::read<AttemptRow>(attempts);
        tries[attempt.step].push_back(attempt_json(attempt));
    }
    JsonList planned, steps;
    std::vector<StepPlace> places;              // of the steps of the plan, whose rows come first
    std::vector<JsonList> items;                // of these steps
    Statement rows = database_->prepare("SELECT " + std::string(columns::step) +
                                        " FROM step WHERE key >= ?1 << 16 AND key < (?1 + 1) << 16 ORDER BY key");
    rows.with(id);
    while (rows.next()) {
        auto const step = columns::read<StepRow>(rows);
        if (!step.item_of) places.push_back(place_in_model(model, step.id));
        StepPlace const& place = places.at(step.item_of.value_or(step.step));
        Json json = step_json(step, now);
        if (step.item_of) json.set("item_of", planned.at(*step.item_of).text("id"));
        json.set("section", place.section);
        json.set("needs", place.needs);
        json.set("tries", std::move(tries[step.step]));
        items.resize(places.size());
        (step.item_of ? items[*step.item_of] : planned).push_back(std::move(json));
    }
    for (std::size_t i = 0; i < planned.size(); ++i) {
        steps.push_back(std::move(planned[i]));
        std::ranges::move(items[i], std::back_inserter(steps));
    }
    return steps;
}

/// The first row of a run's journal tells how it was made.
RunId SqliteReader::settled_in(RunRow const& run) {
    Statement later = database_->prepare(
        "SELECT r.id FROM run r INDEXED BY run_by_workflow JOIN journal j ON j.run = r.id AND j.seq = 1 "
        "WHERE r.workflow = ? AND r.id > ? AND r.retry_of = ? AND json_extract(j.data, '$.resolved') IS NOT NULL LIMIT 1");
    later.with(run.workflow, run.id, run.id);
    return later.next() ? RunId{later.integer(0)} : RunId{};
}

Result<Json> SqliteReader::run(RunId id) {
    return answer([&]() -> Result<Json> {
        auto const stored = StoredRuns(*database_).find(id);
        if (!stored) return Error{.code = code::not_found, .message = "there is no run " + std::to_string(id.value)};
        UtcTime const now = wall_clock();
        Statement version = database_->prepare(
            "SELECT m.text, s.file FROM version v LEFT JOIN model m ON m.hash = v.hash LEFT JOIN source s ON s.hash = v.source_hash WHERE v.id = ?");
        version.with(stored->run.workflow_version);
        Json model;
        std::string file;
        if (version.next()) version.into(model, file);
        version.rewind();

        Json json = summary(stored->run, now);
        json.set("inputs", stored->data.inputs);
        json.set("vars", stored->data.vars);
        json.set("outputs", stored->data.outputs);
        json.set("event", stored->data.event);
        json.set("steps", steps_of(id, model, now));
        json.set("journal_seq", stored->run.journal);
        bool const has_lost = std::ranges::any_of(stored->steps, [](StepRow const& step) { return step.state == StepState::lost; });
        if (RunId const later = has_lost ? settled_in(stored->run) : RunId{}) json.set("settled_in", later.value);
        json.set("file", file);
        return json;
    });
}

Result<std::vector<JournalRow>> SqliteReader::journal(RunId id, std::int64_t after, int limit) {
    return answer([&]() -> Result<std::vector<JournalRow>> {
        Statement statement = database_->prepare("SELECT " + std::string(columns::journal) +
                                                 " FROM journal WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?");
        statement.with(id, after, limit);
        std::vector<JournalRow> rows;
        while (statement.next()) rows.push_back(columns::read_journal(statement));
        return rows;
    });
}

Result<StoredRun> SqliteReader::stored_run(RunId id) {
    return answer([&]() -> Result<StoredRun> {
        auto run = StoredRuns(*database_).find(id);
        if (!run) return Error{.code = code::not_found, .message = "there is no run " + std::to_string(id.value)};
        run->settled_in = settled_in(run->run);
        return *std::move(run);
    });
}

}  // namespace pawl
