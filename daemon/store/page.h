// One page of a list: by key, filtered, with the key of the next one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/base/json.h"
#include "daemon/store/database.h"
#include "daemon/store/filter.h"
#include "daemon/store/reader.h"

namespace pawl {

/// Rows a page may look at when its filter has to be evaluated: a page may so be short, or empty, and still have a `next`.
inline constexpr int rows_examined_max = 10'000;

/// How a list is read. `select` ends in a WHERE with at least one condition; `values` are those of its `?`.
struct ListPlan {
    std::string select;
    std::vector<SqlValue> values;
    std::string order;             ///< "id DESC"
};

/// One row of a list, as its statement stands.
struct ListItem {
    std::string key;                           ///< `after` of a page that goes on behind it
    cel::Activation const* fields = nullptr;   ///< what the filter sees; borrowed until the next row
    std::function<Json()> json;                ///< made only when it is shown
};

/// {"schema_version":1,"items":[…],"next":key}. Throws StoreFailure.
Result<Json> read_page(Database& database, ListQuery const& query, ListPlan plan, Filter const& filter,
                       std::function<ListItem(Statement&)> const& item);

UtcTime wall_clock();
/// Errors: a limit out of 1 to 1,000.
Status check_limit(ListQuery const& query);
/// `after` of lists whose key is a number. Empty: the first page.
Result<std::optional<std::int64_t>> number_key(ListQuery const& query);

/// For short lists: the fields are the members of an object. Those it lacks have no value.
class ObjectFields final : public cel::Activation {
public:
    void look_at(Json const& object) { object_ = &object; }
    Json const* variable(std::string_view name) const override { return object_->find(name); }

private:
    Json const* object_ = nullptr;
};

/// The fields of a row as a filter asks for them: computed when first read.
class LazyFields : public cel::Activation {
public:
    explicit LazyFields(std::size_t count) : values_(count) {}
    Json const* variable(std::string_view name) const final;

protected:
    virtual std::optional<std::size_t> index_of(std::string_view name) const = 0;
    /// Null (JSON): the row has no value there.
    virtual Json value_at(std::size_t index) const = 0;
    void forget() { values_.assign(values_.size(), std::nullopt); }

private:
    mutable std::vector<std::optional<Json>> values_;
};

}  // namespace pawl
