#include "daemon/store/page.h"

#include <charconv>

#include "common/base/error_codes.h"

namespace pawl {
namespace {

Json list_of(JsonList items, std::optional<std::string> next) {
    JsonMap map;
    map.append("schema_version", 1);
    map.append("items", std::move(items));
    if (next) map.append("next", *std::move(next));
    return map;
}

void bind_values(Statement& statement, std::vector<SqlValue> const& values, int& place) {
    for (SqlValue const& value : values) std::visit([&](auto const& one) { statement.bind(++place, one); }, value);
}

}  // namespace

UtcTime wall_clock() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

Status check_limit(ListQuery const& query) {
    if (query.limit >= 1 && query.limit <= 1000) return Done{};
    return Error{.code = code::invalid_request, .message = "limit is not between 1 and 1000"};
}

Result<std::optional<std::int64_t>> number_key(ListQuery const& query) {
    if (query.after.empty()) return std::optional<std::int64_t>();
    std::int64_t key = 0;
    auto const [end, error] = std::from_chars(query.after.data(), query.after.data() + query.after.size(), key);
    if (error != std::errc() || end != query.after.data() + query.after.size())
        return Error{.code = code::invalid_request, .message = "after is not the `next` of a page of this list"};
    return std::optional(key);
}

Result<Json> read_page(Database& database, ListQuery const& query, ListPlan plan, Filter const& filter,
                       std::function<ListItem(Statement&)> const& item) {
    int const rows_max = filter.evaluates() ? rows_examined_max : query.limit + 1;
    std::string sql = std::move(plan.select);
    if (filter.condition()) sql += " AND " + filter.condition()->sql;
    Statement statement = database.prepare(sql + " ORDER BY " + plan.order + " LIMIT " + std::to_string(rows_max));
    int place = 0;
    bind_values(statement, plan.values, place);
    if (filter.condition()) bind_values(statement, filter.condition()->values, place);

    JsonList items;
    std::string last_shown, last_seen;
    for (int row = 0; row < rows_max && statement.next(); ++row) {
        ListItem const one = item(statement);
        if (row + 1 == rows_max) last_seen = one.key;
        if (filter.evaluates()) {
            auto const matches = filter.matches(*one.fields);
            if (!matches) return matches.error();
            if (!*matches) continue;
        }
        if (static_cast<int>(items.size()) == query.limit) return list_of(std::move(items), last_shown);
        items.push_back(one.json());
        last_shown = one.key;
    }
    if (filter.evaluates() && !last_seen.empty()) return list_of(std::move(items), last_seen);
    return list_of(std::move(items), std::nullopt);
}

Json const* LazyFields::variable(std::string_view name) const {
    auto const index = index_of(name);
    if (!index) return nullptr;
    std::optional<Json>& cached = values_[*index];
    if (!cached) cached = value_at(*index);
    return cached->is_null() ? nullptr : &*cached;
}

}  // namespace pawl
