// The line grammar of event streams, both ways. Line ends are LF, CR LF or CR, and may be cut between two reads.
#include "common/wire/sse.h"

namespace pawl::wire {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += '\n';
}

/// One field a line, since a line end in a value would begin another field.
void append_lines(std::string& out, std::string_view name, std::string_view text) {
    while (true) {
        std::size_t const end = text.find_first_of("\r\n");
        append_field(out, name, text.substr(0, end));
        if (end == std::string_view::npos) return;
        bool const pair = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
        text.remove_prefix(end + (pair ? 2 : 1));
    }
}

}  // namespace

void append_sse_event(std::string& out, std::string_view id, std::string_view event, std::string_view data) {
    if (!id.empty()) append_field(out, "id", id);
    append_field(out, "event", event);
    append_lines(out, "data", data);
    out += '\n';
}

void append_sse_comment(std::string& out, std::string_view text) {
    append_lines(out, "", text);
    out += '\n';
}

bool SseParser::take(std::string_view bytes, std::function<bool(SseEvent const&)> const& on_event) {
    for (std::size_t i = 0; i < bytes.size();) {
        if (after_cr_ && bytes[i] == '\n') {
            after_cr_ = false;
            ++i;
            continue;
        }
        after_cr_ = false;
        std::size_t const end = bytes.find_first_of("\r\n", i);
        line_ += bytes.substr(i, end == std::string_view::npos ? end : end - i);
        if (end == std::string_view::npos) return true;
        after_cr_ = bytes[end] == '\r';
        i = end + 1;
        std::string const line = std::move(line_);
        line_.clear();
        if (!take_line(line, on_event)) return false;
    }
    return true;
}

bool SseParser::take_line(std::string_view line, std::function<bool(SseEvent const&)> const& on_event) {
    if (line.empty()) {
        last_id_ = id_;
        bool go_on = true;
        if (has_data_) go_on = on_event({last_id_, name_.empty() ? "message" : name_, data_});
        name_.clear();
        data_.clear();
        has_data_ = false;
        return go_on;
    }
    std::size_t const colon = line.find(':');
    if (colon == 0) return true;  // a comment
    std::string_view const name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.remove_prefix(1);
    if (name == "event") {
        name_ = value;
    } else if (name == "data") {
        if (has_data_) data_ += '\n';
        data_ += value;
        has_data_ = true;
    } else if (name == "id" && value.find('\0') == std::string_view::npos) {
        id_ = value;
    }
    return true;
}

void SseParser::restart() {
    line_.clear();
    name_.clear();
    data_.clear();
    id_ = last_id_;
    has_data_ = after_cr_ = false;
}

}  // namespace pawl::wire
