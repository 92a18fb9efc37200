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

}  // namespace

RecordedValues::RecordedValues(Json const& values) {
    for (auto const& [path, value] : values.as_map()) set_path(variables_, split(path, '.'), 0, unpacked(value));
}

bool is_shortened(Json const& recorded) {
    constexpr std::size_t kept_characters = 200;  // as context.cpp of the daemon records them
    if (!recorded.is_string()) return false;
    std::string const& text = recorded.as_string();
    bool const was_text = text.ends_with("…") && count_characters(text) == kept_characters + 1;
    bool const was_list_or_map = (text.starts_with('[') || text.starts_with('{')) && count_characters(text) == kept_characters;
    return was_text || was_list_or_map;
}

std::optional<cel::Trace> retrace(cel::Program const& program, Json const& recorded, bool outcome) {
    if (!recorded.is_map()) return std::nullopt;
    cel::Budget budget;
    cel::Trace trace;
    auto const value = program.eval(RecordedValues(recorded), budget, trace);
    if (!value || *value != Json(outcome)) return std::nullopt;
    return trace;
}

}  // namespace pawl::cli
