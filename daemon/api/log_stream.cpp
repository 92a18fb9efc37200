// The logs of a run: read on the worker, woken by growth of the files and by changes of the run.
#include <map>
#include <utility>

#include "common/wire/sse.h"
#include "daemon/api/decode.h"
#include "daemon/api/log_pieces.h"
#include "daemon/api/routes.h"
#include "daemon/api/stream.h"

namespace pawl::api {
namespace {

std::string_view constexpr bytes_type = "application/octet-stream";

class RunLogStream final : public Stream {
public:
    RunLogStream(Core& core, std::shared_ptr<Exchange> exchange, LogWish wish, bool follow)
        : Stream(core, std::move(exchange), wish.raw ? bytes_type : sse_type), wish_(std::move(wish)), follow_(follow) {}

private:
    /// While a live log is not there yet, or no inotify watch is left.
    static constexpr std::uint64_t look_again_ms = 100;

    void fetch() override {
        bool const list = take_changed();
        core().read<LogPiece>(
            [wish = wish_, places = places_, list, files = &core().context.files](Reader& reader) {
                return read_log_piece(reader, *files, wish, places, list);
            },
            [self = weak_from_this(), list](Core&, Result<LogPiece> piece) {
                if (auto const stream = std::static_pointer_cast<RunLogStream>(self.lock())) stream->take(std::move(piece), list);
            });
    }

    void take(Result<LogPiece> piece, bool listed) {
        if (!piece) return fail(piece.error());
        places_ = std::move(piece->places);
        if (listed) run_over_ = piece->run_over;
        bool const new_watch = follow_ && watch_logs();
        Next next = Next::wait;
        if (piece->more || new_watch) next = Next::fetch;
        else if (!follow_ || is_over()) next = Next::end;
        std::string text = std::move(piece->text);
        if (next == Next::end && !wish_.raw)
            wire::append_sse_event(text, format_places(places_), "end", dump_json(JsonMap{{"run", wish_.run.value}, {"run_ended", run_over_}}));
        deliver(std::move(text), next);
    }

    bool is_over() const {
        if (wish_.raw && !places_.empty()) return places_[0].done;
        for (LogPlace const& place : places_)
            if (!place.done) return false;
        return run_over_;
    }

    /// Watches the logs of live attempts. True when one is new: what it said before the watch is not read yet.
    bool watch_logs() {
        bool new_watch = false, blind = false;
        for (LogPlace const& place : places_) {
            if (place.over) {
                watches_.erase(place.attempt);
                continue;
            }
            if (watches_.contains(place.attempt)) continue;
            auto watch = open_watch(place.attempt);
            if (!watch) {
                blind = true;
                continue;
            }
            watches_.emplace(place.attempt, std::move(watch));
            new_watch = true;
        }
        if (!blind) look_again_.reset();
        else if (!look_again_) look_again_ = std::make_unique<RepeatingTimer>(core().context.loop.raw(), look_again_ms, [this] { poke(); });
        return new_watch;
    }

    LogFollower::Subscription open_watch(AttemptId attempt) {
        UniqueFd const log = core().context.files.open_log(attempt, wish_.run);
        if (!log) return {};
        return core().follower.follow(log.get(), [self = weak_from_this()] {
            if (auto const stream = self.lock()) stream->poke();
        });
    }

    LogWish wish_;
    bool follow_;
    bool run_over_ = false;
    std::vector<LogPlace> places_;
    std::map<AttemptId, LogFollower::Subscription> watches_;
    std::unique_ptr<RepeatingTimer> look_again_;
};

Result<LogWish> decode_wish(Asked const& asked, RunId run) {
    LogWish wish;
    wish.run = run;
    wish.step = asked.query("step");
    wish.raw = asked.accepts(bytes_type);
    auto const number = decode_number(asked.http.query, "attempt", 0, 1'000'000'000);
    auto const offset = decode_number(asked.http.query, "offset", 0, INT64_MAX);
    auto const tail = decode_number(asked.http.query, "tail", 0, INT64_MAX);
    if (!number) return number.error();
    if (!offset) return offset.error();
    if (!tail) return tail.error();
    wish.number = static_cast<int>(*number);
    wish.offset = static_cast<std::uint64_t>(*offset);
    wish.tail = static_cast<std::uint64_t>(*tail);
    if (wish.step.empty() && (wish.raw || wish.number != 0)) return bad_request("name the step whose log is meant");
    if (wish.offset > 0 && !wish.raw && wish.number == 0) return bad_request("'offset' belongs to one attempt: name it");
    if (wish.offset > 0 && wish.tail > 0) return bad_request("either 'offset' or 'tail'");
    if (std::string const last = asked.header("last-event-id"); !last.empty()) {
        wish.resume = ResumePoint::parse(last);
        if (!wish.resume) return bad_request("Last-Event-ID is none of this stream");
    }
    return wish;
}

}  // namespace

Result<Decoded> run_logs(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    auto const follow = decode_flag(asked.http.query, "follow");
    if (!follow) return follow.error();
    auto const wish = decode_wish(asked, *id);
    if (!wish) return wish.error();
    return Decoded{"run/" + asked.parts[0], [wish = *wish, follow = *follow](Core& core, Ticket ticket) {
        auto const stream = std::make_shared<RunLogStream>(core, core.take(ticket), wish, follow);
        core.add_stream(wish.run, stream);
        stream->begin();
    }};
}

}  // namespace pawl::api
