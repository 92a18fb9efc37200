#include "daemon/core/items.h"

#include <algorithm>
#include <set>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/fan_out.h"
#include "daemon/core/context.h"

namespace pawl {
namespace {

using flow::StepIndex;

using flow::items_max;

constexpr std::size_t name_characters_max = 60;

Error wrong(std::string message, std::string hint = {}) {
    return Error{.code = code::expression_error, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

Error too_many(std::size_t count) {
    return wrong("a step runs for at most 10,000 items, and these are " + std::to_string(count), "filter the list, or put several into one item");
}

Result<std::vector<Json>> foreach_values(cel::Program const& program, RunValues const& values) {
    Result<Json> list = program.eval(values);
    if (!list) return list.error();
    if (!list->is_list()) return wrong("'foreach' is a list, and this gives " + std::string(list->is_null() ? "null" : "something else"));
    if (list->as_list().size() > items_max) return too_many(list->as_list().size());
    return std::vector<Json>(list->as_list().begin(), list->as_list().end());
}

/// Every combination of the lists, as maps.
Result<std::vector<Json>> matrix_values(std::vector<flow::NamedTemplate> const& matrix, RunValues const& values) {
    std::vector<Json> combinations{Json(JsonMap{})};
    for (flow::NamedTemplate const& axis : matrix) {
        Result<Json> const list = axis.value.eval(values);
        if (!list) return list.error();
        if (!list->is_list()) return wrong("'" + axis.name + "' of 'matrix' is a list, and this gives something else");
        std::size_t const product = combinations.size() * list->as_list().size();
        if (product > items_max) return too_many(product);
        std::vector<Json> longer;
        longer.reserve(product);
        for (Json const& combination : combinations) {
            for (Json const& value : list->as_list()) {
                longer.push_back(combination);
                longer.back().as_map().append(axis.name, value);
            }
        }
        combinations = std::move(longer);
    }
    return combinations;
}

/// What fits between brackets: one line, without brackets of its own.
std::string word_for(Json const& value) {
    std::string text = value.is_string() ? value.as_string() : dump_json(value);
    text = printable(text);
    std::ranges::replace(text, '[', '(');
    std::ranges::replace(text, ']', ')');
    return text;
}

std::string name_of_value(Json const& value, bool is_matrix) {
    if (!is_matrix) return word_for(value);
    std::vector<std::string> parts;
    for (auto const& [key, of_key] : value.as_map()) parts.push_back(key + "=" + word_for(of_key));
    return join(parts, ",");
}

/// Long and repeated names are told apart by the place in the list, from 1.
std::vector<Item> named(std::string const& step, std::vector<Json> values, bool is_matrix) {
    std::vector<Item> items;
    items.reserve(values.size());
    std::set<std::string> taken;
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::string word = name_of_value(values[i], is_matrix);
        std::string const cut(take_characters(word, name_characters_max));
        std::string const place = "#" + std::to_string(i + 1);
        if (word.empty() || cut.size() < word.size()) word = cut + place;
        while (!taken.insert(word).second) word += place;  // again when an item's own text reads like that
        items.push_back({step + "[" + word + "]", static_cast<int>(i), std::move(values[i])});
    }
    return items;
}

std::vector<Item> items_to_undo(Run const& run, StepIndex index) {
    Items const& done = run.items.at(*run.plan->steps[index].undoes);
    std::vector<StepRow const*> rows;
    for (std::size_t i = done.first; i < done.first + done.count; ++i)
        if (run.steps[i].state == StepState::succeeded) rows.push_back(&run.steps[i]);
    std::ranges::stable_sort(rows, [](StepRow const* a, StepRow const* b) { return a->ended_at > b->ended_at; });
    std::vector<Item> items;
    for (StepRow const* row : rows) {
        std::string const word = row->id.substr(row->id.find('['));
        items.push_back({run.steps[index].id + word, row->item_number, row->item});
    }
    return items;
}

}  // namespace

Result<std::vector<Item>> items_of(Run& run, StepIndex index, UtcTime now) {
    flow::StepPlan const& plan = run.plan->steps[index];
    if (plan.undoes) return items_to_undo(run, index);
    RunValues const values(run, now, index);
    bool const is_matrix = !plan.fan_out->foreach;
    Result<std::vector<Json>> found =
        is_matrix ? matrix_values(plan.fan_out->matrix, values) : foreach_values(*plan.fan_out->foreach, values);
    if (!found) return found.error();
    return named(plan.id, std::move(*found), is_matrix);
}

}  // namespace pawl
