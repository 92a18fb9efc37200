// Lists and objects, by format. JSON goes out as it came; the table is the only form that chooses.
#include "cli/output.h"

#include <ostream>

#include "cli/render/formats.h"
#include "cli/render/when.h"
#include "common/base/text.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

void print_table(Context& context, JsonList const& items, std::vector<ListColumn> const& columns) {
    Table table;
    bool const wide = context.format() == OutputFormat::wide;
    for (auto const& column : columns) {
        if (wide || !column.wide) table.columns.push_back(column.column);
    }
    for (auto const& item : items) {
        std::vector<Cell> row;
        for (auto const& column : columns) {
            if (wide || !column.wide) row.push_back(column.cell(item));
        }
        table.rows.push_back(std::move(row));
    }
    context.out() << render_table(context.out_look(), table);
}

std::string name_line(Json const& item, std::string_view name_key) {
    auto const* name = item.find(name_key);
    return name == nullptr ? "" : printable(plain_text(*name));
}

}  // namespace

namespace {

/// What scripts read says in which form it is.
Json with_schema_version(Json object) {
    if (object.is_map() && object.find("schema_version") == nullptr) object.set("schema_version", 1);
    return object;
}

}  // namespace

void print_list(Context& context, Json const& answer, std::vector<ListColumn> const& columns, std::string_view name_key, std::string_view when_empty) {
    static JsonList const none;
    auto const* found = answer.find("items");
    auto const& items = found != nullptr && found->is_list() ? found->as_list() : none;
    switch (context.format()) {
    case OutputFormat::json: context.out() << dump_json_pretty(with_schema_version(answer)) << '\n'; return;
    case OutputFormat::yaml: context.out() << dump_yaml(answer); return;
    case OutputFormat::csv: context.out() << dump_csv(fields_of(items), items); return;
    case OutputFormat::jsonl:
        for (auto const& item : items) context.out() << dump_json(item) << '\n';
        return;
    case OutputFormat::name:
        for (auto const& item : items) context.out() << name_line(item, name_key) << '\n';
        return;
    case OutputFormat::table:
    case OutputFormat::wide: break;
    }
    if (items.empty()) {
        if (!when_empty.empty()) context.say(when_empty);
        return;
    }
    print_table(context, items, columns);
    if (auto const* next = answer.find("next"); next != nullptr && !next->is_null()) context.say("… there is more: --limit N, or --after " + plain_text(*next));
}

bool print_object(Context& context, Json const& object, std::string_view name_key) {
    switch (context.format()) {
    case OutputFormat::json: context.out() << dump_json_pretty(with_schema_version(object)) << '\n'; return true;
    case OutputFormat::jsonl: context.out() << dump_json(object) << '\n'; return true;
    case OutputFormat::yaml: context.out() << dump_yaml(object); return true;
    case OutputFormat::csv: context.out() << dump_csv(fields_of({object}), {object}); return true;
    case OutputFormat::name: context.out() << name_line(object, name_key) << '\n'; return true;
    case OutputFormat::table:
    case OutputFormat::wide: break;
    }
    return false;
}

ListColumn plain_column(std::string title, std::string key, bool right, bool wide) {
    return {.column = {.title = std::move(title), .right = right, .may_shrink = !right},
            .cell = [key = std::move(key)](Json const& item) {
                auto const* value = item.find(key);
                return Cell{value == nullptr ? "" : plain_text(*value)};
            },
            .wide = wide};
}

ListColumn state_column(Context const& context) {
    Look look = context.out_look();
    look.colour = false;
    return {.column = {.title = "STATUS", .right = false, .may_shrink = false},
            .cell = [look](Json const& item) {
                auto const status = item.text("status");
                return Cell{status.empty() ? "" : state_text(look, status, item.text("reason")), paint_of(status)};
            }};
}

ListColumn time_column(Context const& context, std::string title, std::string key, bool wide) {
    return {.column = {.title = std::move(title), .right = false, .may_shrink = false},
            .cell = [key = std::move(key), now = context.now()](Json const& item) {
                auto const time = item.text(key);
                return Cell{time.empty() ? "" : local_text(time, now)};
            },
            .wide = wide};
}

ListColumn span_column(Context const& context, std::string title, std::string key) {
    return {.column = {.title = std::move(title), .right = true, .may_shrink = false},
            .cell = [key = std::move(key), now = context.now()](Json const& item) {
                if (key == "duration_ms") return Cell{lasted_text(item, now)};
                auto const* value = item.find(key);
                return Cell{value != nullptr && value->is_int() ? span_text_ms(value->as_int()) : ""};
            }};
}

std::string lasted_text(Json const& item, UtcTime now) {
    if (auto const* span = item.find("duration_ms"); span != nullptr && span->is_int()) return span_text_ms(span->as_int());
    auto const started = parse_utc(item.text("started_at"));
    if (!started) return "";
    auto const ended = parse_utc(item.text("ended_at"));
    return span_text(ended.value_or(now) - *started);
}

void add_query(std::string& path, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    path += path.find('?') == std::string::npos ? '?' : '&';
    path += std::string(name) + "=" + wire::percent_encode(value);
}

std::vector<ListColumn> run_columns(Context const& context) {
    auto note = ListColumn{.column = {.title = "NOTE"}, .cell = [](Json const& item) {
                               auto const step = item.text("failed_step");
                               auto const message = item.text("message");
                               if (step.empty()) return Cell{message};
                               return Cell{message.empty() ? step : step + ": " + message};
                           }};
    return {plain_column("RUN", "id", true), plain_column("WORKFLOW", "workflow"), plain_column("V", "version", true, true), state_column(context),
            time_column(context, "STARTED", "started_at"), time_column(context, "ENDED", "ended_at", true), span_column(context, "TOOK", "duration_ms"),
            plain_column("GROUP", "group", false, true), plain_column("UID", "uid", true, true), plain_column("RETRY OF", "retry_of", true, true), plain_column("PARENT", "parent", true, true), std::move(note)};
}

}  // namespace pawl::cli
