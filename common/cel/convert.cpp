// Values out of an evaluation: as JSON.
#include <cmath>

#include "common/cel/base64.h"
#include "common/cel/evaluation.h"

namespace pawl::cel {

using VK = Value::Kind;

namespace {

constexpr std::uint64_t json_node_bytes = 40;

std::string key_text(Value const& key) {
    if (key.is(VK::string)) return std::string(key.as_text());
    if (key.is(VK::integer)) return std::to_string(key.as_int());
    if (key.is(VK::unsigned_integer)) return std::to_string(key.as_uint());
    return key.as_bool() ? "true" : "false";
}

bool pay(Budget& budget, std::uint64_t bytes) {
    if (bytes > budget.bytes_left) return false;
    budget.bytes_left -= bytes;
    return true;
}

/// Parts of a result: every element costs its node, because a list may hold one large value many times.
std::optional<Json> convert(Value const& value, Budget& budget) {
    if (!pay(budget, json_node_bytes)) return std::nullopt;
    switch (value.kind()) {
    case VK::boolean: return Json(value.as_bool());
    case VK::integer: return Json(value.as_int());
    case VK::unsigned_integer: return Json(value.as_uint());
    case VK::real: return Json(value.as_real());
    case VK::string:
    case VK::type:
        if (!pay(budget, value.size())) return std::nullopt;
        return Json(value.as_text());
    case VK::bytes:
        if (!pay(budget, value.size() * 2)) return std::nullopt;
        return Json(base64_encode(value.as_text()));
    case VK::timestamp: return Json(format_timestamp(value.as_instant()));
    case VK::duration: return Json(format_span(value.as_instant()));
    case VK::list: {
        JsonList items;
        for (std::size_t i = 0; i < value.size(); ++i) {
            auto item = convert(value.item(i), budget);
            if (!item) return std::nullopt;
            items.push_back(std::move(*item));
        }
        return Json(std::move(items));
    }
    case VK::map: {
        JsonMap members;
        for (std::size_t i = 0; i < value.size(); ++i) {
            MapEntry const entry = value.entry(i);
            std::string key = key_text(entry.key);
            if (!pay(budget, key.size())) return std::nullopt;
            auto item = convert(entry.value, budget);
            if (!item) return std::nullopt;
            members.append(std::move(key), std::move(*item));
        }
        return Json(std::move(members));
    }
    case VK::optional:
        if (value.inner() != nullptr) return convert(*value.inner(), budget);
        return Json();
    default: return Json();
    }
}

}  // namespace

std::optional<Json> to_json(Value const& value, Budget& budget) {
    // A plain result is free: most are a boolean or a short text that was paid for when it was made.
    Budget unlimited{.steps_left = 0, .bytes_left = json_node_bytes + value.size() * 2};
    bool const is_container = value.is(VK::list) || value.is(VK::map) || value.is(VK::optional);
    return convert(value, is_container ? budget : unlimited);
}

}  // namespace pawl::cel
