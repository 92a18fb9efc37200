// Server-sent events (HTML standard, section 9.2): written by the daemon, read by the command line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pawl::wire {

struct SseEvent {
    std::string id;     ///< of this event or, when it names none, of the one before
    std::string name;   ///< "message" when the stream names none
    std::string data;
    bool operator==(SseEvent const&) const = default;
};

/// `id` and `event` must not hold line ends. A line end in `data` begins a new data line.
void append_sse_event(std::string& out, std::string_view id, std::string_view event, std::string_view data);
void append_sse_comment(std::string& out, std::string_view text);

/// Puts a stream together again, wherever it was cut.
class SseParser {
public:
    /// Calls `on_event` for each event that is whole; stops early when it returns false, and then returns false.
    bool take(std::string_view bytes, std::function<bool(SseEvent const&)> const& on_event);
    /// For Last-Event-ID; empty before the first event that had one.
    std::string const& last_id() const { return last_id_; }
    /// Drops a half-read event; keeps last_id(). For the next connection.
    void restart();

private:
    bool take_line(std::string_view line, std::function<bool(SseEvent const&)> const& on_event);

    std::string line_, name_, data_, id_, last_id_;
    bool after_cr_ = false, has_data_ = false;
};

}  // namespace pawl::wire
