// Commands whose making takes long: files are loaded and plans compiled on the read worker, then the command goes to the engine.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "daemon/api/routes.h"

namespace pawl::api {

/// What the read worker made of a request: a command, or the reason why there is none.
struct Prepared {
    std::optional<CommandBody> body;
    std::optional<Error> problem;
    Diagnostics diagnostics;
    VersionId version;                       ///< of `plan`, which is worth keeping; 0: none
    std::shared_ptr<flow::Plan const> plan;
};
/// Runs `job` on the read worker, then posts its command under `ticket`, or answers with its problem.
void prepare(Core& core, Ticket ticket, Asked const& asked, std::function<Prepared(Reader&)> job);

Prepared refused(Error error, Diagnostics diagnostics = {});
/// One error that stands for all of them, with their number in its message.
Error summary_of(Diagnostics const& diagnostics);
/// The plan of a stored version. A version that no longer loads is a conflict: it must be deployed anew.
Result<std::shared_ptr<flow::Plan const>> plan_of(StoredSource const& source, Diagnostics& diagnostics);

/// Workflows that are deployed, for the steps of files that use them. Borrows the reader.
flow::Others deployed(Reader& reader, flow::Conditions conditions);
/// What a step asked for that is to start a run.
void load_plan(Core& core, LoadPlan const& wanted);

/// Absolute, no NUL; code::invalid_request.
Status check_folder(std::string_view path, std::string_view name);

}  // namespace pawl::api
