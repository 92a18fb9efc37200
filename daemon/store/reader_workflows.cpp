// Workflows: their list, their versions, one with its model and source.
#include <algorithm>

#include "common/base/text.h"
#include "daemon/core/run_json.h"
#include "daemon/store/columns.h"
#include "daemon/store/sqlite_reader.h"

namespace pawl {
namespace {

using As = FilterField::As;

std::int64_t steps_in(Json const& model) {
    std::int64_t count = 0;
    for (std::string_view const section : {"steps", "on_success", "on_failure", "on_cancel", "finally"})
        if (Json const* steps = model.find(section); steps != nullptr && steps->is_list()) count += static_cast<std::int64_t>(steps->as_list().size());
    return count;
}

/// A statement that selects the columns of a version first, then model, file and text of its source.
std::string select_version(std::string_view where) {
    std::string columns;
    for (std::string_view const name : split(columns::version, ',')) columns += "v." + std::string(trim(name)) + ", ";
    return "SELECT " + columns +
           "m.text, s.file, s.text FROM version v LEFT JOIN model m ON m.hash = v.hash LEFT JOIN source s ON s.hash = v.source_hash " +
           std::string(where);
}
constexpr int model_column = static_cast<int>(std::ranges::count(columns::version, ',')) + 1;
constexpr int file_column = model_column + 1, text_column = model_column + 2;

Json model_of(Statement const& statement) {
    auto parsed = parse_json(statement.text(model_column), {.bytes_max = 1u << 30, .depth_max = 1000});
    return parsed ? *std::move(parsed) : Json(JsonMap{});
}

}  // namespace

Result<WorkflowRow> SqliteReader::find_workflow(std::string const& name) {
    Statement statement = database_->prepare("SELECT " + std::string(columns::workflow) + " FROM workflow WHERE name = ?");
    statement.with(name);
    if (statement.next()) return columns::read<WorkflowRow>(statement);
    std::vector<std::string> names;
    Statement all = database_->prepare("SELECT name FROM workflow WHERE active <> 0");
    while (all.next()) names.emplace_back(all.text(0));
    std::string_view const near = nearest(name, {names.begin(), names.end()});
    return Error{.code = code::not_found,
                 .message = "there is no workflow '" + printable(name) + "'",
                 .hint = near.empty() ? "" : "did you mean '" + std::string(near) + "'"};
}

Json SqliteReader::workflow_item(WorkflowRow const& workflow, VersionRow const& version, Json const& model, std::int64_t live) {
    JsonMap item;
    item.append("name", workflow.name);
    item.append("version", version.number);
    item.append("hash", version.hash);
    Json const* labels = model.find("labels");
    item.append("labels", labels != nullptr && labels->is_map() ? *labels : Json(JsonMap{}));
    item.append("description", model.text("description"));
    item.append("steps", steps_in(model));
    item.append("deployed_at", format_utc(version.created_at));
    item.append("runs", JsonMap{{"live", live}});
    Statement last = database_->prepare("SELECT id, state, ended_at FROM run WHERE workflow = ? ORDER BY id DESC LIMIT 1");
    last.with(workflow.id);
    if (last.next()) {
        RunRow run;
        last.into(run.id, run.state, run.ended_at);
        JsonMap shown{{"id", run.id.value}, {"status", name_of(run.state)}};
        if (run.ended_at) shown.append("ended_at", format_utc(*run.ended_at));
        item.append("last_run", std::move(shown));
    }
    return item;
}

Result<Json> SqliteReader::list_workflows(ListQuery const& query) {
    static std::vector<FilterField> const fields{
        {"name", As::text, "w.name"},        {"version", As::number, "v.number"},         {"hash", As::text, "v.hash"},
        {"labels", As::map, ""},             {"description", As::text, ""},               {"steps", As::number, ""},
        {"deployed_at", As::instant, ""},
    };
    return answer([&]() -> Result<Json> {
        if (auto fits = check_limit(query); !fits) return fits.error();
        auto const filter = Filter::compile(query.filter, fields, wall_clock());
        if (!filter) return filter.error();
        std::unordered_map<std::int64_t, std::int64_t> live;
        Statement counting = database_->prepare("SELECT workflow, count(*) FROM run INDEXED BY run_live WHERE state < 5 GROUP BY workflow");
        while (counting.next()) live[counting.integer(0)] = counting.integer(1);

        std::string const join = "JOIN workflow w ON w.active = v.id WHERE w.name > ?";
        ListPlan plan{.select = select_version(join), .values = {query.after}, .order = "w.name"};
        Json shown;
        ObjectFields values;
        return read_page(*database_, query, std::move(plan), *filter, [&](Statement& statement) {
            auto const version = columns::read<VersionRow>(statement);
            WorkflowRow workflow;
            Statement row = database_->prepare("SELECT " + std::string(columns::workflow) + " FROM workflow WHERE id = ?");
            row.with(version.workflow);
            if (row.next()) workflow = columns::read<WorkflowRow>(row);
            shown = workflow_item(workflow, version, model_of(statement), live[workflow.id.value]);
            values.look_at(shown);
            return ListItem{.key = workflow.name, .fields = &values, .json = [&] { return shown; }};
        });
    });
}

Result<Json> SqliteReader::list_versions(std::string const& name, ListQuery const& query) {
    static std::vector<FilterField> const fields{
        {"version", As::number, "v.number"}, {"hash", As::text, "v.hash"},  {"deployed_at", As::instant, ""},
        {"uid", As::number, "v.uid"},        {"active", As::boolean, ""},   {"file", As::text, "s.file"},
    };
    return answer([&]() -> Result<Json> {
        if (auto fits = check_limit(query); !fits) return fits.error();
        auto const after = number_key(query);
        if (!after) return after.error();
        auto const filter = Filter::compile(query.filter, fields, wall_clock());
        if (!filter) return filter.error();
        auto const workflow = find_workflow(name);
        if (!workflow) return workflow.error();

        ListPlan plan{.select = select_version("WHERE v.workflow = ?"), .values = {workflow->id.value}, .order = "v.number"};
        if (!query.oldest_first) plan.order += " DESC";
        if (*after) {
            plan.select += query.oldest_first ? " AND v.number > ?" : " AND v.number < ?";
            plan.values.emplace_back(**after);
        }
        Json shown;
        ObjectFields values;
        return read_page(*database_, query, std::move(plan), *filter, [&](Statement& statement) {
            auto const version = columns::read<VersionRow>(statement);
            shown = JsonMap{{"version", version.number},
                            {"hash", version.hash},
                            {"deployed_at", format_utc(version.created_at)},
                            {"uid", version.uid},
                            {"active", version.id == workflow->active},
                            {"file", statement.text(file_column)}};
            values.look_at(shown);
            return ListItem{.key = std::to_string(version.number), .fields = &values, .json = [&] { return shown; }};
        });
    });
}

Result<Json> SqliteReader::workflow(std::string const& name, int number) {
    return answer([&]() -> Result<Json> {
        auto const workflow = find_workflow(name);
        if (!workflow) return workflow.error();
        if (number == 0 && !workflow->active)
            return Error{.code = code::not_found, .message = "the workflow '" + name + "' was removed", .hint = "name a version to see it"};
        Statement statement = database_->prepare(
            select_version(number == 0 ? "WHERE v.workflow = ? AND v.id = ?" : "WHERE v.workflow = ? AND v.number = ?"));
        statement.with(workflow->id, number == 0 ? workflow->active.value : number);
        if (!statement.next())
            return Error{.code = code::not_found, .message = "the workflow '" + name + "' has no version " + std::to_string(number)};
        auto const version = columns::read<VersionRow>(statement);
        return Json(JsonMap{
            {"name", name},
            {"version", version.number},
            {"active", version.id == workflow->active},
            {"hash", version.hash},
            {"model", model_of(statement)},
            {"source", JsonMap{{"file", statement.text(file_column)}, {"text", statement.text(text_column)}}},
            {"deployed_at", format_utc(version.created_at)},
            {"uid", version.uid},
            {"root", version.root},
        });
    });
}

Result<std::unordered_map<std::string, std::string>> SqliteReader::active_hashes() {
    return answer([&]() -> Result<std::unordered_map<std::string, std::string>> {
        std::unordered_map<std::string, std::string> hashes;
        Statement statement = database_->prepare("SELECT w.name, v.hash FROM workflow w JOIN version v ON v.id = w.active");
        while (statement.next()) hashes.emplace(statement.text(0), statement.text(1));
        return hashes;
    });
}

Result<std::map<VersionId, std::string>> SqliteReader::active_uses() {
    return answer([&]() -> Result<std::map<VersionId, std::string>> {
        std::map<VersionId, std::string> uses;
        Statement statement = database_->prepare("SELECT v.id, v.uses FROM workflow w JOIN version v ON v.id = w.active WHERE v.uses <> ''");
        while (statement.next()) uses.emplace(VersionId{statement.integer(0)}, statement.text(1));
        return uses;
    });
}

Result<std::unordered_map<std::string, ActiveSource>> SqliteReader::active_sources() {
    return answer([&]() -> Result<std::unordered_map<std::string, ActiveSource>> {
        std::unordered_map<std::string, ActiveSource> sources;
        Statement statement = database_->prepare("SELECT v.source_hash, w.name, v.hash, v.document FROM workflow w JOIN version v ON v.id = w.active");
        while (statement.next()) {
            ActiveSource& source = sources[std::string(statement.text(0))];
            ++source.sharing;
            source.workflow = statement.text(1);
            source.hash = statement.text(2);
            source.document = static_cast<int>(statement.integer(3));
        }
        return sources;
    });
}

/// Of the present row of select_version().
StoredSource SqliteReader::stored_source(Statement const& statement) {
    StoredSource stored;
    stored.version = columns::read<VersionRow>(statement);
    stored.version.model = statement.text(model_column);
    stored.file = statement.text(file_column);
    stored.text = statement.text(text_column);
    RunRow of_version;
    of_version.workflow_version = stored.version.id;
    stored.workflow = version_info(of_version).workflow;
    return stored;
}

Result<StoredSource> SqliteReader::source(VersionId id) {
    return answer([&]() -> Result<StoredSource> {
        Statement statement = database_->prepare(select_version("WHERE v.id = ?"));
        statement.with(id);
        if (statement.next()) return stored_source(statement);
        return Error{.code = code::not_found, .message = "there is no version with the id " + std::to_string(id.value)};
    });
}

Result<StoredSource> SqliteReader::source_of(std::string const& name, int number) {
    return answer([&]() -> Result<StoredSource> {
        auto const workflow = find_workflow(name);
        if (!workflow) return workflow.error();
        if (!workflow->active) return Error{.code = code::not_found, .message = "the workflow '" + name + "' was removed"};
        Statement statement = database_->prepare(select_version("WHERE v.workflow = ? AND v.number = ?"));
        statement.with(workflow->id, number);
        if (statement.next()) return stored_source(statement);
        return Error{.code = code::not_found, .message = "the workflow '" + name + "' has no version " + std::to_string(number)};
    });
}

std::optional<VersionRow> SqliteReader::same_version(std::string const& name, std::string const& hash, std::string const& source_hash,
                                                     std::string const& root) {
    auto found = answer([&]() -> Result<std::optional<VersionRow>> {
        Statement statement = database_->prepare(select_version(
            "JOIN workflow w ON w.id = v.workflow WHERE w.name = ? AND v.hash = ? AND v.source_hash = ? AND v.root = ? ORDER BY v.number DESC LIMIT 1"));
        statement.with(name, hash, source_hash, root);
        return statement.next() ? std::optional(columns::read<VersionRow>(statement)) : std::nullopt;
    });
    return found ? *found : std::nullopt;
}

}  // namespace pawl
