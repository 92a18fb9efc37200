#include "daemon/api/prepare.h"

#include <algorithm>
#include <utility>

#include "common/flow/load.h"
#include "daemon/api/decode.h"

namespace pawl::api {

void prepare(Core& core, Ticket ticket, Asked const& asked, std::function<Prepared(Reader&)> job) {
    core.read<Prepared>(
        [job = std::move(job)](Reader& reader) -> Result<Prepared> { return job(reader); },
        [ticket, asked = asked.shared_from_this()](Core& alive, Result<Prepared> result) {
            Prepared& prepared = *result;
            if (prepared.problem) {
                // What made it impossible may have come after it was carried out: a repeated request gets its first answer.
                if (asked->header("idempotency-key").empty()) return alive.fail(ticket, *prepared.problem, prepared.diagnostics);
                return alive.post(ticket, *asked, Unprepared{std::move(*prepared.problem), std::move(prepared.diagnostics)});
            }
            if (prepared.plan && prepared.version) alive.plans.put(prepared.version, prepared.plan);
            alive.post(ticket, *asked, std::move(*prepared.body));
        });
}

Prepared refused(Error error, Diagnostics diagnostics) {
    Prepared prepared;
    prepared.problem = std::move(error);
    prepared.diagnostics = std::move(diagnostics);
    return prepared;
}

Error summary_of(Diagnostics const& diagnostics) {
    auto const is_error = [](Error const& diagnostic) { return diagnostic.severity == Severity::error; };
    auto const count = std::ranges::count_if(diagnostics, is_error);
    auto const first = std::ranges::find_if(diagnostics, is_error);
    ErrorCode const code = first == diagnostics.end() ? code::invalid_value : first->code;
    return api_error(code, count == 1 ? "the files have an error" : "the files have " + std::to_string(count) + " errors");
}

Result<std::shared_ptr<flow::Plan const>> plan_of(StoredSource const& source, Diagnostics& diagnostics) {
    auto plan = flow::load_plan(source.file, source.text, static_cast<std::size_t>(source.version.document), source.version.model, &diagnostics);
    if (plan) return plan;
    return api_error(code::conflict,
                     "version " + std::to_string(source.version.number) + " of '" + source.workflow + "' no longer loads with this daemon",
                     "correct its file and deploy it");
}

flow::Others deployed(Reader& reader, flow::Conditions conditions) {
    flow::Others others(std::move(conditions));
    others.has_all_workflows = true;
    others.workflow = [&reader](std::string const& name) -> std::shared_ptr<flow::Interface const> {
        auto const shown = reader.workflow(name, 0);
        Json const* number = shown ? shown->find("version") : nullptr;
        auto const source = number && number->is_int() ? reader.source_of(name, static_cast<int>(number->as_int())) : Result<StoredSource>(shown ? api_error(code::not_found, name) : shown.error());
        if (!source) return nullptr;
        Diagnostics ignored;
        auto const plan = plan_of(*source, ignored);
        if (plan) return std::make_shared<flow::Interface const>(flow::interface_of(**plan));
        auto broken = std::make_shared<flow::Interface>();
        broken->name = name;
        broken->broken = true;
        return broken;
    };
    return others;
}

namespace {

PlanLoaded load_stored(Reader& reader, LoadPlan const& wanted) {
    PlanLoaded loaded;
    loaded.version.id = wanted.version;
    loaded.former_id = wanted.former;
    Result<StoredSource> const source = reader.source(wanted.version);
    if (!source) {
        loaded.message = source.error().message;
        return loaded;
    }
    loaded.version = source->version;
    loaded.version.model.clear();
    loaded.workflow = source->workflow;
    Diagnostics ignored;
    if (auto plan = plan_of(*source, ignored)) loaded.plan = std::move(*plan);
    else loaded.message = plan.error().message;
    if (!wanted.former) return loaded;
    if (Result<StoredRun> former = reader.stored_run(wanted.former)) loaded.former = std::make_shared<StoredRun const>(std::move(*former));
    return loaded;
}

}  // namespace

void load_plan(Core& core, LoadPlan const& wanted) {
    core.read<PlanLoaded>([wanted](Reader& reader) -> Result<PlanLoaded> { return load_stored(reader, wanted); },
                          [](Core& alive, Result<PlanLoaded> loaded) {
                              if (loaded->plan) alive.plans.put(loaded->version.id, loaded->plan);
                              alive.context.inbox.post(std::move(*loaded));
                          });
}

Status check_folder(std::string_view path, std::string_view name) {
    if (path.starts_with('/') && path.find('\0') == std::string_view::npos) return Done{};
    return bad_request("'" + std::string(name) + "' is an absolute path");
}

}  // namespace pawl::api
