// Printing the daemon's lists and objects in whatever format was asked for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/render/table.h"

namespace pawl::cli {

/// One column of a list: what it is called and how an item fills it.
struct ListColumn {
    TableColumn column;
    std::function<Cell(Json const& item)> cell;
    bool wide = false;  ///< only with -o wide
};

/// `answer` is {"items": […], …}. Tables show `columns`; csv all members; `name` the member `name_key`, one a line.
void print_list(Context& context, Json const& answer, std::vector<ListColumn> const& columns, std::string_view name_key, std::string_view when_empty);
/// One object: json, jsonl, yaml, csv, name. False when a table was asked for: the caller draws it.
bool print_object(Context& context, Json const& object, std::string_view name_key);

/// A column that shows a member as it is.
ListColumn plain_column(std::string title, std::string key, bool right = false, bool wide = false);
ListColumn state_column(Context const& context);
ListColumn time_column(Context const& context, std::string title, std::string key, bool wide = false);
ListColumn span_column(Context const& context, std::string title, std::string key);

/// "/v1/runs" + "?filter=…&limit=…": appends a query value, encoded. An empty value adds nothing.
void add_query(std::string& path, std::string_view name, std::string_view value);

/// The list columns of runs: ps, run ls, inspect.
std::vector<ListColumn> run_columns(Context const& context);
/// How long a run or step has lasted: duration_ms, or since started_at while it lives.
std::string lasted_text(Json const& item, UtcTime now);

}  // namespace pawl::cli
