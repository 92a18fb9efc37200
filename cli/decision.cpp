#include "cli/decision.h"

#include <string>
#include <string_view>
#include <utility>

#include "common/base/text.h"

namespace pawl::cli {
namespace {

/// Lists and maps are recorded as their text.
Json unpacked(Json const& value) {
    if (!value.is_string() || (!value.as_string().starts_with('[') && !value.as_string().starts_with('{'))) return value;
    auto const parsed = parse_json(value.as_string());
    return parsed ? *parsed : value;
}

void set_path(JsonMap& map, std::vector<std::string_view> const& path, std::size_t at, Json value) {
    std::string const key(path[at]);
    if (at + 1 == path.size()) return map.set(key, std::move(value));
    Json const* inner = map.find(key);
    JsonMap below = inner != nullptr && inner->is_map() ? inner->as_map() : JsonMap();
    set_path(below, path, at + 1, std::move(value));
    map.set(key, Json(std::move(below)));
}

/// The recorded values as variables. A step that is judged by its own condition waits for steps that all ended well.
class Recorded final : public cel::Activation {
public:
    explicit Recorded(Json const& values) {
        for (auto const& [path, value] : values.as_map()) set_path(variables_, split(path, '.'), 0, unpacked(value));
    }
    Json const* variable(std::string_view name) const override { return variables_.find(name); }
    bool status(std::string_view name) const override { return name == "success" || name == "always"; }

private:
    JsonMap variables_;
};

}  // namespace

std::optional<cel::Trace> retrace(cel::Program const& program, Json const& recorded, bool outcome) {
    if (!recorded.is_map()) return std::nullopt;
    cel::Budget budget;
    cel::Trace trace;
    auto const value = program.eval(Recorded(recorded), budget, trace);
    if (!value || *value != Json(outcome)) return std::nullopt;
    return trace;
}

}  // namespace pawl::cli
