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

Status check_folder(std::string_view path, std::string_view name) {
    if (path.starts_with('/') && path.find('\0') == std::string_view::npos) return Done{};
    return bad_request("'" + std::string(name) + "' is an absolute path");
}

}  // namespace pawl::api
