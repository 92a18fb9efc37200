// A query of `uses: sql` on a SQLite file of the user's. The only file that knows SQLite besides the store, with which it shares nothing.
#pragma once

#include <functional>
#include <string>

#include "common/base/json.h"
#include "daemon/work/report.h"
#include "daemon/work/work_log.h"

namespace pawl {

/// As work_spec.h describes it.
struct SqlOrder {
    std::string db;     ///< absolute
    std::string query;  ///< one statement or more
    JsonMap params;
};
SqlOrder read_sql_order(Json const& request);

/// Asked now and then while it works and while it waits for a lock: true gives the query up, and what it has changed is undone. May wait
/// a little itself when `waits` is true: a lock is in the way.
using GiveUp = std::function<bool(bool waits)>;

/// Performs all statements in one transaction. `rows` are those of the last statement; `count` is their number, or how many rows all
/// statements changed when the last one gives none. The report of one that was given up is of no interest.
WorkReport run_query(SqlOrder const& order, GiveUp const& give_up, WorkLog& log);

}  // namespace pawl
