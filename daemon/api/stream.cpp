#include "daemon/api/stream.h"

#include <utility>

#include "common/wire/sse.h"
#include "daemon/core/problem.h"

namespace pawl::api {
namespace {

/// Small enough that half of it still fits into the write queue of a connection.
constexpr std::size_t slice_bytes = 64u << 10;

}  // namespace

Stream::Stream(Core& core, std::shared_ptr<Exchange> exchange, std::string_view content_type)
    : core_(core), exchange_(std::move(exchange)), content_type_(content_type) {}

Stream::~Stream() = default;

void Stream::begin() {
    exchange_->on_closed = [self = weak_from_this()] {
        if (auto const stream = self.lock()) stream->end(true);
    };
    exchange_->on_drain = [self = weak_from_this()] {
        if (auto const stream = self.lock()) stream->send();
    };
    fetching_ = true;
    fetch();
}

void Stream::poke() {
    if (ended_) return;
    if (fetching_ || blocked_) {
        poked_ = true;
        return;
    }
    fetching_ = true;
    fetch();
}

void Stream::run_changed(bool ended) {
    changed_ = true;
    run_ended_ = run_ended_ || ended;
    poke();
}

void Stream::tick() {
    if (ended_ || blocked_ || !started_ || content_type_ != sse_type) return;
    if (!std::exchange(silent_, true)) return;
    std::string comment;
    wire::append_sse_comment(comment, "ping");
    exchange_->write(comment);  // refused: the client is behind, and will hear something else
}

void Stream::finish() {
    if (!ended_) end(false);
}

void Stream::start() {
    if (std::exchange(started_, true)) return;
    exchange_->set_header("Cache-Control", "no-store");
    exchange_->start(200, content_type_);
}

void Stream::deliver(std::string piece, Next next) {
    auto const alive = shared_from_this();
    fetching_ = false;
    if (ended_) return;
    start();
    piece_ = std::move(piece);
    piece_sent_ = 0;
    next_ = next;
    send();
}

/// Writes slice by slice until the exchange refuses one; on_drain calls again.
void Stream::send() {
    auto const alive = shared_from_this();
    blocked_ = false;
    while (!ended_ && piece_sent_ < piece_.size()) {
        std::string_view const slice = std::string_view(piece_).substr(piece_sent_, slice_bytes);
        if (!exchange_->write(slice)) {
            blocked_ = true;
            return;
        }
        silent_ = false;
        piece_sent_ += slice.size();
    }
    if (!ended_ && !fetching_) after_piece();
}

void Stream::after_piece() {
    piece_.clear();
    piece_sent_ = 0;
    if (next_ == Next::end) return end(false);
    if (next_ == Next::wait && !std::exchange(poked_, false)) return;
    poked_ = false;
    fetching_ = true;
    fetch();
}

void Stream::fail(Error const& error) {
    auto const alive = shared_from_this();
    fetching_ = false;
    if (ended_) return;
    if (started_) return end(true);
    exchange_->reply(http_status(error.code), problem_type, dump_json(problem(error)));
    started_ = true;
    end(true);
}

/// `cut`: without a proper end of the body, or with nothing left to end.
void Stream::end(bool cut) {
    if (std::exchange(ended_, true)) return;
    auto const alive = shared_from_this();
    exchange_->on_closed = {};
    exchange_->on_drain = {};
    if (!cut) {
        start();
        exchange_->end();
    }
    exchange_.reset();  // a stream that was started and not ended: the connection closes
    core_.remove_stream(*this);
}

}  // namespace pawl::api
