// What steps with `cache` have given: listed, and forgotten.
#include <utility>

#include "daemon/api/decode.h"
#include "daemon/api/routes.h"
#include "daemon/io/step_cache.h"

namespace pawl::api {
namespace {

StepCache::Filter filter_of(Asked const& asked) { return {.workflow = asked.query("workflow"), .step = asked.query("step"), .key = asked.query("key")}; }

Error no_cache() { return api_error(code::unavailable, "this daemon has no cache"); }

/// "cache/build/compile"
std::string object_of(StepCache::Filter const& filter) {
    std::string object = "cache";
    for (std::string const& part : {filter.workflow, filter.step, filter.key})
        if (!part.empty()) object += "/" + part;
    return object;
}

void answer_from_cache(Core& core, Ticket ticket, std::function<Json(StepCache const&)> ask) {
    if (core.context.cache == nullptr) return core.fail(ticket, no_cache());
    core.read<std::string>([cache = core.context.cache, ask = std::move(ask)](Reader&) -> Result<std::string> { return dump_json(ask(*cache)); },
                           [ticket](Core& alive, Result<std::string> text) {
                               if (!text) return alive.fail(ticket, text.error());
                               alive.answer_text(ticket, 200, json_type, std::move(*text));
                           });
}

}  // namespace

Result<Decoded> list_cache(Asked const& asked) {
    return Decoded{"cache", [filter = filter_of(asked)](Core& core, Ticket ticket) {
        answer_from_cache(core, ticket, [filter](StepCache const& cache) -> Json {
            JsonList items;
            for (CacheEntry const& entry : cache.list(filter)) items.push_back(cache_entry_json(entry));
            return JsonMap{{"items", std::move(items)}};
        });
    }};
}

/// Costs a step its next shortcut, nothing else.
Result<Decoded> remove_cache(Asked const& asked) {
    StepCache::Filter const filter = filter_of(asked);
    auto const all = decode_flag(asked.http.query, "all");
    if (!all) return all.error();
    bool const says_what = !filter.workflow.empty() || !filter.step.empty() || !filter.key.empty();
    if (!says_what && !*all) return bad_request("say which results are meant: workflow, step or key; or all=true");
    std::string object = object_of(filter);
    return Decoded{object, [filter, object, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        if (core.context.cache == nullptr) return core.fail(ticket, no_cache());
        core.read<std::int64_t>([cache = core.context.cache, filter](Reader&) -> Result<std::int64_t> { return static_cast<std::int64_t>(cache->remove(filter)); },
                                [ticket, object, asked](Core& alive, Result<std::int64_t> count) { alive.post(ticket, *asked, Forgotten{object, *count}); });
    }};
}

}  // namespace pawl::api
