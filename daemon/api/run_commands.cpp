// Commands on runs that exist, and on the daemon itself.
#include <utility>

#include "common/base/text.h"
#include "daemon/api/decode.h"
#include "daemon/api/prepare.h"

namespace pawl::api {
namespace {

/// The body of a request, of which only `take` knows the members.
Status decode_body(Asked const& asked, std::function<void(Fields&)> const& take) {
    auto const body = parse_body(asked.http.body);
    if (!body) return body.error();
    Fields fields(*body, "the body");
    take(fields);
    return fields.finish();
}

/// Reads what a retry carries over. Whether the run may be retried is the engine's to say: it alone knows how it stands now.
Result<RetryRun> read_retry(Reader& reader, RunId run, std::string from, Prepared& prepared) {
    auto stored = reader.stored_run(run);
    if (!stored) return stored.error();
    auto const source = reader.source(stored->run.workflow_version);
    if (!source) return source.error();
    auto plan = plan_of(*source, prepared.diagnostics);
    if (!plan) return plan.error();
    prepared.version = source->version.id;
    prepared.plan = *plan;
    RetryRun retry{run, std::move(from), source->version.id, source->version.number, *plan, source->version.root, nullptr};
    if (is_final(stored->run.state)) retry.ended = std::make_shared<StoredRun const>(std::move(*stored));
    return retry;
}

/// The common way of retry and resolve; `finish` makes the command of what was read.
void prepare_retry(Core& core, Ticket ticket, Asked const& asked, RunId run, std::string from, std::function<CommandBody(RetryRun)> finish) {
    prepare(core, ticket, asked, [run, from = std::move(from), finish = std::move(finish)](Reader& reader) {
        Prepared prepared;
        auto retry = read_retry(reader, run, from, prepared);
        if (!retry) return refused(retry.error(), std::move(prepared.diagnostics));
        prepared.diagnostics.clear();
        prepared.body = finish(std::move(*retry));
        return prepared;
    });
}

std::optional<ResolveStep::As> outcome_named(std::string_view name) {
    if (name == "success") return ResolveStep::As::success;
    if (name == "failed") return ResolveStep::As::failed;
    if (name == "retry") return ResolveStep::As::retry;
    return std::nullopt;
}

}  // namespace

Result<Decoded> cancel_run(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    bool now = false;
    auto const decoded = decode_body(asked, [&](Fields& fields) { now = fields.boolean("now").value_or(false); });
    if (!decoded) return decoded.error();
    return Decoded{"run/" + asked.parts[0], [id = *id, now, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        core.post(ticket, *asked, CancelRun{id, now});
    }};
}

Result<Decoded> retry_run(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    std::string from;
    auto const decoded = decode_body(asked, [&](Fields& fields) { from = fields.text("from").value_or(""); });
    if (!decoded) return decoded.error();
    return Decoded{"run/" + asked.parts[0], [id = *id, from, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        prepare_retry(core, ticket, *asked, id, from, [](RetryRun retry) -> CommandBody { return retry; });
    }};
}

Result<Decoded> resolve_step(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    std::string as, comment;
    auto const decoded = decode_body(asked, [&](Fields& fields) {
        as = fields.required_text("as");
        comment = fields.text("comment").value_or("");
    });
    if (!decoded) return decoded.error();
    auto const outcome = outcome_named(as);
    if (!outcome) return bad_request("'as' is success, failed or retry");
    if (comment.size() > 4096) return bad_request("'comment' has at most 4096 bytes");
    std::string const step = asked.parts[1];
    return Decoded{"run/" + asked.parts[0] + "/" + step, [=, id = *id, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        prepare_retry(core, ticket, *asked, id, "", [=](RetryRun retry) -> CommandBody { return ResolveStep{std::move(retry), step, *outcome, comment}; });
    }};
}

Result<Decoded> drain(Asked const& asked) {
    bool on = true;
    auto const decoded = decode_body(asked, [&](Fields& fields) { on = fields.boolean("on").value_or(true); });
    if (!decoded) return decoded.error();
    return Decoded{"daemon", [on, asked = asked.shared_from_this()](Core& core, Ticket ticket) { core.post(ticket, *asked, Drain{on}); },
                   on ? "daemon.drain" : "daemon.undrain"};
}

Result<Decoded> stop_daemon(Asked const& asked) {
    auto const decoded = decode_body(asked, [](Fields&) {});
    if (!decoded) return decoded.error();
    return Decoded{"daemon", [asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        core.stops.insert(ticket);
        core.post(ticket, *asked, Stop{});
    }};
}

}  // namespace pawl::api
