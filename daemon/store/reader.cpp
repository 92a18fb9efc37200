// Opening, the audit list, counts, the check.
#include "daemon/store/reader.h"

#include "daemon/store/columns.h"
#include "daemon/store/sqlite_reader.h"

namespace pawl {

Error reading_failed(StoreFailure const& failure, std::string const& path) {
    bool const damaged = trouble_of(failure.code) == Trouble::damaged;
    return Error{.code = damaged ? code::corrupt : code::io, .message = path + ": " + failure.what()};
}

Status SqliteReader::connect() {
    if (database_) return Done{};
    try {
        database_ = std::make_unique<Database>(path_, "", Database::Access::read);
    } catch (StoreFailure const& failure) {
        return reading_failed(failure, path_);
    }
    return Done{};
}

Result<std::unique_ptr<Reader>> Reader::open(std::string const& path) {
    auto reader = std::make_unique<SqliteReader>(path);
    if (auto connected = reader->connect(); !connected) return connected.error();
    return std::unique_ptr<Reader>(std::move(reader));
}

Result<Json> SqliteReader::list_audit(ListQuery const& query) {
    using As = FilterField::As;
    static std::vector<FilterField> const fields{
        {"seq", As::number, "seq"}, {"at", As::instant, "at"}, {"uid", As::number, "uid"},     {"gid", As::number, "gid"},   {"pid", As::number, "pid"},
        {"via", As::text, "via"},   {"action", As::text, "action"}, {"object", As::text, "object"}, {"outcome", As::text, "outcome"},
    };
    return answer([&]() -> Result<Json> {
        if (auto fits = check_limit(query); !fits) return fits.error();
        auto const after = number_key(query);
        if (!after) return after.error();
        auto const filter = Filter::compile(query.filter, fields, wall_clock());
        if (!filter) return filter.error();

        ListPlan plan{.select = "SELECT " + std::string(columns::audit) + ", seq FROM audit WHERE seq > 0", .values = {}, .order = "seq"};
        if (!query.oldest_first) plan.order += " DESC";
        if (*after) {
            plan.select += query.oldest_first ? " AND seq > ?" : " AND seq < ?";
            plan.values.emplace_back(**after);
        }
        Json shown, seen;
        ObjectFields values;
        return read_page(*database_, query, std::move(plan), *filter, [&](Statement& statement) {
            std::int64_t const seq = statement.integer(8);
            auto const row = columns::read<AuditRow>(statement);
            shown = JsonMap{{"seq", seq},     {"at", format_utc(row.at)}, {"uid", row.uid},       {"gid", row.gid},        {"pid", row.pid},
                            {"via", row.via}, {"action", row.action},     {"object", row.object}, {"outcome", row.outcome}};
            seen = shown;
            seen.set("at", exact_instant(row.at));
            values.look_at(seen);
            return ListItem{.key = std::to_string(seq), .fields = &values, .json = [&] { return shown; }};
        });
    });
}

Result<Json> SqliteReader::counts() {
    return answer([&]() -> Result<Json> {
        JsonMap runs;
        Statement live = database_->prepare("SELECT state, count(*) FROM run INDEXED BY run_live WHERE state < 5 GROUP BY state");
        while (live.next()) runs.append(std::string(name_of(static_cast<RunState>(live.integer(0)))), live.integer(1));
        Statement ended = database_->prepare("SELECT state, count(*) FROM run INDEXED BY run_ended WHERE state >= 5 GROUP BY state");
        while (ended.next()) runs.append(std::string(name_of(static_cast<RunState>(ended.integer(0)))), ended.integer(1));
        return Json(JsonMap{{"runs", std::move(runs)}, {"workflows", database_->number("SELECT count(*) FROM workflow WHERE active <> 0")}});
    });
}

Status SqliteReader::check() {
    return answer([&]() -> Status {
        std::string const verdict = database_->word("PRAGMA quick_check(1)");
        if (verdict == "ok") return Done{};
        return Error{.code = code::corrupt, .message = path_ + " is damaged: " + verdict, .hint = "keep the file and restore a backup in its place"};
    });
}

}  // namespace pawl
