// To JSON and back: the frozen launch is stored with its step.
#include "daemon/core/keep_spec.h"

namespace pawl {
namespace {

Json texts_json(std::vector<std::string> const& texts) {
    JsonList list;
    for (std::string const& text : texts) list.emplace_back(text);
    return list;
}

std::vector<std::string> texts_of(Json const& map, std::string_view key) {
    std::vector<std::string> texts;
    Json const* const list = map.find(key);
    if (list == nullptr || !list->is_list()) return texts;
    for (Json const& text : list->as_list())
        if (text.is_string()) texts.push_back(text.as_string());
    return texts;
}

std::optional<Duration> duration_of(Json const& map, std::string_view key) {
    Json const* const us = map.find(key);
    return us != nullptr && us->is_int() ? std::optional(Duration(us->as_int())) : std::nullopt;
}

Json artifacts_json(ArtifactsOrder const& order) {
    JsonMap map{{"paths", texts_json(order.paths)}, {"if_missing", static_cast<std::int64_t>(order.if_missing)}};
    if (order.keep) map.append("keep_us", order.keep->count());
    return map;
}

Json cache_json(CacheOrder const& order) {
    JsonMap parts;
    for (auto const& [name, hash] : order.parts) parts.set(name, hash);
    JsonMap map{{"workflow", order.workflow}, {"files", texts_json(order.files)}, {"produces", texts_json(order.produces)},
                {"parts", std::move(parts)}, {"look", order.look}};
    if (order.max_age) map.append("max_age_us", order.max_age->count());
    return map;
}

ArtifactsOrder read_artifacts(Json const& json) {
    ArtifactsOrder order{.paths = texts_of(json, "paths"), .keep = duration_of(json, "keep_us")};
    auto const missing = json.number("if_missing");
    if (missing >= 0 && missing <= 2) order.if_missing = static_cast<ArtifactsOrder::Missing>(missing);
    return order;
}

CacheOrder read_cache(Json const& json) {
    CacheOrder order{.workflow = json.text("workflow"), .files = texts_of(json, "files"), .produces = texts_of(json, "produces"), .parts = {},
                     .max_age = duration_of(json, "max_age_us"), .look = json.flag("look")};
    if (Json const* parts = json.find("parts"); parts != nullptr && parts->is_map())
        for (auto const& [name, hash] : parts->as_map())
            if (hash.is_string()) order.parts.emplace_back(name, hash.as_string());
    return order;
}

}  // namespace

Json keep_json(KeepOrder const& order) {
    JsonMap map{{"step", order.step}};
    if (order.artifacts) map.append("artifacts", artifacts_json(*order.artifacts));
    if (order.cache) map.append("cache", cache_json(*order.cache));
    return map;
}

KeepOrder read_keep(Json const& json) {
    KeepOrder order{.step = json.text("step"), .artifacts = {}, .cache = {}};
    if (Json const* artifacts = json.find("artifacts")) order.artifacts = read_artifacts(*artifacts);
    if (Json const* cache = json.find("cache")) order.cache = read_cache(*cache);
    return order;
}

}  // namespace pawl
