// Walks the document by the table of keys. Values are spelled one way: durations shortest, numbers as numbers, needs always said.
#include "common/flow/model.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/flow/declare.h"
#include "common/flow/keys.h"

namespace pawl::flow {
namespace {

using yaml::Node;

class Modeller {
public:
    explicit Modeller(Plan const& plan) : plan_(plan) {}

    JsonMap map(Node const& node, Place place) {
        JsonMap model;
        for (Key const& key : keys_of(place)) {
            yaml::Member const* member = node.find(key.name);
            if (member) model.append(std::string(key.name), value(member->value, key, place));
        }
        return model;
    }

private:
    Json value(Node const& node, Key const& key, Place place) {
        switch (key.shape) {
        case Shape::text: case Shape::script: case Shape::choice: case Shape::pasted: return node.text;
        case Shape::expression: return trim(node.text);
        case Shape::integer: case Shape::boolean: return yaml::scalar_to_json(node);
        case Shape::number: return number(node);
        case Shape::duration: return duration(node.text);
        case Shape::text_list: case Shape::pasted_list: return texts(node);
        case Shape::shell: return node.is_list() ? texts(node) : Json(node.text);
        case Shape::text_map: case Shape::pasted_map: return text_map(node);
        case Shape::value: case Shape::value_map: case Shape::value_list: case Shape::declaration: return yaml::to_json(node);
        case Shape::declarations: return model_of(place == Place::workflow ? plan_.inputs : plan_.steps[step_].outputs);
        case Shape::map: return map(node, key.inner);
        case Shape::globs_or_map: return node.is_list() ? Json(JsonMap{{"paths", texts(node)}}) : Json(map(node, key.inner));
        case Shape::steps: return steps(node, key.name);
        case Shape::arms: return arms(node);
        case Shape::tests: case Shape::cases: case Shape::mocks: case Shape::expectations: break;  // no keys of a workflow
        }
        return {};
    }

    static Json number(Node const& node) {
        Json value = yaml::scalar_to_json(node);
        if (value.is_int()) return static_cast<double>(value.as_int());
        return value;
    }

    static Json duration(std::string const& text) {
        Result<Duration> const parsed = parse_duration(text);
        return parsed ? format_duration(*parsed) : text;
    }

    static Json texts(Node const& list) {
        JsonList items;
        for (Node const& item : list.items) items.emplace_back(item.text);
        return items;
    }

    static Json text_map(Node const& node) {
        JsonMap entries;
        for (yaml::Member const& member : node.members) entries.append(member.key.text, member.value.text);
        return entries;
    }

    Json arms(Node const& list) {
        JsonList items;
        for (Node const& item : list.items) items.emplace_back(map(item, Place::arm));
        return items;
    }

    Json steps(Node const& list, std::string_view key) {
        static constexpr std::string_view names[] = {"steps", "undo", "on_success", "on_failure", "on_cancel", "finally"};
        step_ = 0;
        while (names[static_cast<std::size_t>(plan_.steps[step_].section)] != key) ++step_;
        JsonList items;
        for (Node const& item : list.items) {
            JsonMap step = map(item, Place::step);
            JsonList needs;
            for (StepIndex const need : plan_.steps[step_].needs) needs.emplace_back(plan_.steps[need].id);
            step.set("needs", std::move(needs));
            items.emplace_back(std::move(step));
            ++step_;
        }
        return items;
    }

    Plan const& plan_;
    std::size_t step_ = 0;  ///< the step being modelled
};

}  // namespace

Json model_of(Node const& root, Plan const& plan) { return Modeller(plan).map(root, Place::workflow); }

}  // namespace pawl::flow
