// From a request to its route and back: authorisation, waiting requests, and the border to engine and read worker.
#include "daemon/api/api.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "daemon/api/core.h"
#include "daemon/api/decode.h"
#include "daemon/api/prepare.h"
#include "daemon/api/routes.h"
#include "daemon/api/stream.h"
#include "daemon/core/problem.h"

namespace pawl::api {

Error api_error(ErrorCode code, std::string message, std::string hint) {
    return {code, std::move(message), std::nullopt, std::move(hint), Severity::error, {}, {}};
}

bool RefusalBudget::spend(std::uint32_t uid, std::uint64_t now_ms) {
    Account& account = accounts_[uid];
    account.left = std::min(burst, account.left + static_cast<double>(now_ms - account.at_ms) / every_ms);
    account.at_ms = now_ms;
    if (account.left < 1) return false;
    account.left -= 1;
    return true;
}

namespace {

bool has_json_body(HttpRequest const& request) {
    auto const type = request.headers.find("content-type");
    return type != request.headers.end() && (type->second == json_type || type->second.starts_with("application/json;"));
}

/// All that is wrong with a request before its route looks at it.
Status check_form(Route const& route, HttpRequest const& request) {
    if (auto checked = check_query(request.query, route.query); !checked) return checked.error();
    if (!request.body.empty() && route.method != "POST") return bad_request("a " + std::string(route.method) + " has no body");
    if (!request.body.empty() && !has_json_body(request)) return bad_request("the body must be JSON", "send Content-Type: application/json");
    auto const key = request.headers.find("idempotency-key");
    if (key != request.headers.end() && (key->second.empty() || key->second.size() > 128))
        return bad_request("an Idempotency-Key has 1 to 128 characters");
    return Done{};
}

}  // namespace

Core::Core(ApiContext context_) : context(std::move(context_)), follower(context.loop.raw()) {}

void Core::start() {
    ping_ = std::make_unique<RepeatingTimer>(context.loop.raw(), context.ping_ms, [this] {
        auto const ticked = streams_;  // a failed write removes a stream
        for (auto const& [run, stream] : ticked) stream->tick();
    });
}

/// Until there are roles: root and the daemon's own user. An id the kernel could not map is nobody's.
bool Core::permits(Identity const& who) const {
    constexpr std::uint32_t unmapped = 65534;
    return who.uid != unmapped && (who.uid == 0 || who.uid == context.daemon_uid);
}

void Core::handle(HttpRequest request, std::shared_ptr<Exchange> exchange) {
    auto const reply_problem = [&exchange](Error const& error, int status = 0) {
        Json body = problem(error);
        if (status != 0) body.set("status", status);
        exchange->reply(status != 0 ? status : http_status(error.code), problem_type, dump_json(body));
    };
    if (closed) return reply_problem(api_error(code::unavailable, "the daemon is ending"));
    Match match = find_route(request.method, request.path);
    auto const shared = std::make_shared<Asked>();
    Asked& asked = *shared;
    asked.http = std::move(request);
    asked.parts = std::move(match.parts);
    asked.action = match.route != nullptr ? match.route->action : "unknown";
    Result<Decoded> decoded = api_error(code::not_found, "there is no '" + printable(asked.http.path) + "' in this API", "GET /v1/openapi.yaml lists what there is");
    if (match.route != nullptr) {
        auto const form = check_form(*match.route, asked.http);
        decoded = form ? match.route->decode(asked) : Result<Decoded>(form.error());
    }
    if (decoded && !decoded->action.empty()) asked.action = decoded->action;
    if (!permits(asked.http.peer)) return refuse(asked.http, asked.action, decoded ? decoded->object : asked.http.path, *exchange);
    if (decoded) return decoded->act(*this, open(std::move(exchange)));
    if (match.route != nullptr || match.allow.empty()) return reply_problem(decoded.error());
    exchange->set_header("Allow", match.allow);
    reply_problem(api_error(code::invalid_request, "'" + printable(asked.http.path) + "' takes only " + match.allow), 405);
}

void Core::refuse(HttpRequest const& request, std::string_view action, std::string object, Exchange& exchange) {
    if (refusals_.spend(request.peer.uid, uv_now(&context.loop.raw())))
        context.inbox.post(Refused{request.peer, "socket", std::string(action), printable(object).substr(0, 200), code::denied});
    Error const error = api_error(code::denied, "uid " + std::to_string(request.peer.uid) + " may not use this daemon");
    exchange.reply(http_status(error.code), problem_type, dump_json(problem(error)));
}

// ---- answers

Ticket Core::open(std::shared_ptr<Exchange> exchange) {
    Ticket const ticket = ++last_ticket_;
    exchange->on_closed = [this, ticket, self = weak_from_this()] {
        if (self.lock()) waiting_.erase(ticket);
    };
    waiting_.emplace(ticket, std::move(exchange));
    return ticket;
}

std::shared_ptr<Exchange> Core::take(Ticket ticket) {
    auto const found = waiting_.find(ticket);
    if (found == waiting_.end()) return nullptr;
    auto exchange = std::move(found->second);
    waiting_.erase(found);
    exchange->on_closed = {};
    return exchange;
}

void Core::answer(Ticket ticket, int status, Json const& body) {
    answer_text(ticket, status, status >= 400 ? problem_type : json_type, dump_json(body));
}

void Core::answer_text(Ticket ticket, int status, std::string_view type, std::string text) {
    if (auto const exchange = take(ticket)) exchange->reply(status, type, std::move(text));
}

void Core::fail(Ticket ticket, Error const& error, Diagnostics const& diagnostics) {
    answer(ticket, http_status(error.code), problem(error, diagnostics));
}

void Core::post(Ticket ticket, Asked const& asked, CommandBody body) {
    Command command;
    command.reply_to = ticket;
    command.who = asked.http.peer;
    command.idempotency_key = asked.header("idempotency-key");
    if (!command.idempotency_key.empty())
        command.request_hash = sha256_hex(asked.http.method + "\n" + asked.http.path + "\n" + asked.http.body);
    command.body = std::move(body);
    context.inbox.post(std::move(command));
}

// ---- streams

void Core::add_stream(RunId run, std::shared_ptr<Stream> stream) { streams_.emplace(run, std::move(stream)); }

void Core::remove_stream(Stream const& stream) {
    std::erase_if(streams_, [&](auto const& entry) { return entry.second.get() == &stream; });
}

void Core::close() {
    closed = true;
    ping_.reset();
    auto const streams = std::exchange(streams_, {});
    for (auto const& [run, stream] : streams) stream->finish();
    auto const waiting = std::exchange(waiting_, {});
    Json const body = problem(api_error(code::unavailable, "the daemon is ending", "the request may have been carried out: repeat it with its Idempotency-Key"));
    for (auto const& [ticket, exchange] : waiting) {
        exchange->on_closed = {};
        exchange->reply(503, problem_type, dump_json(body));
    }
}

}  // namespace pawl::api

namespace pawl {

Api::Api(ApiContext context) : core_(std::make_shared<api::Core>(std::move(context))) { core_->start(); }
Api::~Api() { core_->close(); }

void Api::handle(HttpRequest request, std::shared_ptr<Exchange> exchange) { core_->handle(std::move(request), std::move(exchange)); }

void Api::perform(Reply const& reply) {
    core_->answer(reply.to, reply.status, reply.body);
    if (core_->stops.erase(reply.to) > 0 && reply.status < 400) core_->context.stop();
}

void Api::run_changed(RunChanged const& changed) {
    auto const [first, last] = core_->streams_.equal_range(changed.run);
    std::vector<std::shared_ptr<api::Stream>> told;  // a stream may remove itself meanwhile
    for (auto at = first; at != last; ++at) told.push_back(at->second);
    for (auto const& stream : told) stream->run_changed(changed.ended);
}

void Api::load_plan(LoadPlan const& wanted) { api::load_plan(*core_, wanted); }

/// Deploys carry whole projects, and only they; a stranger is not given 64 MiB of memory first and a refusal then.
std::uint64_t Api::body_max(Identity const& who, std::string_view method, std::string_view target) const {
    bool const is_deploy = method == "POST" && target.substr(0, target.find('?')) == "/v1/deploy";
    return is_deploy && core_->permits(who) ? 64u << 20 : 1u << 20;
}

void Api::close() { core_->close(); }

std::size_t Api::waiting() const { return core_->waiting_.size() + core_->streams_.size(); }

}  // namespace pawl
