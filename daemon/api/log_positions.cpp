#include "daemon/api/log_positions.h"

#include <algorithm>
#include <charconv>

#include "common/base/text.h"

namespace pawl::api {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& out) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string format_places(std::vector<LogPlace> const& places) {
    std::size_t begun = 0;  // places up to the newest that has said something
    for (std::size_t i = 0; i < places.size(); ++i)
        if (places[i].offset > 0 || places[i].done) begun = i + 1;
    std::string out;
    for (std::size_t i = 0; i < begun; ++i) {
        if (places[i].done && i + 1 < begun) continue;
        if (!out.empty()) out += ',';
        out += std::to_string(places[i].attempt.value) + ":" + std::to_string(places[i].offset);
    }
    return out;
}

std::optional<ResumePoint> ResumePoint::parse(std::string_view id) {
    ResumePoint point;
    for (std::string_view const part : split(id, ',')) {
        std::size_t const colon = part.find(':');
        Entry entry;
        if (colon == std::string_view::npos || !read_number(part.substr(0, colon), entry.attempt.value)) return std::nullopt;
        if (!read_number(part.substr(colon + 1), entry.offset)) return std::nullopt;
        point.entries_.push_back(entry);
    }
    return point;
}

void ResumePoint::apply(LogPlace& place) const {
    bool newer_named = false;
    for (Entry const& entry : entries_) {
        if (entry.attempt == place.attempt) {
            place.offset = entry.offset;
            return;
        }
        newer_named = newer_named || entry.attempt > place.attempt;
    }
    if (newer_named) place.done = true;
}

}  // namespace pawl::api
