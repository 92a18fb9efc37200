// What decides the result of a step, as hashes by name, so that a change can be told without keeping the values.
#include "daemon/core/keep.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/declare.h"
#include "common/flow/keep.h"
#include "daemon/core/context.h"

namespace pawl {
namespace {

Result<std::vector<std::string>> globs_of(std::vector<cel::Template> const& templates, std::string_view what, RunValues const& values) {
    std::vector<std::string> globs;
    for (cel::Template const& one : templates) {
        Result<std::string> glob = one.eval_text(values);
        if (!glob) return glob.error();
        if (std::string_view const fault = flow::fault_of_glob(*glob); !fault.empty())
            return Error{.code = code::expression_error, .message = "'" + printable(*glob) + "' of '" + std::string(what) + "' " + std::string(fault), .where = {}, .hint = {}};
        globs.push_back(std::move(*glob));
    }
    return globs;
}

std::string joined(std::vector<std::string> const& texts) {
    std::string all;
    for (std::string const& text : texts) all += std::to_string(text.size()) + ":" + text;
    return all;
}

/// What the daemon gives to every program is not the step's own; what names this run and attempt would differ each time.
bool is_own_variable(std::string const& entry, Surroundings const& surroundings) {
    return !entry.starts_with("PAWL_") && std::ranges::find(surroundings.env, entry) == surroundings.env.end();
}

void add_parts(CacheOrder& order, LaunchSpec const& spec, flow::StepPlan const& plan, StepRow const& row, Surroundings const& surroundings) {
    auto const add = [&order](std::string name, std::string_view value) { order.parts.emplace_back(std::move(name), sha256_hex(value)); };
    bool const is_script = std::get<flow::CommandAction>(plan.action).argv.empty();
    add(is_script ? "run" : "argv", joined(spec.argv));
    add("dir", spec.dir);
    if (!plan.outputs.empty()) add("outputs", dump_json(flow::model_of(plan.outputs)));
    add("cache", joined({joined(order.files), joined(order.produces)}));
    if (row.item_of) add("item", dump_json(row.item));
    for (std::string const& entry : spec.env)
        if (is_own_variable(entry, surroundings)) add("env." + entry.substr(0, entry.find('=')), entry);
    for (auto const& [name, content] : spec.files) add("files." + name, content);
}

Status freeze_cache(LaunchSpec& spec, Run const& run, flow::StepIndex index, Surroundings const& surroundings, RunValues const& values) {
    flow::StepPlan const& plan = plan_of(run, index);
    CacheOrder order{.workflow = run.workflow, .files = {}, .produces = {}, .parts = {}, .max_age = plan.cache->max_age, .look = !run.data.event.flag(no_cache_attribute)};
    Result<std::vector<std::string>> files = globs_of(plan.cache->files, "cache.files", values);
    if (!files) return files.error();
    Result<std::vector<std::string>> produces = globs_of(plan.cache->produces, "cache.produces", values);
    if (!produces) return produces.error();
    order.files = std::move(*files);
    order.produces = std::move(*produces);
    if (plan.cache->key) {
        Result<std::string> const key = plan.cache->key->eval_text(values);
        if (!key) return key.error();
        order.parts.emplace_back("key", sha256_hex(*key));
    }
    add_parts(order, spec, plan, run.steps[index], surroundings);
    spec.keep.cache = std::move(order);
    return Done{};
}

}  // namespace

Status freeze_keep(LaunchSpec& spec, Run const& run, flow::StepIndex index, Surroundings const& surroundings, RunValues const& values) {
    flow::StepPlan const& plan = plan_of(run, index);
    if (!plan.artifacts && !plan.cache) return Done{};
    spec.keep.step = run.steps[index].id;
    if (plan.artifacts) {
        Result<std::vector<std::string>> paths = globs_of(plan.artifacts->paths, "artifacts", values);
        if (!paths) return paths.error();
        static_assert(static_cast<int>(ArtifactsOrder::Missing::ignore) == static_cast<int>(flow::ArtifactsPlan::Missing::ignore));
        spec.keep.artifacts = ArtifactsOrder{.paths = std::move(*paths), .keep = plan.artifacts->keep,
                                             .if_missing = static_cast<ArtifactsOrder::Missing>(plan.artifacts->if_missing)};
    }
    return plan.cache ? freeze_cache(spec, run, index, surroundings, values) : Status(Done{});
}

bool is_cached(StepRow const& step) {
    Json const* const cache = step.explain.find("cache");
    return cache != nullptr && cache->flag("hit") && step.state == StepState::succeeded;
}

}  // namespace pawl
