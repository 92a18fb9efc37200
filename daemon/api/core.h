// Inside the API: requests that wait, streams that run, and the way to the read worker and back. Included by daemon/api/*.cpp only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/error_codes.h"
#include "daemon/api/api.h"
#include "daemon/api/plan_cache.h"
#include "daemon/api/process_figures.h"
#include "daemon/io/log_follower.h"
#include "daemon/io/timer.h"

namespace pawl::api {

/// Names one request until it is answered; for commands it is the engine's ReplyTo.
using Ticket = ReplyTo;
class Stream;
struct Asked;

/// At most `burst` at once, one more every `every_ms`: so that refusing somebody costs less than what he spends on asking.
class RefusalBudget {
public:
    bool spend(std::uint32_t uid, std::uint64_t now_ms);

private:
    struct Account {
        double left = burst;
        std::uint64_t at_ms = 0;
    };
    static constexpr double burst = 20;
    static constexpr double every_ms = 10'000;
    std::map<std::uint32_t, Account> accounts_;
};

std::string_view constexpr json_type = "application/json";
std::string_view constexpr problem_type = "application/problem+json";
std::string_view constexpr ndjson_type = "application/x-ndjson";
std::string_view constexpr sse_type = "text/event-stream";

Error api_error(ErrorCode code, std::string message, std::string hint = "");

struct Core : std::enable_shared_from_this<Core> {
    explicit Core(ApiContext context_);
    void start();  ///< what needs shared_from_this()

    void handle(HttpRequest request, std::shared_ptr<Exchange> exchange);
    bool permits(Identity const& who) const;
    void close();

    // ---- answers. A ticket whose client has gone is answered into the void.
    Ticket open(std::shared_ptr<Exchange> exchange);
    /// Ends the waiting: the caller now owns the exchange. Null when the client has gone.
    std::shared_ptr<Exchange> take(Ticket ticket);
    void answer(Ticket ticket, int status, Json const& body);
    void answer_text(Ticket ticket, int status, std::string_view type, std::string text);
    void fail(Ticket ticket, Error const& error, Diagnostics const& diagnostics = {});

    // ---- work
    /// Runs `job` on the read worker, then `then` on the loop, unless the API has gone by then.
    template <class T>
    void read(std::function<Result<T>(Reader&)> job, std::function<void(Core&, Result<T>)> then);
    void post(Ticket ticket, Asked const& asked, CommandBody body);

    // ---- streams
    void add_stream(RunId run, std::shared_ptr<Stream> stream);
    void remove_stream(Stream const& stream);

    ApiContext context;
    PlanCache plans;
    LogFollower follower;
    ProcessMeter meter;
    bool closed = false;
    std::set<Ticket> stops;  ///< requests to end the daemon, which ends when they are answered, whether or not their clients wait

private:
    void refuse(HttpRequest const& request, std::string_view action, std::string object, Exchange& exchange);

    Ticket last_ticket_ = 0;
    std::unordered_map<Ticket, std::shared_ptr<Exchange>> waiting_;
    std::multimap<RunId, std::shared_ptr<Stream>> streams_;
    RefusalBudget refusals_;
    std::unique_ptr<RepeatingTimer> ping_;

    friend class pawl::Api;
};

template <class T>
void Core::read(std::function<Result<T>(Reader&)> job, std::function<void(Core&, Result<T>)> then) {
    // The worker holds values only: what belongs to the loop's thread must not die on the worker's.
    context.reads.run([loop = &context.loop, core = weak_from_this(), job = std::move(job), then = std::move(then)](Reader& reader) {
        auto result = std::make_shared<Result<T>>(job(reader));
        loop->post([core, result, then] {
            if (auto const alive = core.lock()) then(*alive, std::move(*result));
        });
    });
}

}  // namespace pawl::api
