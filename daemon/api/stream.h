// An answer without an end in sight: fetched piece by piece, the next piece only when the client has taken the last. So a slow client costs one
// piece of memory, and nothing is lost or doubled between two pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/api/core.h"

namespace pawl::api {

class Stream : public std::enable_shared_from_this<Stream> {
public:
    Stream(Core& core, std::shared_ptr<Exchange> exchange, std::string_view content_type);
    virtual ~Stream();
    Stream(Stream&&) = delete;

    /// Fetches the first piece. Call once, after it was added to the core.
    void begin();
    /// There may be something new. Cheap: any number of pokes during a fetch cause one more fetch.
    void poke();
    /// Rows of the run have changed. `ended`: after what can be fetched from now on comes nothing more.
    void run_changed(bool ended);
    /// Says a comment when nothing was said since the last tick (server-sent events only).
    void tick();
    /// Ends it from outside: the daemon closes.
    void finish();

protected:
    /// What follows a piece: at once the next one, a wait for poke(), or nothing at all.
    enum class Next : std::uint8_t { fetch, wait, end };

    /// Asks for the next piece; it comes by deliver() or fail(), now or later. Called again only after that.
    virtual void fetch() = 0;
    void deliver(std::string piece, Next next);
    /// Before the first piece: a problem instead of a stream. Later the stream is cut.
    void fail(Error const& error);
    bool has_run_ended() const { return run_ended_; }
    /// Rows have changed since the last call, as far as was told.
    bool take_changed() { return std::exchange(changed_, false); }
    bool has_ended() const { return ended_; }
    Core& core() const { return core_; }

private:
    void start();
    void send();
    void after_piece();
    void end(bool cut);

    Core& core_;
    std::shared_ptr<Exchange> exchange_;
    std::string_view content_type_;
    std::string piece_;                  ///< not yet taken by the exchange
    std::size_t piece_sent_ = 0;
    Next next_ = Next::wait;
    bool started_ = false, fetching_ = false, blocked_ = false, poked_ = false, changed_ = true, run_ended_ = false, ended_ = false, silent_ = false;
};

}  // namespace pawl::api
